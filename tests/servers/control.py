"""The HTTP API through which tests shape their part of the cloud, and invoke functions.

| request | body | answer |
|---|---|---|
| POST /spaces | name, visibility_timeout?, max_receive_count? | the `Space` |
| DELETE /spaces/NAME | | {}: its functions and mappings end |
| POST /spaces/NAME/functions | name, command, environment?, timeout?, memory?, concurrency? | function, log |
| POST /spaces/NAME/environment | name | the variables the template gives that function |
| POST /spaces/NAME/mappings | queue_url, function, batch_size?, concurrency?, reports_failures? | {} |
| POST /spaces/NAME/task | command, environment? | {} |
| POST /spaces/NAME/gateway | | url of the template's HTTP API |
| POST /faults/chroma | | {} once it runs again: it is killed |
| POST /faults/aws | seconds | {} afterwards: it answers nobody so long |
| POST /2015-03-31/functions/FUNCTION/invocations | an event | as Lambda's Invoke |

A space is a stack of template.yaml. A function has the variables the template gives it, overruled by those of the request,
and the credentials of its own role; a mapping that the template does not have is refused.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Callable, Protocol

from servers.environment import FunctionSettings
from servers.event_source import EventSource, Mapping, Refused
from servers.function import Function, PayloadTooLarge, Throttled
from servers.gateway import Gateway, routes_of
from servers.space import Builder, Chroma, Space, SpaceSettings, as_dictionary
from servers.stack.deploy import Stack
from servers.web import Request, Response, WebServer, as_json


class Faults(Protocol):
    """What can happen to servers."""

    def crash_chroma(self) -> None:
        """Kills Chroma and starts it again."""

    def pause_aws(self, seconds: float) -> None:
        """Lets AWS answer nobody for a while."""


class Control:
    """Everything that tests have asked for, by name."""

    def __init__(self, client: Callable[[str], Any], logs: Path, aws: str, chroma: Chroma, faults: Faults) -> None:
        self._faults = faults
        self._builder = Builder(client, chroma)
        self._sqs = client("sqs")
        self._logs = logs
        self._aws = aws
        self._spaces: dict[str, Space] = {}
        self._stacks: dict[str, Stack] = {}
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
        if request.method == "POST" and parts[0] == "faults":
            return self._fault(parts[1:], json.loads(request.body or b"{}"))
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
            "environment": self._environment,
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

    def _fault(self, parts: list[str], body: dict[str, Any]) -> Response:
        if parts == ["chroma"]:
            self._faults.crash_chroma()
        elif parts == ["aws"]:
            self._faults.pause_aws(float(body["seconds"]))
        else:
            return as_json(404, {"error": "no such fault"})
        return as_json(200, {})

    def _space(self, body: dict[str, Any]) -> Response:
        space, stack = self._builder.build(SpaceSettings(**body))
        with self._lock:
            self._spaces[space.name], self._stacks[space.name] = space, stack
            self._sources[space.name], self._owned[space.name] = [], []
        return as_json(200, as_dictionary(space))

    def _function(self, space: Space, body: dict[str, Any]) -> Response:
        name = body["name"]
        told = {
            **self._stacks[space.name].credentials(f"{name.capitalize()}Role"),
            **self._variables(space, name),
            **body.get("environment", {}),
        }
        settings = FunctionSettings(**{**body, "name": f"{space.name}-{name}", "environment": told})
        log = self._logs / f"{settings.name}.log"
        with self._lock:
            self._functions[settings.name] = Function(settings, log)
            self._owned[space.name].append(settings.name)
        return as_json(200, {"function": settings.name, "log": str(log)})

    def _environment(self, space: Space, body: dict[str, Any]) -> Response:
        return as_json(200, self._variables(space, body["name"]))

    def _variables(self, space: Space, function: str) -> dict[str, str]:
        given = self._stacks[space.name].environment(f"{function.capitalize()}Function")
        return {**given, "AWS_ENDPOINT_URL": self._aws}

    def _mapping(self, space: Space, body: dict[str, Any]) -> Response:
        function = self._functions[body.pop("function")]
        name = function.settings.name.removeprefix(f"{space.name}-")
        if not self._stacks[space.name].feeds(body["queue_url"], f"{name.capitalize()}Function"):
            raise Refused(f"template.yaml has no event source from {body['queue_url']} to {name}")
        source = EventSource(self._sqs, Mapping(**body), function)
        with self._lock:
            self._sources[space.name].append(source)
        return as_json(200, {})

    def _task(self, space: Space, body: dict[str, Any]) -> Response:
        told = {"AWS_ENDPOINT_URL": self._aws, **body.get("environment", {})}
        self._builder.define_task(self._stacks[space.name], body["command"], told)
        return as_json(200, {})

    def _gateway(self, space: Space, _: dict[str, Any]) -> Response:
        stack = self._stacks[space.name]
        routes = routes_of(stack.properties("HttpApi")["Body"])
        deployed = {name: self._functions.get(f"{space.name}-{name}") for name in ("api", "search")}
        functions = {stack.id(f"{name.capitalize()}Function"): one for name, one in deployed.items() if one}
        gateway = Gateway(routes, functions)
        with self._lock:
            self._gateways.setdefault(space.name, []).append(gateway)
        return as_json(200, {"url": gateway.url})

    def _remove(self, name: str) -> None:
        with self._lock:
            self._spaces.pop(name, None)
            self._stacks.pop(name, None)
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
