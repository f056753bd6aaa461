#!/usr/bin/env python3
"""Whether time and memory grow in proportion with a fleet.

scale.py PLIMSOLL [--charts 13,130,1300] [--runs 3] [--helm HELM [--sample 234]]

Fleets of benches/fleet.py, each chart in three environments of three countries: `plimsoll render --all`, `plimsoll lint
--all` with all families, and `plimsoll diff --all` against the revision before a change of the registry that all images
come from, then before a change of one chart (`one`); one process each, the median of the runs and the peak memory. Build
plimsoll with `cargo build --release` first.

With --helm, the diff also side by side with the loop that teams have for it: the old revision as a worktree of git, and for
each release `helm template` of both and `diff -u` of what they print (the cheapest of the tools for that), two at a time. Of
so many releases, evenly spread, the time is multiplied to all of them, which is said; --sample 0 runs them all.
plimsoll runs before and after it; the loop takes as long for a change of one chart.
"""
import argparse
import concurrent.futures
import subprocess
import tempfile
import time
from pathlib import Path

import fleet
from lint import PROCESSES, measured

ENVIRONMENTS, COUNTRIES = ["dev", "staging", "prod"], ["np", "id", "ph"]
COMMANDS = {
    "render": ["render", "--all"],
    "lint": ["lint", "--all", "--fail-on", "never", "--output", "json"],
    "diff": ["diff", "--all", "--against", "git:HEAD", "--output", "json"],
}


def change(folder):
    """Commits the fleet, and changes what every chart and place has: an image's registry."""
    git = ["git", "-C", folder, "-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "before"]):
        subprocess.run([*git, *command], check=True)
    registry(folder)


def registry(folder):
    """All images come from another registry."""
    changed = 0
    for values in Path(folder).glob("**/*.yaml"):
        text = values.read_text()
        if "registry:" in text:
            values.write_text(text.replace("registry: registry.", "registry: mirror."))
            changed += 1
    assert changed, "no file names a registry"


def change_one(folder, chart):
    """Only one chart differs from what was committed."""
    subprocess.run(["git", "-C", folder, "checkout", "--quiet", "--", "."], check=True)
    values = Path(folder, "charts", chart, "values.yaml")
    before = values.read_text()
    values.write_text(before.replace("period: 10", "period: 11"))
    assert values.read_text() != before, f"{values} has no such period"


def one_diff(job):
    """One release in both revisions, and what differs."""
    helm, old, new, release = job
    before, after = (fleet.by_helm(helm, folder, release)[1] for folder in (old, new))
    with tempfile.NamedTemporaryFile() as left, tempfile.NamedTemporaryFile() as right:
        for file, text in ((left, before), (right, after)):
            file.write(text)
            file.flush()
        status = subprocess.run(["diff", "-u", left.name, right.name], stdout=subprocess.DEVNULL).returncode
    assert status == 1, f"{release[0]} in {release[1]}: status {status}"


def beside(plimsoll, helm, folder, releases, sample, runs):
    """plimsoll's diff and the loop's, in one run."""
    ours = lambda: [measured([plimsoll, *COMMANDS["diff"]], cwd=folder)[0] for _ in range(runs)]
    chosen = releases[::max(1, len(releases) // sample)] if sample else releases
    seconds = ours()
    with tempfile.TemporaryDirectory() as scratch:
        begin = time.perf_counter()
        subprocess.run(["git", "-C", folder, "worktree", "add", "--quiet", f"{scratch}/old", "HEAD"], check=True)
        once = time.perf_counter() - begin
        begin = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
            list(pool.map(one_diff, [(helm, f"{scratch}/old", folder, release) for release in chosen]))
        loop = time.perf_counter() - begin
    seconds = sorted(seconds + ours())
    median, theirs = seconds[len(seconds) // 2], once + loop * len(releases) / len(chosen)
    how = "all run" if len(chosen) == len(releases) else f"extrapolated from {len(chosen)} that took {loop:.1f} s"
    print(f"diff of {len(releases)} releases: helm template of both revisions and diff -u, {PROCESSES} at a time: "
          f"{theirs:.1f} s ({how}); plimsoll: {median:.2f} s, {seconds[0]:.2f} to {seconds[-1]:.2f} ({len(seconds)} runs); "
          f"{theirs / median:.0f} times", flush=True)
    change_one(folder, releases[0][0])
    median = sorted(ours())[runs // 2]
    print(f"the same where one chart differs: {median:.2f} s; {theirs / median:.0f} times", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("plimsoll")
    parser.add_argument("--charts", default="13,130,1300")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--helm", help="put the loop with this Helm beside the diff")
    parser.add_argument("--sample", type=int, default=234, help="releases that the loop runs; 0 for all")
    args = parser.parse_args()
    for charts in map(int, args.charts.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            names = fleet.generate(folder, charts, ENVIRONMENTS, COUNTRIES)
            change(folder)
            releases = charts * len(ENVIRONMENTS) * len(COUNTRIES)
            for name, command in [*COMMANDS.items(), ("one", COMMANDS["diff"])]:
                if name == "one":
                    change_one(folder, names[0])
                runs = [measured([args.plimsoll, *command], cwd=folder) for _ in range(args.runs)]
                assert all(status == 0 for _, _, status in runs), f"plimsoll {name} failed"
                seconds = sorted(run[0] for run in runs)[len(runs) // 2]
                memory = max(run[1] for run in runs)
                print(f"{charts:5} charts, {releases:6} releases: {name:6} {seconds:6.2f} s, {memory:4.0f} MB", flush=True)
            if args.helm:
                registry(folder)
                cells = list(fleet.releases(names, ENVIRONMENTS, COUNTRIES))
                beside(args.plimsoll, args.helm, folder, cells, args.sample, args.runs)


if __name__ == "__main__":
    main()
