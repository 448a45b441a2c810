"""The fictitious account everything belongs to."""

from __future__ import annotations

from typing import Any

REGION = "ap-northeast-2"
ACCOUNT = "123456789012"
# The image of ECS containers whose `entryPoint` and `command` are a program of this machine.
LOCAL_IMAGE = "local/process"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


def client(service: str, endpoint: str, **settings: Any) -> Any:
    """A boto3 client of `service` that talks to `endpoint`, with further `settings` of its Config; safe to share between threads."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(max_pool_connections=64, s3={"addressing_style": "path"}, **settings),
    )


def queue_arn(queue_url: str) -> str:
    """The ARN of the queue behind a URL."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue_url.rsplit('/', 1)[-1]}"
