"""API Gateway's HTTP API in front of functions, as template.yaml describes it: routes, JWT authorizer, payload version 2.0.

The authorizer reads a token's claims and does not check its signature: that is AWS's own work, and no key is here. The
path reaches a function decoded, as API Gateway sends it.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence
from urllib.parse import unquote, urlsplit

from servers.function import Function, PayloadTooLarge, Throttled
from servers.web import Request, Response, WebServer, as_json

# Requests that are larger never reach a function.
PAYLOAD_BYTES = 10 * 1024 * 1024
_ANY = "x-amazon-apigateway-any-method"


@dataclass(frozen=True)
class Route:
    """Which function serves a method and a path; `{proxy+}` at the end of one stands for everything behind it."""

    method: str
    path: str
    function: str
    is_open: bool

    def serves(self, method: str, path: str) -> bool:
        """Whether a request goes this way."""
        if self.method not in ("ANY", method):
            return False
        stem, _, rest = self.path.partition("{proxy+}")
        return path == self.path if stem == self.path else not rest and path.startswith(stem) and path != stem


def routes_of(document: Mapping[str, Any]) -> list[Route]:
    """The routes of the API's OpenAPI document, the one that wins first: a whole path before a part of one, a method
    before any."""
    routes = []
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            uri = said["x-amazon-apigateway-integration"]["uri"]
            function = uri.split(":function:")[1].split("/")[0]
            authorized = any(name != "NONE" for scheme in said.get("security", []) for name in scheme)
            routes.append(Route("ANY" if method == _ANY else method.upper(), path, function, not authorized))
    return sorted(routes, key=lambda route: ("{" in route.path, -len(route.path), route.method == "ANY"))


class Gateway:
    """One HTTP API; `functions` by the names that routes have for them."""

    def __init__(self, routes: Sequence[Route], functions: Mapping[str, Function]) -> None:
        self._routes = routes
        self._functions = functions
        self._server = WebServer(self.answer)
        self.url = f"http://{self._server.address}"

    def close(self) -> None:
        """Stops listening."""
        self._server.close()

    def answer(self, request: Request) -> Response:
        """Authorizes, invokes, and answers as the function says."""
        path = unquote(urlsplit(request.path).path)
        route = next((route for route in self._routes if route.serves(request.method, path)), None)
        if route is None:
            return _message(404, "Not Found")
        claims = claims_of(request.headers.get("authorization", ""))
        if claims is None and not route.is_open:
            return _message(401, "Unauthorized")
        if len(request.body) > PAYLOAD_BYTES:
            return _message(413, "Request Entity Too Large")
        try:
            function = self._functions.get(route.function)
            if function is None:
                return _message(500, "Internal Server Error")
            outcome = function.invoke(json.dumps(event_of(request, path, claims)).encode())
        except PayloadTooLarge:
            return _message(413, "Request Too Long")
        except Throttled:
            return _message(503, "Service Unavailable")
        if outcome.failed:
            return _message(500, "Internal Server Error")
        return response_of(json.loads(outcome.payload))


def claims_of(authorization: str) -> Optional[dict[str, Any]]:
    """The claims of a bearer token; `None` where there is none that can be read."""
    kind, _, token = authorization.partition(" ")
    parts = token.strip().split(".")
    if kind.lower() != "bearer" or len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    # The authorizer hands on every claim as text.
    return {name: str(value) for name, value in claims.items()} if isinstance(claims, dict) else None


def event_of(request: Request, path: str, claims: Optional[dict[str, Any]]) -> dict[str, Any]:
    """The event of payload version 2.0."""
    url = urlsplit(request.path)
    context: dict[str, Any] = {
        "accountId": "123456789012",
        "apiId": "standin",
        "domainName": request.headers.get("host", "localhost"),
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": uuid.uuid4().hex,
        "routeKey": "$default",
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
        "timeEpoch": int(time.time() * 1000),
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": url.query,
        "headers": dict(request.headers),
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if request.body:
        event.update(body_of(request.body))
    return event


def body_of(body: bytes) -> dict[str, Any]:
    """Text as it is, anything else in base64."""
    try:
        return {"body": body.decode("utf-8"), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}


def response_of(answer: dict[str, Any]) -> Response:
    """What a function's answer means."""
    text = answer.get("body") or ""
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
    headers = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers.setdefault(name, ",".join(map(str, values)))
    dropped = ("content-length", "connection")
    return Response(int(answer["statusCode"]), body, {k: v for k, v in headers.items() if k.lower() not in dropped})


def _message(status: int, text: str) -> Response:
    return as_json(status, {"message": text})
