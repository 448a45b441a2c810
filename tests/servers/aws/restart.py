"""A server that can be restarted. What it serves stays as it is, as S3 and SQS forget nothing when a machine of theirs ends."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any, Callable, Iterable, Optional

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class RestartingServer:
    """Serves an application on a port of this machine, each request in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._application: Optional[Application] = None
        self._server: Optional[BaseWSGIServer] = None
        self._lock = threading.Lock()
        # The connection that each thread serves, and those of them that were cut off.
        self._open: dict[int, socket.socket] = {}
        self._cut: set[socket.socket] = set()

    def serve(self, application: Application) -> None:
        """Begins, and returns at once."""
        self._application = application
        self._begin()

    def restart(self, seconds: float) -> None:
        """Cuts off every request under way, done or not, but the caller's; is not there for `seconds`; begins again."""
        assert self._server
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            others = {connection for thread, connection in self._open.items() if thread != threading.get_ident()}
            self._cut |= others
        for connection in others:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It has just ended by itself.
        time.sleep(seconds)
        self._begin()

    def _begin(self) -> None:
        assert self._application
        handler = type("Handler", (Handler,), {"restarting": self})
        self._server = make_server("127.0.0.1", self._port, self._application, threaded=True, request_handler=handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def is_cut_off(self) -> bool:
        """Whether nobody hears any more what the current thread answers."""
        with self._lock:
            return self._open.get(threading.get_ident()) in self._cut

    def opened(self, connection: socket.socket) -> None:
        """Notes that the current thread serves a connection."""
        with self._lock:
            self._open[threading.get_ident()] = connection

    def closed(self) -> None:
        """Forgets the current thread's connection."""
        with self._lock:
            self._cut.discard(self._open.pop(threading.get_ident()))


class Handler(MotoRequestHandler):
    """Tells its server which connections are open, and logs failures only."""

    restarting: RestartingServer

    def setup(self) -> None:
        """Before the first byte is read."""
        super().setup()
        self.restarting.opened(self.connection)

    def finish(self) -> None:
        """After the last byte is written, or could not be."""
        self.restarting.closed()
        super().finish()

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Says nothing of a request that went well."""
        if str(code).startswith("5"):
            super().log_request(code, size)
