"""Lambda and its event source mapping."""

from __future__ import annotations

import sys
import time
import unittest

from servers.checks.cloud import CloudCase, post
from servers.environment import Outcome
from servers.event_source import handled


class Invocations(CloudCase):
    """What Invoke answers."""

    def test_an_event_comes_back(self) -> None:
        status, answer, headers = self.invoke(self.function(), {"an": "이벤트"})
        self.assertEqual((status, answer), (200, {"an": "이벤트"}))
        self.assertNotIn("X-Amz-Function-Error", headers)

    def test_failures_are_named(self) -> None:
        function = self.function(timeout=2)
        expected = {"raise": "ValueError", "exit": "Runtime.ExitError", "sleep": "Sandbox.Timedout"}
        for asked, kind in expected.items():
            body = f'{{"do": "{asked}", "seconds": 30}}'
            record = {"messageId": "1", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
            status, answer, headers = self.invoke(function, {"Records": [record]})
            self.assertEqual((status, answer["errorType"]), (200, kind))
            self.assertEqual(headers["X-Amz-Function-Error"], "Unhandled")
        self.assertEqual(self.invoke(function, {"still": "alive"})[1], {"still": "alive"})

    def test_a_program_that_cannot_start_fails_the_invocation(self) -> None:
        function = self.function(name="search", command=[sys.executable, "-c", "raise SystemExit(7)"])
        self.assertEqual(self.invoke(function, {})[1]["errorMessage"], "Runtime exited with error: exit status 7")

    def test_an_unknown_function_is_not_found(self) -> None:
        self.assertEqual(self.invoke("nobody", {})[0], 404)


class Mappings(CloudCase):
    """From a queue to a function and what becomes of the messages."""

    settings = {"visibility_timeout": 2, "max_receive_count": 2}

    def test_messages_reach_the_function_and_are_deleted(self) -> None:
        self.map("request_queue", self.function(timeout=2, concurrency=4), batch_size=10, concurrency=4)
        self.send("request_queue", *({"do": "forward", "number": number} for number in range(60)))
        results = self.receive("result_queue", 60)
        self.assertEqual(sorted(result["number"] for result in results), list(range(60)))
        self.assertEqual(self.depth("request_queue"), 0)

    def test_only_the_failed_message_of_a_batch_comes_again_and_ends_as_dead_letter(self) -> None:
        self.send("request_queue", {"do": "fail"}, *({"do": "forward", "number": number} for number in range(5)))
        self.map("request_queue", self.function(timeout=2), batch_size=10, concurrency=1)
        results = self.receive("result_queue", 5)
        self.assertEqual([result["receiveCount"] for result in results], [1] * 5)
        self.assertEqual(self.receive("dead_letter_queue", 1), [{"do": "fail"}])
        self.assertEqual((self.depth("request_queue"), self.depth("result_queue")), (0, 0))

    def test_a_function_that_dies_gets_the_message_again(self) -> None:
        self.map("request_queue", self.function(timeout=2))
        self.send("request_queue", {"do": "exit"}, {"do": "forward", "number": 1})
        self.assertEqual(self.receive("result_queue", 1)[0]["number"], 1)
        self.assertEqual(self.receive("dead_letter_queue", 1), [{"do": "exit"}])

    def test_visibility_shorter_than_the_timeout_is_refused(self) -> None:
        body = {"queue_url": self.space["request_queue"], "function": self.function(timeout=3)}
        status, answer, _ = post(f"{self.control}/spaces/{self.name}/mappings", body)
        self.assertEqual(status, 400)
        self.assertIn("less than Function timeout", answer["error"])

    def test_removing_the_space_ends_the_polling(self) -> None:
        self.map("request_queue", self.function(timeout=2))
        self.remove()
        time.sleep(1.5)
        self.send("request_queue", {"do": "forward"})
        time.sleep(1.0)
        self.assertEqual(self.depth("request_queue"), 1)


class PartialBatchResponses(unittest.TestCase):
    """What counts as dealt with: the table of AWS's documentation."""

    messages = [{"MessageId": "a"}, {"MessageId": "b"}]

    def done(self, payload: bytes, failed: bool = False) -> list[str]:
        """The ids that would be deleted."""
        return [message["MessageId"] for message in handled(self.messages, Outcome(payload, failed), True)]

    def test_nothing_named_is_success(self) -> None:
        for payload in (b'{"batchItemFailures": []}', b'{"batchItemFailures": null}', b"{}", b"null", b""):
            self.assertEqual(self.done(payload), ["a", "b"], payload)

    def test_a_named_message_stays(self) -> None:
        self.assertEqual(self.done(b'{"batchItemFailures": [{"itemIdentifier": "a"}]}'), ["b"])

    def test_what_cannot_be_understood_fails_the_batch(self) -> None:
        for item in ('{"itemIdentifier": ""}', '{"itemIdentifier": null}', '{"other": "a"}', '{"itemIdentifier": "c"}'):
            self.assertEqual(self.done(f'{{"batchItemFailures": [{item}]}}'.encode()), [], item)
        self.assertEqual(self.done(b"no JSON"), [])
        self.assertEqual(self.done(b"{}", failed=True), [])
