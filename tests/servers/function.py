"""A Lambda function: as many environments as it needs, up to its concurrency."""

from __future__ import annotations

import threading
from pathlib import Path

from servers.environment import PAYLOAD_BYTES, Environment, FunctionSettings, Outcome


class Throttled(Exception):
    """All environments are busy."""


class PayloadTooLarge(Exception):
    """The event is larger than Lambda accepts."""


class Function:
    """Starts an environment when an invocation finds none idle, and keeps it for the next."""

    def __init__(self, settings: FunctionSettings, log: Path) -> None:
        self.settings = settings
        self.log = log
        self._idle: list[Environment] = []
        self._busy: set[Environment] = set()
        self._lock = threading.Lock()
        self._closed = False

    def invoke(self, payload: bytes) -> Outcome:
        """Runs one invocation to its end. Raises `Throttled` or `PayloadTooLarge`."""
        if len(payload) > PAYLOAD_BYTES:
            raise PayloadTooLarge
        environment = self._take()
        try:
            return environment.invoke(payload)
        finally:
            self._give_back(environment)

    def close(self) -> None:
        """Ends all environments."""
        with self._lock:
            self._closed = True
            environments = [*self._idle, *self._busy]
            self._idle.clear()
        for environment in environments:
            environment.close()

    def _take(self) -> Environment:
        with self._lock:
            self._idle = [environment for environment in self._idle if environment.usable]
            if self._closed or len(self._busy) >= self.settings.concurrency:
                raise Throttled
            environment = self._idle.pop() if self._idle else Environment(self.settings, self.log)
            self._busy.add(environment)
            return environment

    def _give_back(self, environment: Environment) -> None:
        with self._lock:
            self._busy.discard(environment)
            if environment.usable and not self._closed:
                self._idle.append(environment)
                return
        environment.close()
