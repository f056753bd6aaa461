#!/usr/bin/env python3
"""The Helm plugin side by side with helm-diff, in one run: the same upgrade of the same release, whole processes.

against_helm_diff.py HELM HELM_DIFF PLIMSOLL NAMESPACE RELEASE CHART [FLAG...]

KUBECONFIG names the cluster that the release is in; HELM_DIFF is helm-diff's binary (`bin/diff` of its folder), which
starts HELM by itself. Medians in milliseconds. Build plimsoll with `cargo build --release` first.
"""
import os
import statistics
import subprocess
import sys
import time


def run(command, environment):
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode not in (0, 2):
        sys.exit("%s\n%s" % (command, done.stderr.decode()))
    return (time.perf_counter() - start) * 1e3


def main():
    helm, helm_diff, plimsoll, namespace, release, chart, *flags = sys.argv[1:]
    environment = dict(os.environ, HELM_BIN=helm, HELM_NAMESPACE=namespace)
    arguments = ["upgrade", release, chart, *flags]
    theirs, ours = [], []
    for _ in range(9):
        theirs.append(run([helm_diff] + arguments, environment))
        ours.append(run([plimsoll, "helm-diff"] + arguments, environment))
    t, o = statistics.median(theirs), statistics.median(ours)
    print("%-24s helm-diff %8.1f ms   plimsoll %8.1f ms   %5.1f times" % (release, t, o, t / o))


main()
