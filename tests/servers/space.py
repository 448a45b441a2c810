"""What one test has for itself: a stack of template.yaml, with names of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Callable, Mapping, Sequence

from servers.account import LOCAL_IMAGE
from servers.stack.deploy import Stack
from servers.stack.gaps import task_definition

# The container that RunTask's overrides name.
CONTAINER = "graphnode-ai"
# Seconds a task of a test has after SIGTERM; the template's two minutes are too long to wait for.
STOP_SECONDS = 10
# The queues that functions poll: what the template lets them wait for half an hour, tests cannot.
_POLLED = ("RequestQueue", "DeadLetterQueue", "FeaturesQueue", "FeaturesDeadLetterQueue", "TaskEventsQueue")


@dataclass(frozen=True)
class SpaceSettings:
    """What differs between tests."""

    name: str
    visibility_timeout: int = 30
    max_receive_count: int = 3


@dataclass(frozen=True)
class Chroma:
    """Where vectors are, and what opens it."""

    url: str
    token: str


@dataclass(frozen=True)
class Space:
    """Names and addresses, as functions are told them."""

    name: str
    bucket: str
    request_queue: str
    dead_letter_queue: str
    result_queue: str
    features_queue: str
    features_dead_letter_queue: str
    task_event_queue: str
    cluster: str
    task_definition: str
    container: str
    subnet: str
    security_group: str
    collection: str


class Builder:
    """Makes spaces with the clients of the AWS stand-in."""

    def __init__(self, client: Callable[[str], Any], chroma: Chroma) -> None:
        self._client = client
        self._chroma = chroma
        subnet = client("ec2").describe_subnets()["Subnets"][0]
        self.subnet, self._network = subnet["SubnetId"], subnet["VpcId"]

    def build(self, settings: SpaceSettings) -> tuple[Space, Stack]:
        """Creates everything but functions and the task's program."""
        stack = Stack(settings.name, self._client, self._parameters(settings.name))
        self._quicken(stack, settings)
        space = Space(
            name=settings.name,
            bucket=stack.id("PayloadBucket"),
            request_queue=stack.id("RequestQueue"),
            dead_letter_queue=stack.id("DeadLetterQueue"),
            result_queue=stack.id("ResultQueue"),
            features_queue=stack.id("FeaturesQueue"),
            features_dead_letter_queue=stack.id("FeaturesDeadLetterQueue"),
            task_event_queue=stack.id("TaskEventsQueue"),
            cluster=stack.id("Cluster"),
            task_definition=str(stack.properties("TaskDefinition")["Family"]),
            container=CONTAINER,
            subnet=self.subnet,
            security_group=stack.id("TaskSecurityGroup"),
            collection=collection_of(settings.name),
        )
        return space, stack

    def define_task(self, stack: Stack, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Registers the template's task definition once more, whole: RunTask then starts `command` as its container."""
        definition = task_definition(stack.properties("TaskDefinition"))
        container = definition["containerDefinitions"][0]
        told = {one["name"]: one["value"] for one in container["environment"]} | dict(environment)
        container["environment"] = [{"name": name, "value": value} for name, value in told.items()]
        container |= {"image": LOCAL_IMAGE, "entryPoint": list(command), "stopTimeout": STOP_SECONDS}
        self._client("ecs").register_task_definition(**definition)

    def _parameters(self, name: str) -> dict[str, str]:
        key = {"apiKey": self._chroma.token, "tenant": "default_tenant", "database": "default_database"}
        secrets = self._client("secretsmanager")
        secret = secrets.create_secret(Name=f"{name}/chroma", SecretString=json.dumps(key))
        return {
            "JwtIssuer": "https://login.example.org/",
            "JwtAudience": "graphnode",
            "ChromaUrl": self._chroma.url,
            "ChromaSecretArn": secret["ARN"],
            "ChromaCollection": collection_of(name),
            "BucketPrefix": name,
            "RepositoryName": f"{name}/graphnode-ai",
            "ClusterName": f"{name}-cluster",
            "HighDepthAlarmName": f"{name}-high-depth",
            "VpcId": self._network,
            "PrivateSubnetIds": self.subnet,
            # The stand-in has no Spot capacity but where a test takes it away.
            "TaskCapacity": "FARGATE:1",
        }

    def _quicken(self, stack: Stack, settings: SpaceSettings) -> None:
        sqs = self._client("sqs")
        for queue in _POLLED:
            attributes = {"VisibilityTimeout": str(settings.visibility_timeout)}
            redrive = stack.properties(queue).get("RedrivePolicy")
            if redrive:
                attributes["RedrivePolicy"] = json.dumps({**redrive, "maxReceiveCount": settings.max_receive_count})
            sqs.set_queue_attributes(QueueUrl=stack.id(queue), Attributes=attributes)


def collection_of(name: str) -> str:
    """The collection of a space."""
    return f"{name}-nodes"


def as_dictionary(space: Space) -> dict[str, str]:
    """The space as the control API gives it."""
    return asdict(space)
