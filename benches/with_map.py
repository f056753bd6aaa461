"""What the map of `explain` costs: plain rendering and rendering with the map side by side, whole processes, medians.

    python3 benches/with_map.py [--before OTHER_PLIMSOLL] [--runs 15] PLIMSOLL CHART...

`--before` is another binary whose plain rendering is put beside it, to see that plain rendering has not become slower.
`map` explains every line of the output (`render --annotate`).
"""

import argparse
import os
import statistics
import time


def run(argv):
    """Seconds and peak megabytes of one process whose output nobody reads."""
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.execvp(argv[0], argv)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(argv)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("plimsoll")
    parser.add_argument("charts", nargs="+")
    args = parser.parse_args()
    print(f"{'chart':28}{'plain':>10}{'map':>10}{'ratio':>8}{'MB':>7}{'map MB':>8}{'ratio':>8}" + ("   before" if args.before else ""))
    for chart in args.charts:
        commands = {
            "plain": [args.plimsoll, "render", chart],
            "map": [args.plimsoll, "render", chart, "--annotate"],
        }
        if args.before:
            commands["before"] = [args.before, "render", chart]
        times = {name: [] for name in commands}
        memory = dict.fromkeys(commands, 0.0)
        for argv in commands.values():
            run(argv)
        for _ in range(args.runs):
            # One after the other, so that whatever else the machine does falls on all alike.
            for name, argv in commands.items():
                seconds, megabytes = run(argv)
                times[name].append(seconds)
                memory[name] = max(memory[name], megabytes)
        plain, mapped = statistics.median(times["plain"]), statistics.median(times["map"])
        line = f"{os.path.basename(chart.rstrip('/')):28}{plain * 1e3:8.1f}ms{mapped * 1e3:8.1f}ms{mapped / plain:8.2f}"
        line += f"{memory['plain']:7.0f}{memory['map']:8.0f}{memory['map'] / memory['plain']:8.2f}"
        if args.before:
            before = statistics.median(times["before"])
            line += f"{before * 1e3:8.1f}ms ({100 * (plain / before - 1):+.1f} %)"
        print(line, flush=True)


if __name__ == "__main__":
    main()
