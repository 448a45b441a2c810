#!/usr/bin/env python3
"""Holds the built functions to their budgets: size, size of the archive, glibc they ask for, start, memory at the start.

usage: budgets.py BUILD

BUILD is what `sam build` has made. A budget that is exceeded ends it with 1. Time is a gate, not a figure: the best of 25
starts, with room for a busy machine; benches/function_start.py is for figures.
"""

import io
import json
import os
import re
import subprocess
import sys
import zipfile

# Megabytes of the program and of its archive; both are what a cold start has to fetch.
SIZES = {"Api": (9.0, 4.2), "Indexer": (9.0, 4.2), "Search": (12.0, 5.6), "Worker": (25.0, 12.0)}
# Milliseconds from exec to the first request for an invocation, and megabytes then.
STARTS = {"Api": (10.0, 12.0), "Indexer": (10.0, 12.0)}
# What Amazon Linux 2023 has.
GLIBC = (2, 34)
RUNS = "25"
MEGABYTE = 1e6


def archive_megabytes(path):
    """The archive that would be uploaded."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as writer:
        writer.write(path, "bootstrap")
    return len(archive.getvalue()) / MEGABYTE


def glibc(path):
    """The newest glibc the program asks for."""
    symbols = subprocess.run(["objdump", "--dynamic-syms", path], capture_output=True, text=True, check=True).stdout
    return max((int(major), int(minor)) for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", symbols))


def start(path):
    """Best milliseconds of a start, and megabytes."""
    bench = os.path.join(os.path.dirname(__file__), "..", "benches", "function_start.py")
    line = subprocess.run([sys.executable, bench, path, "--runs", RUNS], capture_output=True, text=True, check=True).stdout
    figures = json.loads(line)
    return figures["best_ms"], figures["median_ms"], figures["resident_megabytes"]


def check(build):
    """Prints every figure with its budget; yields what is exceeded."""
    for name, (most, most_packed) in SIZES.items():
        path = os.path.join(build, f"{name}Function", "bootstrap")
        size, packed, newest = os.path.getsize(path) / MEGABYTE, archive_megabytes(path), glibc(path)
        line = f"{name}: {size:.2f} MB of {most}, packed {packed:.2f} of {most_packed}, glibc {newest[0]}.{newest[1]}"
        if name in STARTS:
            best, median, memory = start(path)
            most_ms, most_mb = STARTS[name]
            line += f", starts in {best:.1f} ms of {most_ms} (median {median:.1f}) with {memory:.1f} MB of {most_mb}"
            if best > most_ms or memory > most_mb:
                yield f"{name} starts too slowly, or with too much memory"
        print(line)
        if size > most or packed > most_packed:
            yield f"{name} is too large"
        if newest > GLIBC:
            yield f"{name} asks for a newer glibc than Lambda has"


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    exceeded = list(check(sys.argv[1]))
    if exceeded:
        raise SystemExit("; ".join(exceeded))


if __name__ == "__main__":
    main()
