"""Chroma Cloud's limits, on a real Chroma."""

from __future__ import annotations

import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from servers.checks.cloud import CloudCase, addresses, post
from servers.chroma_cloud import TOKEN, ChromaCloud, TooManyInFlight, predicates

COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"


class Quotas(CloudCase):
    """What a program in the cloud has to keep to."""

    def setUp(self) -> None:
        super().setUp()
        configuration = {"hnsw": {"space": "cosine"}}
        status, self.collection, _ = self.ask("", {"name": f"{self.name}-nodes", "configuration": configuration})
        self.assertEqual(status, 200, self.collection)

    def ask(self, path: str, body: Any, token: str = TOKEN) -> tuple[int, Any, dict[str, str]]:
        """A request with a token."""
        return post(f"{addresses()['chroma_cloud']}{COLLECTIONS}{path}", body, {"x-chroma-token": token})

    def upsert(self, count: int, metadata: dict[str, Any], prefix: str = "n") -> int:
        """The status of a write."""
        body = {
            "ids": [f"{prefix}{i}" for i in range(count)],
            "embeddings": [[1.0, float(i)] for i in range(count)],
            "metadatas": [metadata] * count,
        }
        return self.ask(f"/{self.collection['id']}/upsert", body)[0]

    def test_a_collection_is_described_with_the_clouds_index(self) -> None:
        configuration = self.collection["configuration_json"]
        self.assertEqual((configuration["spann"]["space"], configuration["hnsw"]), ("cosine", None))

    def test_without_its_token_nothing_works(self) -> None:
        self.assertEqual(self.ask("", {"name": "other"}, token="wrong")[0], 401)

    def test_a_write_keeps_to_the_quotas(self) -> None:
        self.assertEqual(self.upsert(300, {"userId": "u"}), 200)
        self.assertEqual(self.upsert(301, {"userId": "u"}), 422)
        self.assertEqual(self.upsert(1, {f"k{i}": i for i in range(33)}), 422)
        self.assertEqual(self.upsert(1, {"x" * 37: 1}), 422)
        self.assertEqual(self.upsert(1, {"keywords": "가" * 1366}), 422)
        self.assertEqual(self.upsert(1, {"userId": "u"}, prefix="x" * 128), 422)

    def test_a_read_keeps_to_the_quotas(self) -> None:
        self.upsert(2, {"userId": "u"})
        path = f"/{self.collection['id']}"
        query = {"query_embeddings": [[1.0, 0.0]], "n_results": 300, "where": {"userId": "u"}}
        self.assertEqual(self.ask(f"{path}/query", query)[0], 200)
        self.assertEqual(self.ask(f"{path}/query", {**query, "n_results": 301})[0], 422)
        self.assertEqual(self.ask(f"{path}/get", {"limit": 301})[0], 422)
        many = {"$and": [{"userId": "u"}] * 9}
        self.assertEqual(self.ask(f"{path}/get", {"limit": 1, "where": many})[0], 422)

    def test_many_writers_are_too_many_only_above_ten(self) -> None:
        with ThreadPoolExecutor(10) as pool:
            statuses = list(pool.map(lambda i: self.upsert(300, {"userId": "u"}, f"w{i}-"), range(20)))
        self.assertEqual(statuses, [200] * 20)


class Slots(unittest.TestCase):
    """How many requests may be under way."""

    def test_the_eleventh_is_refused(self) -> None:
        cloud = ChromaCloud("http://127.0.0.1:9")
        self.addCleanup(cloud.close)
        inside, leave = threading.Barrier(11), threading.Event()

        def hold() -> None:
            with cloud._slot("c", "upsert"):
                inside.wait()
                leave.wait()

        with ThreadPoolExecutor(10) as pool:
            held = [pool.submit(hold) for _ in range(10)]
            inside.wait()
            with self.assertRaises(TooManyInFlight), cloud._slot("c", "upsert"):
                pass
            with cloud._slot("c", "query"), cloud._slot("other", "upsert"):
                leave.set()
            for one in held:
                one.result()

    def test_predicates_are_counted_inside_combinations(self) -> None:
        where = {"$and": [{"userId": "u"}, {"$or": [{"a": 1}, {"b": {"$ne": 2}}]}]}
        self.assertEqual(predicates(where), 3)
