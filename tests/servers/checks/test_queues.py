"""SQS as the stand-in does it."""

from __future__ import annotations

import threading
import time
import unittest

from botocore.exceptions import ClientError

from servers.checks.cloud import CloudCase, aws


class Queues(CloudCase):
    """One check a difference from moto."""

    settings = {"visibility_timeout": 30, "max_receive_count": 2}

    def setUp(self) -> None:
        super().setUp()
        self.queue = self.space["request_queue"]
        self.sqs = aws("sqs")

    def take(self, **arguments: object) -> dict[str, str]:
        """The next message; it must be there."""
        messages = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=3, **arguments).get("Messages", [])
        self.assertEqual(len(messages), 1)
        return dict(messages[0])

    def code(self, call: object, **arguments: object) -> str:
        """The error code of a call that must fail."""
        with self.assertRaises(ClientError) as caught:
            call(QueueUrl=self.queue, **arguments)  # type: ignore[operator]
        return str(caught.exception.response["Error"]["Code"])

    def test_sixteen_receivers_get_every_message_once(self) -> None:
        count = 400
        for start in range(0, count, 10):
            entries = [{"Id": str(i), "MessageBody": str(i)} for i in range(start, start + 10)]
            self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)
        seen: list[str] = []

        def drain() -> None:
            while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
                seen.extend(message["Body"] for message in messages)
                entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
                self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries)

        threads = [threading.Thread(target=drain) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(seen, key=int), [str(i) for i in range(count)])
        self.assertEqual(self.depth("request_queue"), 0)

    def test_a_receiver_that_waits_is_woken_by_a_message(self) -> None:
        threading.Timer(0.5, lambda: self.send("request_queue", "hello")).start()
        begun = time.monotonic()
        self.assertEqual(self.take()["Body"], "hello")
        self.assertLess(time.monotonic() - begun, 2.5)

    def test_a_stale_receipt_deletes_nothing(self) -> None:
        self.send("request_queue", "job")
        stale = self.take(VisibilityTimeout=1)["ReceiptHandle"]
        latest = self.take()["ReceiptHandle"]
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=stale)
        self.assertEqual(self.depth("request_queue"), 1)
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=latest)
        self.assertEqual(self.depth("request_queue"), 0)

    def test_visibility_belongs_to_the_latest_receipt_in_flight(self) -> None:
        change = self.sqs.change_message_visibility
        self.send("request_queue", "job")
        first = self.take(VisibilityTimeout=1)["ReceiptHandle"]
        time.sleep(1.1)
        code = self.code(change, ReceiptHandle=first, VisibilityTimeout=30)
        self.assertEqual(code, "AWS.SimpleQueueService.MessageNotInflight")
        second = self.take()["ReceiptHandle"]
        self.assertEqual(self.code(change, ReceiptHandle=first, VisibilityTimeout=30), "InvalidParameterValue")
        change(QueueUrl=self.queue, ReceiptHandle=second, VisibilityTimeout=0)
        self.assertEqual(self.code(change, ReceiptHandle="nonsense", VisibilityTimeout=0), "ReceiptHandleIsInvalid")

    def test_a_message_received_too_often_goes_to_the_dead_letters(self) -> None:
        self.send("request_queue", '"poison"')
        for _ in range(2):
            receipt = self.take()["ReceiptHandle"]
            self.sqs.change_message_visibility(QueueUrl=self.queue, ReceiptHandle=receipt, VisibilityTimeout=0)
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=self.queue))
        self.assertEqual(self.receive("dead_letter_queue", 1), ["poison"])
        self.assertEqual(self.depth("request_queue"), 0)

    def test_bodies_are_measured_in_bytes_and_hold_only_allowed_characters(self) -> None:
        limit = 1024 * 1024
        self.sqs.send_message(QueueUrl=self.queue, MessageBody="x" * limit)
        code = self.code(self.sqs.send_message, MessageBody="가" * (limit // 3 + 1))
        self.assertEqual(code, "InvalidParameterValue")
        self.assertEqual(self.code(self.sqs.send_message, MessageBody="\x00"), "InvalidMessageContents")

    def test_attributes_are_those_of_the_queue(self) -> None:
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])["Attributes"]
        self.assertEqual(attributes["VisibilityTimeout"], "30")
        self.assertIn('"maxReceiveCount": 2', attributes["RedrivePolicy"])


if __name__ == "__main__":
    unittest.main()
