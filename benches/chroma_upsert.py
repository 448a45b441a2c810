#!/usr/bin/env python3
"""Writes the same vectors into Chroma with our client and with the official one, by turns, and prints what each took.

usage: chroma_upsert.py URL BINARY [--vectors N] [--dimension D] [--rounds N] [--batch N] [--writes N]

BINARY is the built example: cargo build --release -p graphnode-indexer --example chroma_upsert.
Needs chromadb and numpy. Every run writes into a collection of its own, with cosine space, which is removed after it;
ids, vectors and metadata are equal. Seconds are those of the writing alone: not of starting, connecting, making the
collection or the records. Who goes first changes from round to round. The best of all rounds counts, since other work on
the machine only ever adds; the median is printed beside it. One JSON line at the end.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import uuid

import chromadb
import numpy


def metadata(number):
    """What the indexer writes beside a vector."""
    orig_id = f"6650f3a1-7c2b-4f0e-9d3a-{number:012}"
    cluster = f"cluster_{number % 12 + 1}"
    return {
        "userId": "user-1",
        "graphId": "default",
        "clusterId": cluster,
        "user_id": "user-1",
        "orig_id": orig_id,
        "conversation_id": orig_id,
        "node_id": number,
        "cluster_id": cluster,
        "cluster_name": "Bread baking and sourdough",
        "keywords": "sourdough,rye flour,oven temperature,starter,proofing,crust,hydration",
        "create_time": 1709405640.0 + number,
        "num_messages": 12,
        "source_type": "chat",
        "model": "all-MiniLM-L6-v2",
        "generation": 1780000000000,
    }


class Official:
    """The official Python client, one write at a time, as its users do."""

    def __init__(self, url, vectors, batch):
        address = urllib.parse.urlsplit(url)
        self._client = chromadb.HttpClient(host=address.hostname, port=address.port)
        self._vectors, self._batch = vectors, batch
        self._metadatas = [metadata(number) for number in range(len(vectors))]
        self._ids = [f"user-1_{one['orig_id']}" for one in self._metadatas]

    def collection(self, name):
        """Makes the collection for either client."""
        return self._client.create_collection(name, configuration={"hnsw": {"space": "cosine"}})

    def drop(self, name):
        """Removes it."""
        self._client.delete_collection(name)

    def run(self, collection):
        """Seconds to write everything."""
        begun = time.perf_counter()
        for start in range(0, len(self._ids), self._batch):
            some = slice(start, start + self._batch)
            collection.upsert(
                ids=self._ids[some], embeddings=self._vectors[some], metadatas=self._metadatas[some]
            )
        return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("binary")
    parser.add_argument("--vectors", type=int, default=10_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=300)
    parser.add_argument("--writes", type=int, default=4)
    arguments = parser.parse_args()
    vectors = numpy.random.default_rng(7).standard_normal((arguments.vectors, arguments.dimension), numpy.float32)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    official = Official(arguments.url, vectors, arguments.batch)
    seconds = {"ours": [], "official": []}
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        vectors.astype("<f4").tofile(file.name)

        def ours(name):
            command = [arguments.binary, arguments.url, name, file.name, str(arguments.dimension), str(arguments.writes)]
            return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

        for turn in range(arguments.rounds):
            for who in ("ours", "official") if turn % 2 == 0 else ("official", "ours"):
                name = f"bench-{uuid.uuid4().hex[:12]}"
                collection = official.collection(name)
                took = ours(name) if who == "ours" else official.run(collection)
                if collection.count() != arguments.vectors:
                    raise SystemExit(f"{who} wrote {collection.count()} of {arguments.vectors} vectors")
                official.drop(name)
                seconds[who].append(took)
                print(f"{who}: {took:.2f} s, {arguments.vectors / took:.0f} vectors/s")
    best = {who: min(all_seconds) for who, all_seconds in seconds.items()}
    median = {who: statistics.median(all_seconds) for who, all_seconds in seconds.items()}
    figures = {"vectors": arguments.vectors, "dimension": arguments.dimension, "batch": arguments.batch}
    figures |= {"writes_in_flight": arguments.writes, "rounds": arguments.rounds}
    for who in seconds:
        figures[who] = {"best_s": round(best[who], 2), "median_s": round(median[who], 2)}
    figures["official_over_ours"] = {
        "best": round(best["official"] / best["ours"], 2),
        "median": round(median["official"] / median["ours"], 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
