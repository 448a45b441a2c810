"""S3: conditional writes that hold when they race, uploads that are said to be unknown, and events as AWS writes them.

moto compares an object's ETag and writes the object in two steps, between which another writer fits. Asked to complete
an upload that it does not have, it fails with 500.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html. moto leaves out who did it
and in which order, escapes `/` in keys, and announces a multipart upload twice.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from typing import Any
from urllib.parse import quote_plus

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.s3 import notifications
from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

_COUNTER = itertools.count()


def sequencer() -> str:
    """A hexadecimal string, larger for every later event."""
    return f"{time.time_ns() // 1000:014X}{next(_COUNTER) % 0x10000:04X}"


def event(event_name: str, bucket: Any, key: Any, notification: str) -> dict[str, Any]:
    """The notification's body."""
    written = {
        "key": quote_plus(key.name, safe="/"),
        "size": key.size,
        "eTag": key.etag.strip('"'),
        "sequencer": sequencer(),
    }
    if bucket.is_versioned:
        written["versionId"] = key.version_id
    owner = {"principalId": "A3NL1KOZZKExample"}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": iso_8601_datetime_with_milliseconds(),
        "eventName": event_name.removeprefix("s3:"),
        "userIdentity": {"principalId": "AWS:AIDAJDPLRKLG7UEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": secrets.token_hex(8).upper(),
            "x-amz-id-2": secrets.token_urlsafe(48),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": notification,
            "bucket": {"name": bucket.name, "ownerIdentity": owner, "arn": bucket.arn},
            "object": written,
        },
    }
    return {"Records": [record]}


def install() -> None:
    """Changes moto."""
    original = notifications.send_event
    writing = threading.RLock()

    def alone(method: Any) -> Any:
        def write(response: S3Response) -> Any:
            with writing:
                return method(response)

        return write

    complete = S3Backend.complete_multipart_upload

    def complete_known(backend: S3Backend, bucket_name: str, multipart_id: str, body: Any) -> Any:
        if multipart_id not in backend.get_bucket(bucket_name).multiparts:
            raise NoSuchUpload(upload_id=multipart_id)
        return complete(backend, bucket_name, multipart_id, body)

    S3Backend.complete_multipart_upload = complete_known
    S3Response.put_object = alone(S3Response.put_object)
    S3Response.delete_object = alone(S3Response.delete_object)

    def send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
        put = notifications.S3NotificationEvent.OBJECT_CREATED_PUT_EVENT
        if event_name == put and getattr(key, "multipart", None) is not None:
            return
        original(account_id, event_name, bucket, key)

    notifications._get_s3_event = event
    notifications.send_event = send_event
