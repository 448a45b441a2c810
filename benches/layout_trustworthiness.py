#!/usr/bin/env python3
"""How true the map is to the vectors: trustworthiness of GraphNode's places beside umap-learn's.

usage: layout_trustworthiness.py RESULTS [RESULTS ...] [--neighbours K] [--no-umap]

RESULTS is a folder that `graphnode build` wrote. Both maps are scored on the vectors of features.json (Venna and Kaski
2001; K nearest, 10 where nothing else is said, by cosine): ours from graph.json, umap-learn's made from the same vectors
with its defaults (15 neighbours, min_dist 0.1), metric cosine, random_state 42. Needs numpy and scikit-learn, and
umap-learn for its column.
"""

import argparse
import importlib.util
import json
import os
import sys


def missing(modules):
    return [name for name in modules if importlib.util.find_spec(name) is None]


def load(folder):
    """Vectors and places of a result folder, row by row."""
    import numpy

    with open(os.path.join(folder, "features.json"), encoding="utf-8") as file:
        vectors = numpy.asarray(json.load(file)["embeddings"], dtype=numpy.float32)
    with open(os.path.join(folder, "graph.json"), encoding="utf-8") as file:
        nodes = json.load(file)["nodes"]
    return vectors, numpy.asarray([[node["x"], node["y"]] for node in nodes], dtype=numpy.float32)


def peer(vectors):
    """umap-learn's places of the same rows."""
    import warnings

    import umap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return umap.UMAP(metric="cosine", random_state=42).fit_transform(vectors)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+")
    parser.add_argument("--neighbours", type=int, default=10)
    parser.add_argument("--no-umap", action="store_true", help="score GraphNode's places only")
    arguments = parser.parse_args()
    absent = missing(["numpy", "sklearn"])
    if absent:
        sys.exit(f"missing: {', '.join(absent)}; pip install numpy scikit-learn umap-learn")
    with_peer = not arguments.no_umap and not missing(["umap"])
    if not with_peer and not arguments.no_umap:
        print("SKIPPED: umap-learn is missing (pip install umap-learn), so there is nothing to compare with")
    from sklearn.manifold import trustworthiness

    score = lambda vectors, places: trustworthiness(
        vectors, places, n_neighbors=arguments.neighbours, metric="cosine")
    print(f"{'set':24}{'rows':>7}{'graphnode':>11}{'umap-learn':>12}{'difference':>12}")
    for folder in arguments.results:
        vectors, places = load(folder)
        ours = score(vectors, places)
        line = f"{os.path.basename(os.path.normpath(folder)):24}{len(vectors):7}{ours:11.4f}"
        if with_peer:
            theirs = score(vectors, peer(vectors))
            line += f"{theirs:12.4f}{ours - theirs:+12.4f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
