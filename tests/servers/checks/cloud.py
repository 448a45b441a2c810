"""The servers, started once for all checks, and a space for each."""

from __future__ import annotations

import atexit
import functools
import itertools
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable, Optional, TypeVar

from servers.account import client

# Where the servers keep their logs, if somebody wants to read them.
LOGS = [os.environ[name] for name in ("GRAPHNODE_SERVERS_LOGS",) if name in os.environ]
FUNCTION = Path(__file__).with_name("function.py")
_NUMBERS = itertools.count(1)
T = TypeVar("T")


@functools.cache
def addresses() -> dict[str, str]:
    """The servers that are told, or started here; then they end with this process."""
    if "GRAPHNODE_SERVERS_AT" in os.environ:
        return dict(json.loads(os.environ["GRAPHNODE_SERVERS_AT"]))
    folder = Path(__file__).resolve().parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, "-m", "servers", *LOGS], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout
    atexit.register(process.wait)
    atexit.register(process.stdin.close)
    announced = process.stdout.readline()
    if not announced:
        raise RuntimeError("the servers did not start; what they said stands above")
    return dict(json.loads(announced))


@functools.cache
def aws(service: str) -> Any:
    """A client of the stand-in."""
    return client(service, addresses()["aws"])


def post(url: str, body: Any, headers: Optional[dict[str, str]] = None) -> tuple[int, Any, dict[str, str]]:
    """Status, decoded body and headers of a POST."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), sent)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.loads(response.read()), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), dict(error.headers)


def until(what: str, seconds: float, look: Callable[[], T]) -> T:
    """What `look` gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} seconds")


class CloudCase(unittest.TestCase):
    """A check with a space of its own."""

    settings: dict[str, Any] = {}

    def setUp(self) -> None:
        self.control = addresses()["control"]
        self.name = f"check-{os.getpid()}-{next(_NUMBERS)}"
        self.space = self.make("", {"name": self.name, **self.settings})
        self.addCleanup(self.remove)

    def remove(self) -> None:
        """Ends what runs for this check."""
        urllib.request.urlopen(urllib.request.Request(f"{self.control}/spaces/{self.name}", method="DELETE")).read()

    def make(self, path: str, body: dict[str, Any]) -> Any:
        """Asks the control API for something."""
        status, answer, _ = post(f"{self.control}/spaces{path}", body)
        self.assertEqual(status, 200, answer)
        return answer

    def function(self, **settings: Any) -> str:
        """Deploys the checks' function."""
        body = {"name": "worker", "command": [sys.executable, str(FUNCTION)], "environment": self.environment()}
        return str(self.make(f"/{self.name}/functions", {**body, **settings})["function"])

    def environment(self) -> dict[str, str]:
        """What function and task are told."""
        return {"AWS_ENDPOINT_URL": addresses()["aws"], "GRAPHNODE_RESULT_QUEUE_URL": self.space["result_queue"]}

    def map(self, queue: str, function: str, **settings: Any) -> None:
        """Connects a queue of the space with a function."""
        body = {"queue_url": self.space[queue], "function": function, **settings}
        self.make(f"/{self.name}/mappings", body)

    def invoke(self, function: str, event: Any) -> tuple[int, Any, dict[str, str]]:
        """Lambda's Invoke."""
        return post(f"{self.control}/2015-03-31/functions/{function}/invocations", event)

    def send(self, queue: str, *bodies: Any) -> None:
        """Sends messages to a queue of the space."""
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            aws("sqs").send_message(QueueUrl=self.space[queue], MessageBody=text)

    def receive(self, queue: str, count: int, seconds: float = 20.0) -> list[Any]:
        """Takes `count` messages off a queue of the space."""
        found: list[Any] = []

        def look() -> list[Any]:
            url = self.space[queue]
            answer = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return found if len(found) >= count else []

        return until(f"message {count} in {queue}", seconds, look)

    def depth(self, queue: str) -> int:
        """How many messages a queue holds, seen or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.space[queue]
        attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)
