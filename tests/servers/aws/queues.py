"""SQS: one lock a queue, attributes computed when asked for, receipts that expire.

What differs from moto, and is so in AWS:

- Two receivers never get the same message; moto walks the queue without a lock.
- Cost does not grow with the square of the depth; moto counts the whole queue on every call.
- A receipt of an earlier receive deletes nothing, and the call succeeds.
- The visibility of a message that is not in flight cannot be changed.
- A body is measured in bytes, and characters that XML does not allow are refused.

FIFO queues are left as they are.
"""

from __future__ import annotations

import copy
import json
import re
import time
from functools import partial
from typing import Any, Callable, Iterator, Mapping, Optional

from moto.core.utils import camelcase_to_underscores, unix_time_millis
from moto.sqs import models
from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid, SQSException
from moto.sqs.models import Message, Queue, SQSBackend

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Longest sleep of a waiting receiver: a message may be sent to it by ways that wake nobody.
NAP_SECONDS = 0.25


class MessageNotInflight(SQSException):
    """The visibility of a message was to be changed that nobody holds."""

    def __init__(self) -> None:
        super().__init__("AWS.SimpleQueueService.MessageNotInflight", "The specified message isn't in flight.")


class InvalidMessageContents(SQSException):
    """The body holds characters that are not allowed."""

    def __init__(self) -> None:
        super().__init__("InvalidMessageContents", "Invalid characters found. Valid characters are those of XML 1.0.")


class Attributes(Mapping[str, Any]):
    """A queue's attributes, each computed when it is read."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        names = [*queue.BASE_ATTRIBUTES, *(queue.FIFO_ATTRIBUTES if queue.fifo_queue else [])]
        self._names = [*names, *(queue.KMS_ATTRIBUTES if queue.kms_master_key_id else [])]

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        value = getattr(self._queue, camelcase_to_underscores(name))
        if name == "RedrivePolicy" and value:
            return json.dumps(value)
        return str(value).lower() if isinstance(value, bool) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def receive(
    is_gone: Callable[[], bool],
    backend: SQSBackend,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    visibility_timeout: int,
    message_attribute_names: Optional[list[str]] = None,
) -> list[Message]:
    """Up to `count` messages, each to one receiver; waits for the first as long as it may and the receiver is there."""
    queue = backend.get_queue(queue_name)
    end = time.monotonic() + (wait_seconds_timeout or 0)
    while not is_gone():
        with queue._messages_lock:
            taken, exhausted = _take(queue, count, visibility_timeout)
            left = end - time.monotonic()
            if not taken and not exhausted and left > 0:
                queue._messages_lock.wait(min(left, NAP_SECONDS))
        for message in exhausted:
            queue.dead_letter_queue.add_message(message)
        if taken or left <= 0:
            return [_as_sent(message, message_attribute_names or []) for message in taken]
    return []


def _take(queue: Queue, count: int, visibility: int) -> tuple[list[Message], list[Message]]:
    """Takes visible messages, and those out of the queue that were received too often. Needs the queue's lock."""
    most = (queue.redrive_policy or {}).get("maxReceiveCount") if queue.dead_letter_queue else None
    oldest = unix_time_millis() - 1000 * int(queue.message_retention_period)
    taken: list[Message] = []
    exhausted: list[Message] = []
    expired: list[Message] = []
    for message in queue._messages:
        if len(taken) == count:
            break
        if not message.visible or message.delayed:
            continue
        if message.sent_timestamp < oldest:
            expired.append(message)
        elif most is not None and message.approximate_receive_count >= most:
            exhausted.append(message)
        else:
            message.mark_received(visibility_timeout=visibility)
            taken.append(copy.copy(message))
    for message in (*exhausted, *expired):
        queue._messages.remove(message)
    return taken, exhausted


def _as_sent(message: Message, attribute_names: list[str]) -> Message:
    models._filter_message_attributes(message, attribute_names)
    return message


def delete(queue: Queue, receipt_handle: str) -> None:
    """Deletes the message if the receipt is its latest; an older one succeeds and deletes nothing."""
    with queue._messages_lock:
        for message in queue._messages:
            if message.receipt_handle == receipt_handle:
                queue._messages.remove(message)
                queue.deleted_messages.update(message.all_receipt_handles)
                return
            if message.had_receipt_handle(receipt_handle):
                return
        if receipt_handle not in queue.deleted_messages:
            raise ReceiptHandleIsInvalid()


def change_visibility(backend: SQSBackend, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
    """Changes how long a message in flight stays hidden."""
    queue = backend.get_queue(queue_name)
    with queue._messages_lock:
        message = next((one for one in queue._messages if one.had_receipt_handle(receipt_handle)), None)
        if message is None and receipt_handle not in queue.deleted_messages:
            raise ReceiptHandleIsInvalid()
        if message is None or message.receipt_handle != receipt_handle:
            raise InvalidParameterValue(
                f"Value {receipt_handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is "
                "not available for visibility timeout change."
            )
        if message.visible:
            raise MessageNotInflight()
        message.change_visibility(visibility_timeout)
        queue._messages_lock.notify_all()


def _validated(original: Any) -> Any:
    def validate(backend: SQSBackend, queue: Queue, message_body: str, *arguments: Any, **named: Any) -> None:
        if FORBIDDEN.search(message_body):
            raise InvalidMessageContents()
        if len(message_body.encode()) > queue.maximum_message_size:
            raise InvalidParameterValue(
                "One or more parameters are invalid. Reason: Message must be shorter than "
                f"{queue.maximum_message_size} bytes."
            )
        original(backend, queue, message_body, *arguments, **named)

    return validate


def _for_standard_queues(ours: Any, original: Any) -> Any:
    """`ours` for standard queues, moto's `original` for FIFO ones."""

    def choose(backend: SQSBackend, queue_name: str, *arguments: Any, **named: Any) -> Any:
        method = original if backend.get_queue(queue_name).fifo_queue else ours
        return method(backend, queue_name, *arguments, **named)

    return choose


def install(is_gone: Callable[[], bool]) -> None:
    """Changes moto; `is_gone` tells whether whom the current thread serves is cut off."""
    Queue.attributes = property(Attributes)
    SQSBackend.receive_message = _for_standard_queues(partial(receive, is_gone), SQSBackend.receive_message)
    SQSBackend.change_message_visibility = _for_standard_queues(change_visibility, SQSBackend.change_message_visibility)
    SQSBackend._validate_message = _validated(SQSBackend._validate_message)
    original_delete = Queue.delete_message

    def delete_message(queue: Queue, receipt_handle: str) -> None:
        (original_delete if queue.fifo_queue else delete)(queue, receipt_handle)

    Queue.delete_message = delete_message
