"""S3 events as the stand-in sends them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from servers.checks.cloud import CloudCase, aws


class Events(CloudCase):
    """From an object to the queue behind the notification."""

    def setUp(self) -> None:
        super().setUp()
        first = self.receive("features_queue", 1)
        self.assertEqual((first[0]["Event"], first[0]["Bucket"]), ("s3:TestEvent", self.space["bucket"]))

    def put(self, key: str) -> None:
        """Writes a small object."""
        aws("s3").put_object(Bucket=self.space["bucket"], Key=key, Body=b"{}")

    def test_an_event_has_what_aws_sends(self) -> None:
        key = "results/태스크 1+1=2%/features.json"
        self.put("results/1/graph.json")
        self.put("elsewhere/features.json")
        self.put(key)
        (event,) = self.receive("features_queue", 1)
        (record,) = event["Records"]
        written = record["s3"]["object"]
        self.assertEqual(unquote_plus(written["key"]), key)
        self.assertTrue(written["key"].startswith("results/"), "a slash is not escaped")
        self.assertIn("+1%2B1%3D2%25/", written["key"])
        self.assertEqual(record["eventName"], "ObjectCreated:Put")
        self.assertEqual(record["s3"]["bucket"]["name"], self.space["bucket"])
        self.assertLessEqual({"userIdentity", "requestParameters", "responseElements"}, record.keys())
        self.assertLessEqual({"size", "eTag", "sequencer"}, written.keys())

    def test_later_events_have_larger_sequencers(self) -> None:
        for _ in range(5):
            self.put("results/1/features.json")
        events = self.receive("features_queue", 5)
        sequencers = [event["Records"][0]["s3"]["object"]["sequencer"] for event in events]
        self.assertEqual(len(set(sequencers)), 5)
        self.assertEqual({len(sequencer) for sequencer in sequencers}, {18})

    def test_a_multipart_upload_is_one_event(self) -> None:
        s3, where = aws("s3"), {"Bucket": self.space["bucket"], "Key": "results/2/features.json"}
        upload = s3.create_multipart_upload(**where)["UploadId"]
        part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"{}")
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)
        (event,) = self.receive("features_queue", 1)
        self.assertEqual(event["Records"][0]["eventName"], "ObjectCreated:CompleteMultipartUpload")
        self.assertEqual(self.depth("features_queue"), 0)


class Uploads(CloudCase):
    """What clients send in parts."""

    def test_an_unknown_upload_is_said_to_be_unknown(self) -> None:
        parts = {"Parts": [{"PartNumber": 1, "ETag": '"0"'}]}
        where = {"Bucket": self.space["bucket"], "Key": "uploads/u/1/export", "UploadId": "unknown"}
        with self.assertRaises(ClientError) as caught:
            aws("s3").complete_multipart_upload(**where, MultipartUpload=parts)
        self.assertEqual(caught.exception.response["Error"]["Code"], "NoSuchUpload")


class ConditionalWrites(CloudCase):
    """What a job's record rests on."""

    def write(self, key: str, **condition: str) -> str:
        """Writes on a condition; gives the error code, or nothing."""
        try:
            aws("s3").put_object(Bucket=self.space["bucket"], Key=key, Body=b"x" * 50_000, **condition)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    def test_one_of_twelve_wins(self) -> None:
        put = aws("s3").put_object
        with ThreadPoolExecutor(12) as pool:
            for round_ in range(10):
                key = f"jobs/{round_}.json"
                made = list(pool.map(lambda _, key=key: self.write(key, IfNoneMatch="*"), range(12)))
                self.assertEqual(sorted(made), [""] + ["PreconditionFailed"] * 11)
                etag = put(Bucket=self.space["bucket"], Key=key, Body=str(round_).encode())["ETag"]
                changed = list(pool.map(lambda _, key=key, etag=etag: self.write(key, IfMatch=etag), range(12)))
                self.assertEqual(sorted(changed), [""] + ["PreconditionFailed"] * 11)

    def test_a_condition_on_what_is_not_there_fails(self) -> None:
        self.assertEqual(self.write("jobs/none.json", IfMatch='"0"'), "NoSuchKey")
