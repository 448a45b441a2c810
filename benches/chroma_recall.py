#!/usr/bin/env python3
"""How many of a person's ten nearest vectors Chroma finds behind the filter by person, and how long it takes.

usage: chroma_recall.py URL [--persons N] [--vectors N] [--topics N] [--pool N] [--queries N] [--dimension D]

Writes synthetic vectors of many persons into a collection of its own, which is removed at the end. A person has some
topics out of a pool all persons share, so that the nearest vectors of a query mostly are other persons'. A query is a new
vector of one of the person's topics. The ten truly nearest come from comparing with all vectors of the person; recall
says how many of them are among the N that Chroma was asked for. Needs chromadb and numpy. One JSON line a N, then one for
queries that are narrowed to so many ids of the person, whose cosines are all wanted.
"""

import argparse
import http.client
import json
import statistics
import time
import urllib.parse
import uuid

import chromadb
import numpy

DEPTH = 10
BATCH = 300
# Share of a vector that is its topic; conversations of one topic are then as near to each other as sentences of one
# intent are for all-MiniLM-L6-v2: a cosine of about 0.5.
TOPIC = 0.7
# How far the same topic differs between persons, in the same measure.
OWN_VIEW = 0.35


def unit(rows):
    """Rows of length 1."""
    return rows / numpy.linalg.norm(rows, axis=-1, keepdims=True)


class Person:
    """The vectors of one person, and vectors like them to ask for."""

    def __init__(self, number, pool, arguments, random):
        self.name = f"user-{number}"
        chosen = random.choice(len(pool), arguments.topics, replace=False)
        own = unit(random.standard_normal((arguments.topics, arguments.dimension)))
        self._topics = unit(pool[chosen] + OWN_VIEW * own)
        self.vectors = self._some(random, arguments.vectors // arguments.persons)
        self.queries = self._some(random, arguments.queries)

    def _some(self, random, count):
        about = random.integers(len(self._topics), size=count)
        noise = unit(random.standard_normal((count, self._topics.shape[1])))
        return unit(TOPIC * self._topics[about] + (1 - TOPIC**2) ** 0.5 * noise).astype(numpy.float32)

    def orig_id(self, row):
        """The id of a conversation: every person has the same ones."""
        return f"6650f3a1-7c2b-4f0e-9d3a-{row:012}"

    def metadata(self, row):
        """What the indexer writes beside a vector."""
        return {
            "userId": self.name,
            "graphId": "default",
            "clusterId": f"cluster_{row % 12 + 1}",
            "user_id": self.name,
            "orig_id": self.orig_id(row),
            "conversation_id": self.orig_id(row),
            "node_id": row,
            "cluster_id": f"cluster_{row % 12 + 1}",
            "cluster_name": "Bread baking and sourdough",
            "keywords": "sourdough,rye flour,oven temperature,starter,proofing,crust,hydration",
            "create_time": 1709405640.0 + row,
            "num_messages": 12,
            "source_type": "chat",
            "model": "all-MiniLM-L6-v2",
            "generation": 1780000000000,
        }


class Collection:
    """Asked as the adapter does: one connection, metadata and distances in the answer."""

    def __init__(self, url, client, name):
        address = urllib.parse.urlsplit(url)
        self._connection = http.client.HTTPConnection(address.hostname, address.port)
        self._data = client.create_collection(name, configuration={"hnsw": {"space": "cosine"}})
        root = f"/api/v2/tenants/{client.tenant}/databases/{client.database}/collections"
        self._path = f"{root}/{self._data.id}/query"

    def write(self, person):
        """Writes everything of a person."""
        for start in range(0, len(person.vectors), BATCH):
            rows = range(start, min(start + BATCH, len(person.vectors)))
            self._data.upsert(
                ids=[f"{person.name}_{person.orig_id(row)}" for row in rows],
                embeddings=person.vectors[rows.start : rows.stop],
                metadatas=[person.metadata(row) for row in rows],
            )

    def nearest(self, person, query, count, ids=None):
        """Rows of the person, and the seconds it took."""
        where = {"$and": [{"userId": person.name}, {"graphId": "default"}]}
        body = {"query_embeddings": [query.tolist()], "n_results": count, "where": where}
        body |= {"include": ["metadatas", "distances"]} | ({"ids": ids} if ids else {})
        text = json.dumps(body)
        begun = time.perf_counter()
        self._connection.request("POST", self._path, text, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        found = json.loads(answer.read())
        took = time.perf_counter() - begun
        if answer.status != 200:
            raise SystemExit(found)
        return [metadata["node_id"] for metadata in found["metadatas"][0]], took


def measure(collection, persons, count, narrowed):
    """Recall of the ten nearest, the fewest rows of an answer, the seconds of every query."""
    found, wanted, fewest, seconds = 0, 0, count, []
    for turn in range(len(persons[0].queries)):
        for person in persons:
            query = person.queries[turn]
            cosines = person.vectors @ query
            rows = numpy.arange(len(cosines))
            if narrowed:
                rows = numpy.random.default_rng(turn).permutation(rows)[:narrowed]
            nearest = set(rows[numpy.argsort(-cosines[rows])[:DEPTH]].tolist())
            ids = [f"{person.name}_{person.orig_id(row)}" for row in rows] if narrowed else None
            answer, took = collection.nearest(person, query, count, ids)
            found, wanted, fewest = found + len(nearest & set(answer)), wanted + len(nearest), min(fewest, len(answer))
            seconds.append(took)
    return found / wanted, fewest, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--persons", type=int, default=100)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--topics", type=int, default=20, help="topics of a person")
    parser.add_argument("--pool", type=int, default=400, help="topics of all persons")
    parser.add_argument("--queries", type=int, default=2, help="queries a person")
    parser.add_argument("--dimension", type=int, default=384)
    arguments = parser.parse_args()
    random = numpy.random.default_rng(7)
    pool = unit(random.standard_normal((arguments.pool, arguments.dimension)))
    persons = [Person(number, pool, arguments, random) for number in range(arguments.persons)]
    address = urllib.parse.urlsplit(arguments.url)
    client = chromadb.HttpClient(host=address.hostname, port=address.port)
    name = f"bench-{uuid.uuid4().hex[:12]}"
    try:
        collection = Collection(arguments.url, client, name)
        begun = time.perf_counter()
        for person in persons:
            collection.write(person)
        collection.nearest(persons[0], persons[0].queries[0], DEPTH)
        print(json.dumps({"vectors": arguments.vectors, "written_s": round(time.perf_counter() - begun, 1)}), flush=True)
        for count, narrowed in ((DEPTH, 0), (100, 0), (300, 0), (300, 10), (300, 30), (300, 100), (300, 300)):
            recall, fewest, seconds = measure(collection, persons, count, narrowed)
            line = {"n_results": count, "ids": narrowed or None, "queries": len(seconds), "fewest_rows": fewest}
            line |= {"recall_at_10": round(recall, 4), "p50_ms": round(statistics.median(seconds) * 1e3, 1)}
            line |= {"p95_ms": round(statistics.quantiles(seconds, n=20)[-1] * 1e3, 1)}
            print(json.dumps(line), flush=True)
    finally:
        client.delete_collection(name)


if __name__ == "__main__":
    main()
