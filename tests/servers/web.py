"""The few lines of HTTP that the Runtime API and the control API share."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Mapping, NamedTuple


class Request(NamedTuple):
    """What came in; the names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Response(NamedTuple):
    """What goes out."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def as_json(status: int, value: Any, **headers: str) -> Response:
    """A response that holds `value` as JSON; an underscore in a header's name stands for a hyphen."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A response leaves in one piece: unbuffered, its head and body wait for one another's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    answer: Callable[[Request], Response]

    def _serve(self) -> None:
        request = Request(
            self.command, self.path, {name.lower(): text for name, text in self.headers.items()}, self._body()
        )
        try:
            response = type(self).answer(request)
        except Exception as error:  # noqa: BLE001 - a test must see what went wrong here
            response = as_json(500, {"error": f"{type(error).__name__}: {error}"})
        try:
            self.send_response(response.status)
            for name, text in response.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    def __getattr__(self, name: str) -> Any:
        """Whatever the method is: what a server refuses is its own business."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
            if size == 0:
                return b"".join(chunks)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing: one line a request would drown what matters."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no error of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class WebServer:
    """Serves `answer` on a free local port, each connection in a thread of its own."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
        self._server = _Listener(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.5,), daemon=True).start()

    def close(self) -> None:
        """Stops listening; open connections end with their clients."""
        self._server.shutdown()
        self._server.server_close()
