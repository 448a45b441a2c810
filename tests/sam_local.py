"""Invokes each function once as `sam local invoke` does: in a container, with the model's layer, on sample events.

usage: python sam_local.py

Needs `sam build` before, a container engine with Lambda's image, and tests/servers/requirements.txt. S3, SQS and Secrets
Manager are moto in front of the containers: it listens where a network of their own reaches this machine. What answers are
is checked by tests/end_to_end/events.rs on many more events; here it is whether what was built runs where it will.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Iterator

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / ".aws-sam/build/template.yaml"
BUCKET = "graphnode-payloads-123456789012"
REGION = "ap-northeast-2"
IMAGE = "public.ecr.aws/lambda/provided:al2023-rapid-x86_64"
# A cold start in a container on a busy machine.
SECONDS = 180
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


def docker(*arguments: str) -> str:
    """What docker says."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def network() -> Iterator[tuple[str, str]]:
    """A network for the containers: its name, and the address of this machine in it."""
    name = f"graphnode-{os.getpid()}"
    docker("network", "create", name)
    try:
        yield name, docker("network", "inspect", name, "--format", "{{(index .IPAM.Config 0).Gateway}}")
    finally:
        docker("network", "rm", name)


@contextlib.contextmanager
def moto(address: str, log: Path) -> Iterator[str]:
    """moto, and its URL."""
    sys.path.insert(0, str(ROOT / "tests"))
    from servers.processes import free_port

    url = f"http://{address}:{free_port()}"
    command = [sys.executable, "-m", "moto.server", "-H", address, "-p", url.rsplit(":", 1)[1]]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            wait_for(f"{url}/moto-api/data.json")
            yield url
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    """Returns when something answers there."""
    for _ in range(120):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).read()
            return
        time.sleep(0.25)
    raise SystemExit(f"{url} does not answer")


def told(url: str) -> dict[str, str]:
    """Buckets, queues and a secret in moto, and the variables that name them."""
    from servers.account import client

    s3, sqs, secrets = (client(service, url) for service in ("s3", "sqs", "secretsmanager"))
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for task in ("task-0002", "task-0010"):
        s3.put_object(Bucket=BUCKET, Key=f"graph-generation/{task}/input.json", Body=export())
    s3.put_object(Bucket=BUCKET, Key="uploads/auth0-5f7c8ec7/notes.json", Body=b'{"source_nodes": []}')
    secret = secrets.create_secret(Name="graphnode/chroma", SecretString='{"apiKey": "ck-EXAMPLE"}')["ARN"]
    return {
        "AWS_ENDPOINT_URL": url,
        "GRAPHNODE_BUCKET": BUCKET,
        "GRAPHNODE_REQUEST_QUEUE_URL": sqs.create_queue(QueueName="requests")["QueueUrl"],
        "GRAPHNODE_RESULT_QUEUE_URL": sqs.create_queue(QueueName="results")["QueueUrl"],
        # Nobody listens there: none of these events comes as far as the vectors.
        "CHROMA_URL": f"{url.rsplit(':', 1)[0]}:9",
        "CHROMA_SECRET_ARN": secret,
        "GRAPHNODE_ECS_SUBNETS": "subnet-1",
        "GRAPHNODE_ECS_SECURITY_GROUPS": "sg-1",
    }


def export() -> bytes:
    """The sample's conversations."""
    return (ROOT / "examples/sample/conversations.json").read_bytes()


def declared() -> Path:
    """The built template with AWS_ENDPOINT_URL among the variables: sam hands over none that a template does not have."""
    text = BUILT.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.strip().startswith("GRAPHNODE_BUCKET:"))
    indent = line[: len(line) - len(line.lstrip())]
    changed = BUILT.with_name("template-local.yaml")
    changed.write_text(text.replace(line, f"{indent}AWS_ENDPOINT_URL: ''\n{line}", 1), encoding="utf-8")
    return changed


def invoke(function: str, event: str, template: Path, variables: Path, network_name: str) -> Any:
    """What the function answers."""
    command = ["sam", "local", "invoke", function, "--template", str(template), "--event", str(ROOT / "events" / event)]
    # The image by name: for a function with a layer sam would fetch another one to build upon.
    options = ["--skip-pull-image", "--invoke-image", IMAGE, "--docker-network", network_name, "--env-vars", str(variables)]
    environment = {**os.environ, **CREDENTIALS, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=environment, timeout=SECONDS, cwd=ROOT)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise SystemExit(f"{function}, {event}: exit code {done.returncode}\n{done.stderr[-4000:]}")
    return json.loads(lines[-1])


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as folder, network() as (name, address), moto(address, Path(folder) / "log") as url:
        template, variables = declared(), Path(folder) / "variables.json"
        variables.write_text(json.dumps({"Parameters": told(url)}), encoding="utf-8")
        call = lambda function, event: invoke(function, event, template, variables, name)
        expected = [
            ("WorkerFunction", "sqs-generation-bundle.json", lambda answer: answer == {"batchItemFailures": []}),
            ("IndexerFunction", "sqs-s3-test-event.json", lambda answer: answer == {"batchItemFailures": []}),
            ("ApiFunction", "http-health.json", lambda answer: answer["statusCode"] == 200),
            ("ApiFunction", "http-enqueue.json", lambda answer: answer["statusCode"] == 202),
            ("SearchFunction", "http-search.json", lambda answer: json.loads(answer["body"])["results"] == []),
        ]
        for function, event, right in expected:
            begun = time.monotonic()
            answer = call(function, event)
            print(f"{function} on {event}: {json.dumps(answer)[:160]} ({time.monotonic() - begun:.1f} s)")
            if not right(answer):
                raise SystemExit(f"{function} answers {event} otherwise than it should: {answer}")
        results(url)


def results(url: str) -> None:
    """The worker has built a graph, and the API has sent a message."""
    from servers.account import client

    keys = [one["Key"] for one in client("s3", url).list_objects_v2(Bucket=BUCKET, Prefix="results/")["Contents"]]
    if not any(key.endswith("task-0002/features.json") for key in keys):
        raise SystemExit(f"the worker left no features.json: {keys}")
    sqs = client("sqs", url)
    queue = sqs.get_queue_url(QueueName="requests")["QueueUrl"]
    waiting = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    if waiting["ApproximateNumberOfMessages"] != "1":
        raise SystemExit(f"the API sent {waiting['ApproximateNumberOfMessages']} messages instead of one")
    print(f"{len(keys)} results in the bucket, one message in the request queue")


if __name__ == "__main__":
    main()
