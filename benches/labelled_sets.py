"""What the graph is worth on labelled histories, as one table: clusters, edges, keywords.

    python3 benches/labelled_sets.py FOLDER [NAME ...] [--graphnode PROGRAM] [--model FOLDER]

FOLDER holds NAME.json.gz (an export) and NAME.labels.json.gz ({conversation id: topic or null}). Every set is built twice:
with as many clusters as it has topics, and with 3 to 20 left open. Needs numpy; says so when it is missing.

NMI: normalised mutual information, arithmetic mean (Strehl and Ghosh 2002). Purity: the share of edges that join two
conversations of one topic; beside it that of the five nearest by cosine of the same vectors. Keywords are counted as
defects when they hold a role name, contain another of their node, or look like code or LaTeX.
"""

import argparse
import collections
import gzip
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROLES = {"user", "assistant", "system", "human", "chatgpt", "claude"}
CODE = re.compile(r"[\\{}<>=`$_]|::|->|\(\)|^https?:|\.(py|js|ts|rs|json|png|jpg|txt|md)$|[a-z][A-Z]\w*[(.]")


def entropy(labels):
    return -sum(n / len(labels) * math.log(n / len(labels)) for n in collections.Counter(labels).values())


def nmi(truth, found):
    a, b = entropy(truth), entropy(found)
    shared = a + b - entropy(list(zip(truth, found)))
    return 2 * shared / (a + b) if a + b else 1.0


def defects(nodes):
    """Keywords with a role name, that contain another of the node, or that look like code."""
    found = 0
    for node in nodes:
        terms = [keyword["term"] for keyword in node["keywords"]]
        words = [term.lower().split() for term in terms]
        found += sum(bool(ROLES & set(parts)) for parts in words)
        found += sum(bool(CODE.search(term)) for term in terms)
        found += sum(
            f" {' '.join(a)} " in f" {' '.join(b)} " for i, a in enumerate(words) for j, b in enumerate(words) if i != j
        )
    return found


def nearest_purity(numpy, features, truth):
    """Purity of the five nearest by cosine."""
    vectors = numpy.array(features["embeddings"], dtype=numpy.float32)
    similarity = vectors @ vectors.T
    numpy.fill_diagonal(similarity, -9)
    nearest = numpy.argsort(-similarity, axis=1, kind="stable")[:, :5]
    ids = [conversation["orig_id"] for conversation in features["conversations"]]
    pairs = {tuple(sorted((i, int(j)))) for i, row in enumerate(nearest) for j in row}
    judged = [truth[ids[i]] == truth[ids[j]] for i, j in pairs if ids[i] in truth and ids[j] in truth]
    return sum(judged) / max(len(judged), 1)


def build(arguments, export, folder, least, most):
    command = [arguments.graphnode, "build", export, "--out", folder, "--model", arguments.model, "--no-summary"]
    command += ["--min-clusters", str(least), "--max-clusters", str(most)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{export}: {result.stderr.strip()}")
    return [json.loads(pathlib.Path(folder, name).read_text()) for name in ("graph.json", "features.json")]


def row(arguments, numpy, name):
    labels = json.loads(gzip.decompress(pathlib.Path(arguments.folder, f"{name}.labels.json.gz").read_bytes()))
    truth = {identifier: str(label) for identifier, label in labels.items() if label}
    with tempfile.TemporaryDirectory() as place:
        export = os.path.join(place, "export.json")
        pathlib.Path(export).write_bytes(gzip.decompress(pathlib.Path(arguments.folder, f"{name}.json.gz").read_bytes()))
        topics = len(set(truth.values()))
        given, features = build(arguments, export, os.path.join(place, "given"), topics, topics)
        left, _ = build(arguments, export, os.path.join(place, "free"), 3, 20)
    agreement = {}
    for which, graph in (("given", given), ("free", left)):
        judged = [(truth[node["orig_id"]], node["cluster_id"]) for node in graph["nodes"] if node["orig_id"] in truth]
        agreement[which] = nmi(*zip(*judged))
    nodes, edges = left["nodes"], left["edges"]
    topic = {node["id"]: truth.get(node["orig_id"]) for node in nodes}
    ends = [(topic[edge["source"]], topic[edge["target"]]) for edge in edges]
    judged = [a == b for a, b in ends if a and b]
    joined = {end for edge in edges for end in (edge["source"], edge["target"])}
    sizes = collections.Counter(node["cluster_id"] for node in nodes)
    return {
        "set": name,
        "topics": topics,
        "NMI": f"{agreement['given']:.3f}",
        "k free": len(sizes),
        "NMI free": f"{agreement['free']:.3f}",
        "largest": f"{max(sizes.values()) / len(nodes):.2f}",
        "isolated": f"{1 - len(joined) / len(nodes):.2f}",
        "edges/node": f"{len(edges) / len(nodes):.2f}",
        "purity": f"{sum(judged) / max(len(judged), 1):.3f}",
        "of 5 nearest": f"{nearest_purity(numpy, features, truth):.3f}",
        "defects": defects(nodes),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--graphnode", default="target/release/graphnode")
    parser.add_argument("--model", default="models/all-MiniLM-L6-v2")
    arguments = parser.parse_args()
    try:
        import numpy
    except ImportError:
        sys.exit("numpy is missing: pip install numpy")
    known = sorted(path.name.removesuffix(".labels.json.gz") for path in arguments.folder.glob("*.labels.json.gz"))
    if not known:
        sys.exit(f"{arguments.folder} holds no NAME.labels.json.gz: nothing was measured")
    header = None
    for name in arguments.names or known:
        values = row(arguments, numpy, name)
        if header is None:
            header = list(values)
            print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
        print("| " + " | ".join(str(values[column]) for column in header) + " |", flush=True)


if __name__ == "__main__":
    main()
