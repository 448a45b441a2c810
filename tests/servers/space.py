"""What one test has for itself: bucket, queues, rule, cluster, wired as the template wires them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Callable, Mapping, Sequence

from servers.account import LOCAL_IMAGE, queue_arn

# The container that RunTask's overrides name.
CONTAINER = "graphnode-task"


@dataclass(frozen=True)
class SpaceSettings:
    """What differs between tests."""

    name: str
    visibility_timeout: int = 30
    max_receive_count: int = 3


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

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._s3, self._sqs, self._ecs, self._events = map(client, ("s3", "sqs", "ecs", "events"))
        ec2 = client("ec2")
        self.subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        self._group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]

    def build(self, settings: SpaceSettings) -> Space:
        """Creates everything but functions and the task's program."""
        name = settings.name
        dead_letters = self._queue(f"{name}-requests-dead", settings.visibility_timeout)
        features_dead_letters = self._queue(f"{name}-features-dead", settings.visibility_timeout)
        space = Space(
            name=name,
            bucket=f"{name}-payloads",
            request_queue=self._queue(f"{name}-requests", settings.visibility_timeout, dead_letters, settings),
            dead_letter_queue=dead_letters,
            result_queue=self._queue(f"{name}-results", 30),
            features_queue=self._queue(
                f"{name}-features", settings.visibility_timeout, features_dead_letters, settings
            ),
            features_dead_letter_queue=features_dead_letters,
            task_event_queue=self._queue(f"{name}-task-events", settings.visibility_timeout),
            cluster=f"{name}-cluster",
            task_definition=f"{name}-task",
            container=CONTAINER,
            subnet=self.subnet,
            security_group=self._group,
            collection=f"{name}-nodes",
        )
        self._bucket(space)
        self._cluster(space)
        return space

    def define_task(self, space: Space, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Registers the task definition: RunTask then starts `command`."""
        self._ecs.register_task_definition(
            family=space.task_definition,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="1024",
            memory="2048",
            containerDefinitions=[
                {
                    "name": space.container,
                    "image": LOCAL_IMAGE,
                    "essential": True,
                    "entryPoint": list(command),
                    "environment": [{"name": name, "value": value} for name, value in environment.items()],
                    "stopTimeout": 10,
                }
            ],
        )

    def _queue(self, name: str, visibility: int, dead_letters: str = "", settings: Any = None) -> str:
        attributes = {"VisibilityTimeout": str(visibility)}
        if dead_letters:
            policy = {"deadLetterTargetArn": queue_arn(dead_letters), "maxReceiveCount": settings.max_receive_count}
            attributes["RedrivePolicy"] = json.dumps(policy)
        return str(self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def _bucket(self, space: Space) -> None:
        location = {"LocationConstraint": self._s3.meta.region_name}
        self._s3.create_bucket(Bucket=space.bucket, CreateBucketConfiguration=location)
        rules = [{"Name": "prefix", "Value": "results/"}, {"Name": "suffix", "Value": "features.json"}]
        notification = {
            "Id": "features",
            "QueueArn": queue_arn(space.features_queue),
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": rules}},
        }
        self._s3.put_bucket_notification_configuration(
            Bucket=space.bucket, NotificationConfiguration={"QueueConfigurations": [notification]}
        )

    def _cluster(self, space: Space) -> None:
        providers = ["FARGATE", "FARGATE_SPOT"]
        cluster = self._ecs.create_cluster(clusterName=space.cluster, capacityProviders=providers)
        pattern = {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {"clusterArn": [cluster["cluster"]["clusterArn"]], "lastStatus": ["STOPPED"]},
        }
        rule = f"{space.name}-task-stopped"
        self._events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        target = {"Id": "worker", "Arn": queue_arn(space.task_event_queue)}
        self._events.put_targets(Rule=rule, Targets=[target])


def as_dictionary(space: Space) -> dict[str, str]:
    """The space as the control API gives it."""
    return asdict(space)
