"""The stand-in is restarted: nobody is answered, and nothing is forgotten."""

from __future__ import annotations

import threading
import time
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import BotoCoreError

from servers.account import REGION, client
from servers.checks.cloud import post
from servers.start import start_aws


class Restart(unittest.TestCase):
    """A stand-in of its own, as the others share theirs."""

    def test_what_is_under_way_is_cut_off_and_what_was_written_stays(self) -> None:
        with TemporaryDirectory() as folder:
            server, url = start_aws(Path(folder))
            self.addCleanup(server.stop)
            server.wait_until_ready(f"{url}/moto-api/data.json")
            sqs, s3 = client("sqs", url, retries={"total_max_attempts": 1}), client("s3", url)
            queue = sqs.create_queue(QueueName="a")["QueueUrl"]
            s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
            s3.put_object(Bucket="bucket", Key="k", Body=b"kept")
            failures: list[BotoCoreError] = []

            def wait_for_a_message() -> None:
                try:
                    sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)
                except BotoCoreError as error:
                    failures.append(error)

            receiver = threading.Thread(target=wait_for_a_message)
            receiver.start()
            time.sleep(0.5)
            begun = time.monotonic()
            status, _, _ = post(f"{url}/stand-in/restarts", {"seconds": 1})
            self.assertEqual(status, 200)
            self.assertGreater(time.monotonic() - begun, 1.0)
            receiver.join(5.0)
            self.assertEqual(len(failures), 1)
            self.assertEqual(s3.get_object(Bucket="bucket", Key="k")["Body"].read(), b"kept")
            sqs.send_message(QueueUrl=queue, MessageBody="after")
            self.assertEqual(len(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2).get("Messages", [])), 1)


if __name__ == "__main__":
    unittest.main()
