"""S3 events as the stand-in sends them."""

from __future__ import annotations

from urllib.parse import unquote_plus

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
