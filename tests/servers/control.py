"""The HTTP API through which tests shape their part of the cloud, and invoke functions.

| request | body | answer |
|---|---|---|
| POST /spaces | name, visibility_timeout?, max_receive_count? | the `Space` |
| DELETE /spaces/NAME | | {}: its functions and mappings end |
| POST /spaces/NAME/functions | name, command, environment?, timeout?, memory?, concurrency? | function, log |
| POST /spaces/NAME/mappings | queue_url, function, batch_size?, concurrency?, reports_failures? | {} |
| POST /spaces/NAME/task | command, environment? | {} |
| POST /spaces/NAME/gateway | routes: function by path prefix | url of an HTTP API |
| POST /2015-03-31/functions/FUNCTION/invocations | an event | as Lambda's Invoke |
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Callable

from servers.environment import FunctionSettings
from servers.event_source import EventSource, Mapping, Refused
from servers.function import Function, PayloadTooLarge, Throttled
from servers.gateway import Gateway
from servers.space import Builder, Space, SpaceSettings, as_dictionary
from servers.web import Request, Response, WebServer, as_json


class Control:
    """Everything that tests have asked for, by name."""

    def __init__(self, client: Callable[[str], Any], logs: Path) -> None:
        self._builder = Builder(client)
        self._sqs = client("sqs")
        self._logs = logs
        self._spaces: dict[str, Space] = {}
        self._functions: dict[str, Function] = {}
        # What a space has, to be ended with it.
        self._owned: dict[str, list[str]] = {}
        self._sources: dict[str, list[EventSource]] = {}
        self._gateways: dict[str, list[Gateway]] = {}
        self._lock = threading.Lock()
        self._server = WebServer(self.answer)
        self.address = self._server.address
        self.subnet = self._builder.subnet

    def close(self) -> None:
        """Ends all functions and mappings."""
        for name in list(self._spaces):
            self._remove(name)
        self._server.close()

    def answer(self, request: Request) -> Response:
        """One request of the table above."""
        parts = request.path.split("?")[0].strip("/").split("/")
        if request.method == "POST" and parts[:2] == ["2015-03-31", "functions"] and parts[3:] == ["invocations"]:
            return self._invoke(parts[2], request.body)
        if parts[0] != "spaces":
            return as_json(404, {"error": f"no such path: {request.path}"})
        if request.method == "DELETE" and len(parts) == 2:
            self._remove(parts[1])
            return as_json(200, {})
        return self._create(parts[1:], json.loads(request.body or b"{}"))

    def _create(self, parts: list[str], body: dict[str, Any]) -> Response:
        if not parts:
            return self._space(body)
        space = self._spaces.get(parts[0])
        makers = {
            "functions": self._function,
            "mappings": self._mapping,
            "task": self._task,
            "gateway": self._gateway,
        }
        maker = makers.get(parts[1]) if len(parts) == 2 else None
        if not space or not maker:
            return as_json(404, {"error": f"no such path: /spaces/{'/'.join(parts)}"})
        try:
            return maker(space, body)
        except Refused as refused:
            return as_json(400, {"error": str(refused)})

    def _space(self, body: dict[str, Any]) -> Response:
        space = self._builder.build(SpaceSettings(**body))
        with self._lock:
            self._spaces[space.name] = space
            self._sources[space.name], self._owned[space.name] = [], []
        return as_json(200, as_dictionary(space))

    def _function(self, space: Space, body: dict[str, Any]) -> Response:
        settings = FunctionSettings(**{**body, "name": f"{space.name}-{body['name']}"})
        log = self._logs / f"{settings.name}.log"
        with self._lock:
            self._functions[settings.name] = Function(settings, log)
            self._owned[space.name].append(settings.name)
        return as_json(200, {"function": settings.name, "log": str(log)})

    def _mapping(self, space: Space, body: dict[str, Any]) -> Response:
        function = self._functions[body.pop("function")]
        source = EventSource(self._sqs, Mapping(**body), function)
        with self._lock:
            self._sources[space.name].append(source)
        return as_json(200, {})

    def _task(self, space: Space, body: dict[str, Any]) -> Response:
        self._builder.define_task(space, body["command"], body.get("environment", {}))
        return as_json(200, {})

    def _gateway(self, space: Space, body: dict[str, Any]) -> Response:
        gateway = Gateway({prefix: self._functions[function] for prefix, function in body["routes"].items()})
        with self._lock:
            self._gateways.setdefault(space.name, []).append(gateway)
        return as_json(200, {"url": gateway.url})

    def _remove(self, name: str) -> None:
        with self._lock:
            self._spaces.pop(name, None)
            gateways = self._gateways.pop(name, [])
            sources = self._sources.pop(name, [])
            functions = [self._functions.pop(function) for function in self._owned.pop(name, [])]
        for gateway in gateways:
            gateway.close()
        for source in sources:
            source.stop()
        for function in functions:
            function.close()

    def _invoke(self, name: str, payload: bytes) -> Response:
        function = self._functions.get(name)
        if not function:
            return _error(404, "ResourceNotFoundException", f"Function not found: {name}")
        try:
            outcome = function.invoke(payload)
        except Throttled:
            return _error(429, "TooManyRequestsException", "Rate Exceeded.")
        except PayloadTooLarge:
            return _error(413, "RequestTooLargeException", "the event is larger than 6 MB")
        headers = {"Content-Type": "application/json", "X-Amz-Executed-Version": "$LATEST"}
        if outcome.failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return Response(200, outcome.payload, headers)


def _error(status: int, kind: str, message: str) -> Response:
    return as_json(status, {"Type": "User", "Message": message}, X_Amzn_ErrorType=kind)
