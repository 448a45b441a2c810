"""The event source mapping between an SQS queue and a function.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html. It deletes what the function has dealt
with and leaves the rest to the queue: the visibility timeout brings it back, the redrive policy ends it.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from typing import Any, Optional

from servers.account import REGION, queue_arn
from servers.environment import Outcome
from servers.function import Function, Throttled

LOG = logging.getLogger(__name__)
# How long a poll waits for a message; also how long `stop` may have to wait.
POLL_SECONDS = 1
# How long to wait after an answer that says the queue or the function is not there for us.
BACK_OFF_SECONDS = 0.2


class Refused(ValueError):
    """Settings that AWS would refuse."""


@dataclass(frozen=True)
class Mapping:
    """What a template says of the mapping."""

    queue_url: str
    batch_size: int = 1
    concurrency: int = 2
    reports_failures: bool = True


class EventSource:
    """Polls a queue and invokes a function with what it finds."""

    def __init__(self, sqs: Any, mapping: Mapping, function: Function) -> None:
        """Starts polling. Raises `Refused` for a queue that hides messages shorter than the function may run."""
        self._sqs = sqs
        self._mapping = mapping
        self._function = function
        self._stopped = threading.Event()
        self._slots = threading.BoundedSemaphore(mapping.concurrency)
        self._check()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Asks the polling to end; batches under way go on."""
        self._stopped.set()

    def _check(self) -> None:
        if not 1 <= self._mapping.batch_size <= 10:
            raise Refused("a batch holds 1 to 10 messages")
        names = ["VisibilityTimeout"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._mapping.queue_url, AttributeNames=names)
        visibility = int(attributes["Attributes"]["VisibilityTimeout"])
        timeout = self._function.settings.timeout
        if visibility < timeout:
            raise Refused(
                f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
            )

    def _poll(self) -> None:
        while not self._stopped.is_set():
            self._slots.acquire()
            messages: list[dict[str, Any]] = []
            try:
                messages = self._receive()
            except Exception as error:  # noqa: BLE001 - the queue may be gone; AWS keeps polling as well
                LOG.warning("polling %s failed: %s", self._mapping.queue_url, error)
                self._stopped.wait(BACK_OFF_SECONDS)
            if messages:
                threading.Thread(target=self._work, args=(messages,), daemon=True).start()
            else:
                self._slots.release()

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._mapping.queue_url,
            MaxNumberOfMessages=self._mapping.batch_size,
            WaitTimeSeconds=POLL_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def _work(self, messages: list[dict[str, Any]]) -> None:
        try:
            done = handled(messages, self._invoke(messages), self._mapping.reports_failures)
            if done:
                entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(done)]
                self._sqs.delete_message_batch(QueueUrl=self._mapping.queue_url, Entries=entries)
        except Exception as error:  # noqa: BLE001 - the servers may be stopping
            LOG.warning("a batch of %s failed: %s", self._mapping.queue_url, error)
        finally:
            self._slots.release()

    def _invoke(self, messages: list[dict[str, Any]]) -> Outcome:
        records = [record(message, queue_arn(self._mapping.queue_url)) for message in messages]
        payload = json.dumps({"Records": records}, ensure_ascii=False).encode()
        while not self._stopped.is_set():
            try:
                return self._function.invoke(payload)
            except Throttled:
                self._stopped.wait(BACK_OFF_SECONDS)
        return Outcome(b"", failed=True)


def record(message: dict[str, Any], arn: str) -> dict[str, Any]:
    """A received message as a function sees it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }


def handled(messages: list[dict[str, Any]], outcome: Outcome, reports_failures: bool) -> list[dict[str, Any]]:
    """The messages to delete: none if the function failed, all but those it names if it reports failures."""
    if outcome.failed:
        return []
    if not reports_failures:
        return messages
    failed = _failed_identifiers(outcome.payload)
    if failed is None or not failed <= {message["MessageId"] for message in messages}:
        return []
    return [message for message in messages if message["MessageId"] not in failed]


def _failed_identifiers(payload: bytes) -> Optional[set[str]]:
    """What `batchItemFailures` names; none if the answer cannot be understood, which fails the whole batch."""
    try:
        answer = json.loads(payload or b"null")
    except ValueError:
        return None
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failures is None:
        return set()
    try:
        identifiers = {item["itemIdentifier"] for item in failures}
    except (KeyError, TypeError):
        return None
    return None if not all(isinstance(one, str) and one for one in identifiers) else identifiers
