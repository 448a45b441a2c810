"""Creates the stack of template.yaml in the stand-in for AWS."""

from __future__ import annotations

import io
import json
import zipfile
from collections import ChainMap
from typing import Any, Callable, Mapping

from servers.account import ACCOUNT, REGION
from servers.stack import gaps
from servers.stack.intrinsics import Resolver, Unresolved
from servers.stack.template import CODE_BUCKET, translated, values

# Made by others here: moto would look for containers.
_MADE_ELSEWHERE = {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"}
_ZONES = [f"{REGION}a", f"{REGION}b", f"{REGION}c"]
Properties = dict[str, Any]


class Stack:
    """One stack: its template as it was created, and what became of it."""

    def __init__(self, name: str, client: Callable[[str], Any], parameters: Mapping[str, str]) -> None:
        """Creates it. The gaps that nothing runs on are filled by `fill_watching`."""
        self.name = name
        self._client = client
        self._template = translated(parameters)
        self._parameters = values(parameters)
        self._ids: dict[str, str] = {}
        self._resolver = self._new_resolver()
        self._create()
        self._fill()

    def id(self, resource: str) -> str:
        """What `Ref` gives: a URL, a name or an ARN."""
        if resource not in self._ids:
            raise Unresolved(f"{resource} is not in the stack")
        return self._ids[resource]

    def properties(self, resource: str) -> Properties:
        """The properties of a resource, resolved."""
        found: Properties = self._resolver.resolve(self._template["Resources"][resource].get("Properties", {}))
        return found

    def of_type(self, kind: str) -> list[str]:
        """The resources of a type whose conditions hold."""
        return [name for name, said in self._template["Resources"].items() if said["Type"] == kind and self._made(said)]

    def environment(self, function: str) -> dict[str, str]:
        """The variables of a function, as CloudFormation has given them to Lambda."""
        configured = self._client("lambda").get_function_configuration(FunctionName=self.id(function))
        return {name: str(value) for name, value in configured["Environment"]["Variables"].items()}

    def feeds(self, queue_url: str, function: str) -> bool:
        """Whether the template has an event source from a queue to a function, with answers for each message."""
        sources = map(self.properties, self.of_type("AWS::Lambda::EventSourceMapping"))
        return any(
            source["EventSourceArn"].endswith(f":{queue_url.rsplit('/', 1)[-1]}")
            and source["FunctionName"] == self.id(function)
            and source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            for source in sources
        )

    def credentials(self, role: str) -> dict[str, str]:
        """Credentials of a role of the stack."""
        arn = f"arn:aws:iam::{ACCOUNT}:role/{self.id(role)}"
        given = self._client("sts").assume_role(RoleArn=arn, RoleSessionName=role)["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    def fill_watching(self) -> None:
        """Scaling and alarms: nothing here evaluates them, but what AWS's own description refuses is refused here."""
        scaling, cloudwatch = self._client("application-autoscaling"), self._client("cloudwatch")
        for name in self.of_type("AWS::ApplicationAutoScaling::ScalableTarget"):
            self._ids[name] = name
            gaps.fill_scaling_target(scaling, self.properties(name))
        for name in self.of_type("AWS::ApplicationAutoScaling::ScalingPolicy"):
            said = self.properties(name)
            self._ids[name] = gaps.fill_scaling_policy(scaling, self.properties(said["ScalingTargetId"]), said)
        for name in self.of_type("AWS::CloudWatch::Alarm"):
            gaps.fill_alarm(cloudwatch, self.properties(name))

    def _create(self) -> None:
        _upload_code(self._client("s3"))
        resources = self._template["Resources"]
        made = {name: said for name, said in resources.items() if said["Type"] not in _MADE_ELSEWHERE}
        body = {**self._template, "Resources": made, "Outputs": {}}
        body.pop("Rules", None)
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in self._parameters.items()]
        formation = self._client("cloudformation")
        formation.create_stack(
            StackName=self.name,
            TemplateBody=json.dumps(body),
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM"],
        )
        for page in formation.get_paginator("list_stack_resources").paginate(StackName=self.name):
            for one in page["StackResourceSummaries"]:
                self._ids[one["LogicalResourceId"]] = one.get("PhysicalResourceId") or one["LogicalResourceId"]
        # The API is ours, `gateway.py`: moto makes none.
        for name in self.of_type("AWS::ApiGatewayV2::Api"):
            self._ids.setdefault(name, name)

    def _fill(self) -> None:
        sqs, iam = self._client("sqs"), self._client("iam")
        for name in self.of_type("AWS::S3::Bucket"):
            gaps.fill_bucket(self._client("s3"), self.id(name), self.properties(name))
        for name in self.of_type("AWS::SQS::QueuePolicy"):
            gaps.fill_queue_policy(sqs, self.properties(name))
        for name in self.of_type("AWS::IAM::Role"):
            gaps.fill_role(iam, self.id(name), self.properties(name))

    def _made(self, said: Properties) -> bool:
        return "Condition" not in said or self._resolver.holds(said["Condition"])

    def _new_resolver(self) -> Resolver:
        kinds = self._template["Parameters"]
        lists = {name for name, said in kinds.items() if said["Type"] == "CommaDelimitedList"}
        given = {name: value.split(",") if name in lists else value for name, value in self._parameters.items()}
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return Resolver(ChainMap(self._ids, pseudo, given), self._attribute, self._template["Conditions"], _ZONES)

    def _attribute(self, resource: str, attribute: str) -> str:
        kind, identity = self._template["Resources"][resource]["Type"], self.id(resource)
        last = identity.rsplit("/", 1)[-1]
        known = {
            ("AWS::SQS::Queue", "Arn"): f"arn:aws:sqs:{REGION}:{ACCOUNT}:{last}",
            ("AWS::SQS::Queue", "QueueName"): last,
            ("AWS::S3::Bucket", "Arn"): f"arn:aws:s3:::{identity}",
            ("AWS::IAM::Role", "Arn"): f"arn:aws:iam::{ACCOUNT}:role/{last}",
            ("AWS::ECS::Cluster", "Arn"): f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{last}",
            ("AWS::ECS::Service", "Name"): last,
            ("AWS::ECR::Repository", "Arn"): f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{identity}",
            ("AWS::ECR::Repository", "RepositoryUri"): f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{identity}",
            ("AWS::Logs::LogGroup", "Arn"): f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{identity}:*",
            ("AWS::Events::Rule", "Arn"): f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{last}",
            ("AWS::Lambda::Function", "Arn"): f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{last}",
            ("AWS::EC2::SecurityGroup", "GroupId"): identity,
        }
        if (kind, attribute) not in known:
            raise Unresolved(f"{resource}.{attribute}: no such attribute of {kind} here")
        return known[kind, attribute]


def _upload_code(s3: Any) -> None:
    """An archive that stands for every function's and the model's."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("bootstrap", b"")
    location = {"LocationConstraint": REGION}
    try:
        s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration=location)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return
    s3.put_object(Bucket=CODE_BUCKET, Key="code.zip", Body=archive.getvalue())
