#!/usr/bin/env python3
"""Whole processes side by side with the real Helm, in one run.

against_helm.py HELM PLIMSOLL CHART...    (medians; peak memory in MB)
Build plimsoll with `cargo build --release` first.
"""
import os
import subprocess
import sys
import time


def run(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    helm, plimsoll, charts = sys.argv[1], sys.argv[2], sys.argv[3:]
    print("%-28s %10s %10s %7s %9s %9s" % ("chart", "helm ms", "ours ms", "ratio", "helm MB", "ours MB"))
    for chart in charts:
        theirs, ours = [], []
        while len(theirs) < 9 and (len(theirs) < 2 or sum(t for t, _ in theirs) < 10):
            arguments = ["template", "rel", chart, "--kube-version", "1.33.0"]
            theirs.append(run([helm] + arguments))
            ours += [run([plimsoll] + arguments) for _ in range(2)]
        h = sorted(t for t, _ in theirs)[len(theirs) // 2]
        o = sorted(t for t, _ in ours)[len(ours) // 2]
        print(
            "%-28s %10.1f %10.1f %7.1f %9.0f %9.0f"
            % (os.path.basename(chart.rstrip("/")), h * 1e3, o * 1e3, h / o, max(m for _, m in theirs), max(m for _, m in ours))
        )


main()
