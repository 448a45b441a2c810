#!/usr/bin/env python3
"""Runs `graphnode build` and another program on one export, one after the other, and prints what each took.

usage: against_peer.py EXPORT LABELS [--runs N] [--clusters K] [--peer COMMAND]

COMMAND is run by a shell with the export's path in place of {export}; it must print one JSON line and write
NAME.peer.json beside the export, graph-like: {"nodes": [{"orig_id", "cluster_id"}]}. Without it only GraphNode is
measured. Seconds are wall-clock of the whole process, memory its largest resident set, NMI with arithmetic mean against
LABELS ({conversation id: topic}). The best of N runs counts: other work on the machine only ever adds.
"""

import argparse
import collections
import json
import math
import os
import re
import shlex
import subprocess
import tempfile
import time


def measured(command):
    """Runs a command; gives seconds and the peak of memory in megabytes."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{shlex.join(command)} failed: {errors.decode(errors='replace')[-500:]}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def nmi(labels, clusters):
    """Normalised mutual information of two labelings of the same ids, arithmetic mean."""
    ids = [i for i in labels if labels[i] and i in clusters]
    pairs = collections.Counter((str(labels[i]), clusters[i]) for i in ids)
    left, right = collections.Counter(), collections.Counter()
    for (a, b), count in pairs.items():
        left[a] += count
        right[b] += count
    total = len(ids)
    entropy = lambda counts: -sum(c / total * math.log(c / total) for c in counts.values())
    mutual = sum(c / total * math.log(c * total / (left[a] * right[b])) for (a, b), c in pairs.items())
    mean = (entropy(left) + entropy(right)) / 2
    return mutual / mean if mean else 1.0


def clusters_of(path):
    with open(path, encoding="utf-8") as file:
        return {node["orig_id"]: node["cluster_id"] for node in json.load(file)["nodes"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export")
    parser.add_argument("labels")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clusters", type=int, help="ask for exactly this many")
    parser.add_argument("--binary", default="target/release/graphnode")
    parser.add_argument("--peer")
    arguments = parser.parse_args()
    with open(arguments.labels, encoding="utf-8") as file:
        labels = json.load(file)
    rows = {}
    with tempfile.TemporaryDirectory() as out:
        bounds = (arguments.clusters,) * 2 if arguments.clusters else (3, 20)
        command = [arguments.binary, "build", arguments.export, "--out", out]
        command += ["--min-clusters", str(bounds[0]), "--max-clusters", str(bounds[1])]
        runs = [measured(command) for _ in range(arguments.runs)]
        rows["graphnode"] = (*min(runs), nmi(labels, clusters_of(os.path.join(out, "graph.json"))))
    if arguments.peer:
        runs = [measured(["sh", "-c", arguments.peer.replace("{export}", shlex.quote(arguments.export))])]
        written = re.sub(r"(\.json)?(\.gz)?$", "", arguments.export) + ".peer.json"
        rows["peer"] = (*min(runs), nmi(labels, clusters_of(written)))
    else:
        print("SKIPPED: no --peer given, so there is nothing to compare with")
    print(f"{'':12}{'seconds':>10}{'MB':>8}{'NMI':>8}")
    for name, (seconds, memory, score) in rows.items():
        print(f"{name:12}{seconds:10.2f}{memory:8.0f}{score:8.3f}")
    if "peer" in rows:
        ours, theirs = rows["graphnode"], rows["peer"]
        print(f"{'ratio':12}{theirs[0] / ours[0]:9.1f}x{theirs[1] / ours[1]:7.1f}x{ours[2] - theirs[2]:+8.3f}")


if __name__ == "__main__":
    main()
