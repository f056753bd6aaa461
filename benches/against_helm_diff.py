#!/usr/bin/env python3
"""The Helm plugin side by side with helm-diff, in one run: the same upgrade of the same release, whole processes.

against_helm_diff.py HELM HELM_DIFF PLIMSOLL NAMESPACE RELEASE CHART [FLAG...]

KUBECONFIG names the cluster that the release is in; HELM_DIFF is helm-diff's binary (`bin/diff` of its folder), which
starts HELM by itself. RUNS of each, 9 where it isn't said; medians in milliseconds, then how many objects each shows and which of helm-diff's ours does not; the
exit status says whether there is one. Build plimsoll with `cargo build --release` first.
"""
import os
import re
import statistics
import subprocess
import sys
import time

THEIRS = re.compile(r"^[^,]+, ([^,]*), (\S+) \([^)]*\) has ")
OURS = re.compile(r"^[~+>-] ([A-Za-z]+)/(\S+?)(?: in \S+?)?(?: \(was [A-Za-z]+/(\S+)\))?(?:, hook .*)?$")


def run(command, environment):
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 2):
        sys.exit("%s\n%s" % (command, done.stderr.decode()))
    return (time.perf_counter() - start) * 1e3, done.stdout.decode()


def objects(text, pattern):
    """Kinds and names that a report has a headline for."""
    found = set()
    for match in filter(None, map(pattern.match, text.splitlines())):
        kind, names = match.groups()[0], match.groups()[1:]
        if pattern is THEIRS:
            kind, names = names[0], (kind,)
        found.update((kind, name) for name in names if name)
    return found


def main():
    helm, helm_diff, plimsoll, namespace, release, chart, *flags = sys.argv[1:]
    environment = dict(os.environ, HELM_BIN=helm, HELM_NAMESPACE=namespace)
    arguments = ["upgrade", release, chart, "-C", "0", "--no-color", *flags]
    theirs, ours = [], []
    for _ in range(int(os.environ.get("RUNS", 9))):
        theirs.append(run([helm_diff] + arguments, environment))
        ours.append(run([plimsoll, "helm-diff"] + arguments, environment))
    t, o = (statistics.median(time for time, _ in runs) for runs in (theirs, ours))
    shown, ours_shown = objects(theirs[0][1], THEIRS), objects(ours[0][1], OURS)
    missed = shown - ours_shown
    print(
        "%-20s helm-diff %7.1f ms   plimsoll %6.1f ms   %5.1f times   objects %d / %d, missed %d"
        % (release, t, o, t / o, len(shown), len(ours_shown), len(missed))
    )
    for kind, name in sorted(missed):
        print("    missed: %s/%s" % (kind, name))
    sys.exit(bool(missed))


main()
