#!/usr/bin/env python3
"""Whether time and memory grow in proportion with a fleet.

scale.py PLIMSOLL [--charts 13,130,1300] [--runs 3]

Fleets of benches/fleet.py, each chart in three environments of three countries: `plimsoll render --all`, `plimsoll lint
--all` with all families, and `plimsoll diff --all` against the revision before a change of the registry that all images
come from; one process each, the median of the runs and the peak memory. Build plimsoll with `cargo build --release` first.
"""
import argparse
import subprocess
import tempfile
from pathlib import Path

import fleet
from lint import measured

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
    changed = 0
    for values in Path(folder).glob("**/*.yaml"):
        text = values.read_text()
        if "registry:" in text:
            values.write_text(text.replace("registry: registry.", "registry: mirror."))
            changed += 1
    assert changed, "no file names a registry"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("plimsoll")
    parser.add_argument("--charts", default="13,130,1300")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    for charts in map(int, args.charts.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            fleet.generate(folder, charts, ENVIRONMENTS, COUNTRIES)
            change(folder)
            releases = charts * len(ENVIRONMENTS) * len(COUNTRIES)
            for name, command in COMMANDS.items():
                runs = [measured([args.plimsoll, *command], cwd=folder) for _ in range(args.runs)]
                assert all(status == 0 for _, _, status in runs), f"plimsoll {name} failed"
                seconds = sorted(run[0] for run in runs)[len(runs) // 2]
                memory = max(run[1] for run in runs)
                print(f"{charts:5} charts, {releases:6} releases: {name:6} {seconds:6.2f} s, {memory:4.0f} MB", flush=True)


if __name__ == "__main__":
    main()
