"""One Lambda execution environment: a process, and the Runtime API it talks to.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. As in AWS an environment has one invocation at a
time, learns its deadline from a header, is killed when the deadline passes, and is not used again after that.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional, Sequence

from servers.account import ACCOUNT, CREDENTIALS, REGION
from servers.processes import base_environment, end
from servers.web import Request, Response, WebServer, as_json

# AWS gives the start of a function ten seconds; tests run unoptimised programs on busy machines.
INIT_SECONDS = 30.0
# AWS allows 6 MB for a synchronous request, and as much for its response.
PAYLOAD_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True)
class FunctionSettings:
    """What a template says of a function."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30.0
    memory: int = 1024
    concurrency: int = 2

    @property
    def arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended: the payload, which describes the error if `failed`."""

    payload: bytes
    failed: bool = False


def failure(kind: str, message: str) -> Outcome:
    """An error that Lambda reports, not the function."""
    return Outcome(json.dumps({"errorType": kind, "errorMessage": message}).encode(), failed=True)


class _Invocation:
    def __init__(self, payload: bytes) -> None:
        self.id = str(uuid.uuid4())
        self.payload = payload
        self.taken = threading.Event()
        self.ended = threading.Event()
        self.outcome: Optional[Outcome] = None

    def finish(self, outcome: Outcome) -> None:
        """The first outcome counts: a late answer of a killed process changes nothing."""
        if self.outcome is None:
            self.outcome = outcome
        self.taken.set()
        self.ended.set()


class Environment:
    """A running process of a function."""

    def __init__(self, settings: FunctionSettings, log: Path) -> None:
        """Starts the process; what it prints is appended to `log`."""
        self._settings = settings
        self._waiting: queue.Queue[_Invocation] = queue.Queue(1)
        self._current: Optional[_Invocation] = None
        self._closed = threading.Event()
        self._server = WebServer(self._answer)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(settings.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._variables(),
                start_new_session=True,
            )
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def usable(self) -> bool:
        """Whether it can take another invocation."""
        return not self._closed.is_set() and self._process.poll() is None

    def invoke(self, payload: bytes) -> Outcome:
        """Hands `payload` to the process and waits for the outcome. One call at a time."""
        invocation = self._current = _Invocation(payload)
        self._waiting.put(invocation)
        if self._process.poll() is not None:
            invocation.finish(self._exit())
        if not invocation.taken.wait(INIT_SECONDS):
            return self._give_up(invocation, f"Init did not end within {INIT_SECONDS:g} seconds")
        if not invocation.ended.wait(self._settings.timeout):
            return self._give_up(invocation, f"Task timed out after {self._settings.timeout:.2f} seconds")
        assert invocation.outcome is not None
        return invocation.outcome

    def close(self, grace: float = 0.3) -> None:
        """Ends the process, and with it the Runtime API."""
        self._closed.set()
        end(self._process, grace)

    def _give_up(self, invocation: _Invocation, message: str) -> Outcome:
        invocation.finish(failure("Sandbox.Timedout", f"{invocation.id} {message}"))
        self.close(grace=0.0)
        assert invocation.outcome is not None
        return invocation.outcome

    def _exit(self) -> Outcome:
        code = self._process.returncode
        how = f"signal: {-code}" if code < 0 else f"exit status {code}"
        return failure("Runtime.ExitError", f"Runtime exited with error: {how}")

    def _watch(self) -> None:
        self._process.wait()
        self._closed.set()
        if self._current:
            self._current.finish(self._exit())
        self._server.close()

    def _variables(self) -> dict[str, str]:
        settings = self._settings
        return {
            **base_environment(),
            **CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_LAMBDA_RUNTIME_API": self._server.address,
            "AWS_LAMBDA_FUNCTION_NAME": settings.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{settings.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"[$LATEST]{uuid.uuid4().hex}",
            "LAMBDA_TASK_ROOT": str(Path(settings.command[0]).parent),
            "TZ": ":UTC",
            **settings.environment,
        }

    def _answer(self, request: Request) -> Response:
        parts = request.path.split("?")[0].strip("/").split("/")
        if parts[:2] != ["2018-06-01", "runtime"]:
            return as_json(404, {"errorType": "NotFound", "errorMessage": request.path})
        if parts[2:] == ["invocation", "next"]:
            return self._next()
        if parts[2:] == ["init", "error"]:
            return self._finish(Outcome(request.body, failed=True))
        if len(parts) == 5 and parts[2] == "invocation":
            return self._finish_named(parts[3], parts[4], request)
        return as_json(404, {"errorType": "NotFound", "errorMessage": request.path})

    def _next(self) -> Response:
        while not self._closed.is_set():
            try:
                invocation = self._waiting.get(timeout=1.0)
            except queue.Empty:
                continue
            invocation.taken.set()
            return Response(200, invocation.payload, self._invocation_headers(invocation))
        return as_json(410, {"errorType": "Gone", "errorMessage": "the environment is closed"})

    def _invocation_headers(self, invocation: _Invocation) -> dict[str, str]:
        trace = uuid.uuid4().hex
        return {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self._settings.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._settings.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{trace[:24]};Parent={trace[16:]};Sampled=0",
        }

    def _finish_named(self, identity: str, how: str, request: Request) -> Response:
        if not self._current or self._current.id != identity or self._current.ended.is_set():
            return as_json(400, {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"})
        if len(request.body) > PAYLOAD_BYTES:
            message = f"Exceeded maximum allowed payload size ({PAYLOAD_BYTES} bytes)."
            self._current.finish(failure("Function.ResponseSizeTooLarge", message))
            return as_json(413, {"errorType": "RequestEntityTooLarge", "errorMessage": message})
        return self._finish(Outcome(request.body, failed=how == "error"))

    def _finish(self, outcome: Outcome) -> Response:
        if self._current:
            self._current.finish(outcome)
        return as_json(202, {"status": "OK"})
