"""What moto's CloudFormation leaves out or loses, made by API calls that read the same template."""

from __future__ import annotations

import json
from typing import Any

Properties = dict[str, Any]


def lowered(value: Any, kept: frozenset[str] = frozenset()) -> Any:
    """Names as the APIs of ECS write them: with a small first letter, but for what stands within `kept`."""
    if isinstance(value, list):
        return [lowered(one, kept) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name[0].lower() + name[1:]: one if name in kept else lowered(one, kept) for name, one in value.items()
    }


def fill_bucket(s3: Any, bucket: str, properties: Properties) -> None:
    """Notifications, lifecycle, CORS and access of a bucket."""
    found = properties.get("NotificationConfiguration", {}).get("QueueConfigurations", [])
    queues = [
        {
            "QueueArn": one["Queue"],
            "Events": [one["Event"]],
            "Filter": {"Key": {"FilterRules": one["Filter"]["S3Key"]["Rules"]}},
        }
        for one in found
    ]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": queues}
    )
    rules = [_lifecycle_rule(one) for one in properties["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    s3.put_bucket_cors(
        Bucket=bucket, CORSConfiguration={"CORSRules": [_cors_rule(one) for one in properties["CorsConfiguration"]["CorsRules"]]}
    )
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"]
    )


def _lifecycle_rule(rule: Properties) -> Properties:
    made = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "AbortIncompleteMultipartUpload" in rule:
        made["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return made


def _cors_rule(rule: Properties) -> Properties:
    names = {"Id": "ID", "ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}
    return {names.get(name, name): value for name, value in rule.items()}


def fill_queue_policy(sqs: Any, properties: Properties) -> None:
    """Who else may send to queues."""
    for url in properties["Queues"]:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(properties["PolicyDocument"])})


def fill_role(iam: Any, role: str, properties: Properties) -> None:
    """Inline policies as text: moto keeps what a template says as it came, and cannot read it."""
    for policy in properties.get("Policies", []):
        document = json.dumps(policy["PolicyDocument"])
        iam.put_role_policy(RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=document)


def task_definition(properties: Properties) -> Properties:
    """The whole of a task definition, of which moto's CloudFormation loses half."""
    return lowered(properties, frozenset({"Options"})) | {
        "containerDefinitions": [_container(one) for one in properties["ContainerDefinitions"]]
    }


def _container(properties: Properties) -> Properties:
    made: Properties = lowered(properties, frozenset({"Options"}))
    made["logConfiguration"]["options"] = properties["LogConfiguration"]["Options"]
    return made


def fill_alarm(cloudwatch: Any, properties: Properties) -> None:
    """An alarm."""
    # A parameter's number is text.
    cloudwatch.put_metric_alarm(**{**properties, "Threshold": float(properties["Threshold"])})


def fill_scaling_target(scaling: Any, properties: Properties) -> None:
    """What is scaled."""
    scaling.register_scalable_target(
        **{**properties, "MinCapacity": int(properties["MinCapacity"]), "MaxCapacity": int(properties["MaxCapacity"])}
    )


def fill_scaling_policy(scaling: Any, target: Properties, properties: Properties) -> str:
    """How it is scaled; the policy's ARN."""
    given = {name: value for name, value in properties.items() if name != "ScalingTargetId"}
    steps = given["StepScalingPolicyConfiguration"]["StepAdjustments"]
    numbers = [
        {name: int(value) if name == "ScalingAdjustment" else float(value) for name, value in step.items()} for step in steps
    ]
    given["StepScalingPolicyConfiguration"] = {**given["StepScalingPolicyConfiguration"], "StepAdjustments": numbers}
    place = {name: target[name] for name in ("ServiceNamespace", "ScalableDimension", "ResourceId")}
    return str(scaling.put_scaling_policy(**given, **place)["PolicyARN"])
