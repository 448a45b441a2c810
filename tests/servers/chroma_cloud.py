"""Chroma Cloud in front of a local Chroma: its token, its quotas, its way of describing a collection.

https://docs.trychroma.com/cloud/quotas-limits. A local server enforces none of these, so a program that keeps to them
and one that does not look the same there.
"""

from __future__ import annotations

import collections
import contextlib
import json
import re
import threading
import urllib.error
import urllib.request
from typing import Any, Iterator

from servers.canary import CANARY
from servers.web import Request, Response, WebServer, as_json

TOKEN = f"ck-{CANARY}-EXAMPLE"
MOST_RECORDS = 300
MOST_IN_FLIGHT = 10
MOST_PREDICATES = 8
MOST_METADATA_KEYS = 32
ID_BYTES, KEY_BYTES, VALUE_BYTES = 128, 36, 4096

_WRITES = {"add", "upsert", "update", "delete"}
_READS = {"get", "query", "count"}
_OPERATION = re.compile(r".*/collections/([0-9a-f-]{36})/(\w+)$")


class OverQuota(Exception):
    """What a request has too much of."""


class TooManyInFlight(Exception):
    """As many requests for this collection are under way as may be."""


class ChromaCloud:
    """Lets through what Chroma Cloud would accept."""

    def __init__(self, chroma: str) -> None:
        self._chroma = chroma
        self._in_flight: collections.Counter[tuple[str, bool]] = collections.Counter()
        self._lock = threading.Lock()
        self._server = WebServer(self.answer)
        self.address = self._server.address

    def close(self) -> None:
        """Stops listening."""
        self._server.close()

    def answer(self, request: Request) -> Response:
        """Checks one request and passes it on."""
        if request.headers.get("x-chroma-token") != TOKEN:
            return _error(401, "AuthError", "Unauthorized")
        if request.path == "/api/v2/pre-flight-checks":
            # It says more than the quota allows, so nobody may rely on it.
            return as_json(200, {"max_batch_size": 1000, "supports_base64_encoding": True})
        operation = _OPERATION.match(request.path.split("?")[0])
        try:
            if not operation:
                return as_cloud_says(self._pass_on(request))
            check(operation[2], json.loads(request.body or b"{}"))
            with self._slot(operation[1], operation[2]):
                return self._pass_on(request)
        except OverQuota as error:
            return _error(422, "QuotaExceeded", str(error))
        except TooManyInFlight:
            return _error(429, "RateLimitError", f"more than {MOST_IN_FLIGHT} requests for one collection")

    @contextlib.contextmanager
    def _slot(self, collection: str, operation: str) -> Iterator[None]:
        key = (collection, operation in _WRITES)
        with self._lock:
            if self._in_flight[key] >= MOST_IN_FLIGHT:
                raise TooManyInFlight
            self._in_flight[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight[key] -= 1

    def _pass_on(self, request: Request) -> Response:
        body = request.body or None
        headers = {"Content-Type": request.headers.get("content-type", "application/json")}
        onward = urllib.request.Request(self._chroma + request.path, body, headers, method=request.method)
        try:
            with urllib.request.urlopen(onward) as answer:
                return Response(answer.status, answer.read(), {"Content-Type": "application/json"})
        except urllib.error.HTTPError as error:
            return Response(error.code, error.read(), {"Content-Type": "application/json"})


def check(operation: str, body: dict[str, Any]) -> None:
    """Raises `OverQuota` for what is too large."""
    _at_most(MOST_RECORDS, len(body.get("ids") or []), "records")
    _at_most(MOST_PREDICATES, predicates(body.get("where") or {}), "predicates")
    if operation in _READS - {"count"}:
        asked = body.get("limit") if operation == "get" else body.get("n_results")
        _at_most(MOST_RECORDS, asked or 0, "results")
    for identity in body.get("ids") or []:
        _at_most(ID_BYTES, len(identity.encode()), "bytes of an id")
    for metadata in body.get("metadatas") or []:
        _check_metadata(metadata or {})


def _check_metadata(metadata: dict[str, Any]) -> None:
    _at_most(MOST_METADATA_KEYS, len(metadata), "metadata keys")
    for key, value in metadata.items():
        _at_most(KEY_BYTES, len(key.encode()), "bytes of a metadata key")
        if isinstance(value, str):
            _at_most(VALUE_BYTES, len(value.encode()), "bytes of a metadata value")


def predicates(where: dict[str, Any]) -> int:
    """How many conditions a filter consists of."""
    return sum(sum(predicates(one) for one in value) if key in ("$and", "$or") else 1 for key, value in where.items())


def _at_most(limit: int, count: int, what: str) -> None:
    if count > limit:
        raise OverQuota(f"{what}: {count}, more than {limit}")


def as_cloud_says(response: Response) -> Response:
    """A collection's description with the index that Chroma Cloud has, SPANN, in place of HNSW."""
    try:
        described = json.loads(response.body or b"null")
    except ValueError:
        return response
    for one in described if isinstance(described, list) else [described]:
        configuration = one.get("configuration_json") if isinstance(one, dict) else None
        if configuration and configuration.get("hnsw"):
            configuration["spann"] = {"space": configuration["hnsw"].get("space")}
            configuration["hnsw"] = None
    return Response(response.status, json.dumps(described).encode(), response.headers)


def _error(status: int, name: str, message: str) -> Response:
    return as_json(status, {"error": name, "message": message})
