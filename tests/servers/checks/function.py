"""A function and task program for the checks. What it does with a message is what the message's body asks for.

| body | what happens |
|---|---|
| `{"do": "forward", …}` | the body goes to GRAPHNODE_RESULT_QUEUE_URL, with the receive count |
| `{"do": "fail"}` | this message is reported as failed |
| `{"do": "raise"}` | the invocation fails |
| `{"do": "exit"}` | the process ends |
| `{"do": "sleep", "seconds": N}` | it takes that long |
| anything else | the body goes to GRAPHNODE_RESULT_QUEUE_URL as `{"seen": body}` |

As a task (`python function.py task CODE SECONDS`) it sends its JOB to GRAPHNODE_RESULT_QUEUE_URL, waits and exits
with CODE; SIGTERM makes it send a goodbye and exit with 143.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.request
from typing import Any


def send(message: dict[str, Any]) -> None:
    """Sends a message to the result queue."""
    queue = os.environ["GRAPHNODE_RESULT_QUEUE_URL"]
    body = json.dumps({"QueueUrl": queue, "MessageBody": json.dumps(message, ensure_ascii=False)}).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.SendMessage",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=a/20260101/{os.environ['AWS_REGION']}/sqs/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], body, headers)).read()


def work(record: dict[str, Any]) -> bool:
    """Does what one message asks for; whether it went well."""
    try:
        asked = json.loads(record["body"])
    except ValueError:
        asked = {}
    what = asked.get("do") if isinstance(asked, dict) else None
    if what == "forward":
        send({**asked, "receiveCount": int(record["attributes"]["ApproximateReceiveCount"])})
    elif what == "raise":
        raise ValueError("asked to raise")
    elif what == "exit":
        os._exit(3)
    elif what == "sleep":
        time.sleep(asked["seconds"])
    elif what is None:
        send({"seen": record["body"]})
    return what != "fail"


def handle(event: dict[str, Any]) -> Any:
    """An SQS event's partial batch response; any other event as it is."""
    if "Records" not in event or "body" not in event["Records"][0]:
        return event
    failed = [record["messageId"] for record in event["Records"] if not work(record)]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def serve(api: str) -> None:
    """The loop of the Runtime API."""
    while True:
        with urllib.request.urlopen(f"{api}/next") as response:
            identity, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(response.read())
        try:
            how, answer = "response", handle(event)
        except Exception as error:  # noqa: BLE001 - reported as the Runtime API wants it
            how, answer = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        urllib.request.urlopen(f"{api}/{identity}/{how}", json.dumps(answer).encode()).read()


def task(code: int, seconds: float) -> None:
    """The program of an ECS task."""

    def goodbye(*_: Any) -> None:
        send({"job": os.environ.get("JOB"), "stopped": True})
        sys.exit(143)

    signal.signal(signal.SIGTERM, goodbye)
    send({"job": os.environ.get("JOB"), "size": os.environ.get("SIZE")})
    time.sleep(seconds)
    sys.exit(code)


if __name__ == "__main__":
    if sys.argv[1:2] == ["task"]:
        task(int(sys.argv[2]), float(sys.argv[3]))
    serve(f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation")
