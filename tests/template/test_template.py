"""What CloudFormation would be given, against what the wire contract, the functions and the other files say."""

from __future__ import annotations

import json
import re
import sys
import unittest
from pathlib import Path
from typing import Any, Iterator

from servers.stack.gaps import lowered
from servers.stack.template import source, translated, values

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benches"))
REQUIRED = {
    "JwtIssuer": "https://login.example.org/",
    "JwtAudience": "graphnode",
    "ChromaSecretArn": "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:graphnode/chroma-AbCdEf",
}
# What AWS gives no resource for, and the reason.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments": "X-Ray has no resources",
    "xray:PutTelemetryRecords": "X-Ray has no resources",
    "ecr:GetAuthorizationToken": "the sign-in is to the whole registry",
}
# Lambda sets them by itself, or a secret stands in their place.
NOT_OF_THE_TEMPLATE = {
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_LOG_LEVEL",
    "CHROMA_API_KEY",
    "CHROMA_TENANT",
    "CHROMA_DATABASE",
}
FUNCTIONS = ("Worker", "Indexer", "Api", "Search")


def names_in(value: Any) -> Iterator[str]:
    """Every resource or parameter that a value refers to."""
    if isinstance(value, list):
        for one in value:
            yield from names_in(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name == "Ref":
                yield one
            elif name == "Fn::GetAtt":
                yield one[0] if isinstance(one, list) else one.split(".")[0]
            elif name == "Fn::Sub":
                text = one if isinstance(one, str) else one[0]
                yield from (found.split(".")[0] for found in re.findall(r"\$\{([^}]+)\}", text))
            yield from names_in(one)


class TemplateCase(unittest.TestCase):
    """The template with its defaults."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = translated(REQUIRED)
        cls.resources: dict[str, dict[str, Any]] = cls.template["Resources"]
        cls.defaults = values(REQUIRED)

    def properties(self, name: str) -> dict[str, Any]:
        """The properties of a resource, unresolved."""
        found: dict[str, Any] = self.resources[name]["Properties"]
        return found

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type."""
        return {name: said["Properties"] for name, said in self.resources.items() if said["Type"] == kind}

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every statement of every policy, with the resource it stands in."""
        for name, role in self.of_type("AWS::IAM::Role").items():
            for policy in role["Policies"]:
                yield from ((name, one) for one in policy["PolicyDocument"]["Statement"])
        for kind in ("AWS::IAM::ManagedPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy"):
            for name, policy in self.of_type(kind).items():
                yield from ((name, one) for one in policy["PolicyDocument"]["Statement"])


class Names(TemplateCase):
    """Section 8 of the wire contract: names and numbers that other people's scripts rely on."""

    def test_the_names_are_the_defaults(self) -> None:
        expected = {
            "RepositoryName": "taco4/graphnode-ai",
            "ClusterName": "Taco4-AI-Cluster",
            "HighDepthAlarmName": "GraphNode-AI-SQS-High-Depth",
            "ChromaCollection": "graph_nodes_v1",
        }
        self.assertEqual({name: self.defaults[name] for name in expected}, expected)
        for resource, name, parameter in (
            ("Repository", "RepositoryName", "RepositoryName"),
            ("Cluster", "ClusterName", "ClusterName"),
            ("HighDepthAlarm", "AlarmName", "HighDepthAlarmName"),
        ):
            self.assertIn(parameter, names_in(self.properties(resource)[name]), resource)

    def test_one_waiting_job_in_one_minute_raises_the_alarm_that_scales(self) -> None:
        alarm = self.properties("HighDepthAlarm")
        numbers = {
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Namespace": "AWS/SQS",
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        self.assertEqual({name: alarm[name] for name in numbers}, numbers)
        self.assertEqual(alarm["Dimensions"][0]["Value"], {"Fn::GetAtt": ["RequestQueue", "QueueName"]})
        self.assertEqual(alarm["AlarmActions"], [{"Ref": "DrainScaleOut"}])

    def test_the_service_scales_as_the_simulation_does(self) -> None:
        import scaling

        policy = self.properties("DrainScaleOut")["StepScalingPolicyConfiguration"]
        steps = [
            (step["MetricIntervalLowerBound"], step.get("MetricIntervalUpperBound"), step["ScalingAdjustment"])
            for step in policy["StepAdjustments"]
        ]
        self.assertEqual(steps, scaling.SCALE_OUT)
        self.assertEqual((policy["AdjustmentType"], policy["Cooldown"]), ("ChangeInCapacity", scaling.PERIOD))
        target = self.properties("DrainTarget")
        self.assertEqual((target["MinCapacity"], target["MaxCapacity"]), ({"Ref": "ServiceMinimum"}, {"Ref": "ServiceMaximum"}))
        self.assertEqual((self.defaults["ServiceMinimum"], self.defaults["ServiceMaximum"]), ("0", "10"))
        self.assertEqual(int(self.defaults["ServiceMaximum"]), scaling.SERVICE_MOST)
        quiet = self.properties("DrainScaleIn")["StepScalingPolicyConfiguration"]
        self.assertEqual(quiet["AdjustmentType"], "ExactCapacity")
        self.assertEqual(quiet["StepAdjustments"][0]["ScalingAdjustment"], {"Ref": "ServiceMinimum"})
        self.assertEqual(self.properties("AllDoneAlarm")["EvaluationPeriods"], scaling.QUIET_MINUTES)

    def test_tasks_reach_https_and_nobody_reaches_them(self) -> None:
        group = self.properties("TaskSecurityGroup")
        self.assertEqual(group["SecurityGroupIngress"], [])
        (way,) = group["SecurityGroupEgress"]
        self.assertEqual((way["IpProtocol"], way["FromPort"], way["ToPort"]), ("tcp", 443, 443))
        network = self.properties("DrainService")["NetworkConfiguration"]["AwsvpcConfiguration"]
        self.assertEqual(network["AssignPublicIp"], "DISABLED")

    def test_the_task_is_the_one_of_the_file_for_deployments_without_cloudformation(self) -> None:
        file = json.loads((ROOT / "ecs/ai-task-definition.json").read_text(encoding="utf-8"))
        ours = self.properties("TaskDefinition")
        (theirs,), (container,) = file["containerDefinitions"], ours["ContainerDefinitions"]
        whole = ("cpu", "memory", "networkMode", "requiresCompatibilities", "volumes")
        self.assertEqual({name: file[name] for name in whole}, {name: lowered(ours)[name] for name in whole})
        self.assertEqual((file["cpu"], file["memory"]), ("1024", "2048"))
        same = ("name", "essential", "user", "readonlyRootFilesystem", "linuxParameters", "mountPoints", "stopTimeout", "healthCheck")
        self.assertEqual({name: theirs[name] for name in same}, {name: lowered(container)[name] for name in same})
        named = {one["Name"] for one in container["Environment"]}
        # The first is AWS's own where ECS starts the task; the others have defaults.
        optional = {"AWS_REGION", "GRAPHNODE_ENVIRONMENT", "GRAPHNODE_INPUT_BUCKETS", "GRAPHNODE_LEASE_SECONDS"}
        self.assertEqual({one["name"] for one in theirs["environment"]} - optional, named - optional)
        self.assertEqual([one["name"] for one in theirs["secrets"]], [one["Name"] for one in container["Secrets"]])


class Delivery(TemplateCase):
    """Times and counts that belong together."""

    def test_a_message_is_hidden_six_times_as_long_as_its_function_may_run(self) -> None:
        sources = self.of_type("AWS::Lambda::EventSourceMapping")
        self.assertEqual(len(sources), 4)
        for name, mapping in sources.items():
            queue = self.properties(mapping["EventSourceArn"]["Fn::GetAtt"][0])
            function = self.properties(mapping["FunctionName"]["Ref"])
            self.assertGreaterEqual(queue["VisibilityTimeout"], 6 * function["Timeout"], name)
            self.assertEqual((mapping["BatchSize"], mapping["FunctionResponseTypes"]), (1, ["ReportBatchItemFailures"]))

    def test_every_polled_queue_has_a_place_for_what_fails_for_good(self) -> None:
        polled = {source["EventSourceArn"]["Fn::GetAtt"][0] for source in self.of_type("AWS::Lambda::EventSourceMapping").values()}
        # What is there is answered until it is; what is lost of the other is found by the sweep.
        for name in polled - {"DeadLetterQueue", "TaskEventsQueue"}:
            queue = self.properties(name)
            dead = self.properties(queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0])
            self.assertGreaterEqual(dead["MessageRetentionPeriod"], queue["MessageRetentionPeriod"])

    def test_an_outage_of_hours_makes_no_dead_letter_of_a_build(self) -> None:
        queue = self.properties("FeaturesQueue")
        self.assertGreaterEqual(queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"], 6 * 3600)

    def test_what_a_message_names_lives_longer_than_the_message(self) -> None:
        days = self.properties("RequestQueue")["MessageRetentionPeriod"] / 86400
        rules = self.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
        lifetimes = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
        self.assertEqual(set(lifetimes), {"uploads/", "checkpoints/", "idempotency/", "dead-letters/"})
        for prefix in ("uploads/", "checkpoints/", "dead-letters/"):
            self.assertGreater(lifetimes[prefix], days, prefix)
        self.assertTrue(any("AbortIncompleteMultipartUpload" in rule for rule in rules))

    def test_indexers_together_keep_within_the_quota_of_chroma_cloud(self) -> None:
        writes = int(self.defaults["IndexerConcurrency"]) * int(self.defaults["ChromaParallelWrites"])
        self.assertLessEqual(writes, 10)
        reserved = self.properties("IndexerFunction")["ReservedConcurrentExecutions"]
        self.assertEqual(reserved, {"Ref": "IndexerConcurrency"})

    def test_only_features_wake_the_indexer_and_only_our_stopped_tasks_the_worker(self) -> None:
        (notification,) = self.properties("PayloadBucket")["NotificationConfiguration"]["QueueConfigurations"]
        self.assertEqual(notification["Event"], "s3:ObjectCreated:*")
        rules = {rule["Name"]: rule["Value"] for rule in notification["Filter"]["S3Key"]["Rules"]}
        self.assertEqual(rules, {"prefix": "results/", "suffix": "features.json"})
        for rule in ("TaskStoppedRule", "TaskFailedRule"):
            detail = self.properties(rule)["EventPattern"]["detail"]
            self.assertEqual((detail["clusterArn"], detail["lastStatus"]), ([{"Fn::GetAtt": ["Cluster", "Arn"]}], ["STOPPED"]))

    def test_jobs_in_tasks_are_looked_for_and_both_rules_reach_the_worker(self) -> None:
        self.assertEqual(self.properties("SweepRule")["ScheduleExpression"], "rate(5 minutes)")
        (statement,) = self.properties("TaskEventsQueuePolicy")["PolicyDocument"]["Statement"]
        allowed = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        for rule in ("TaskStoppedRule", "SweepRule"):
            (target,) = self.properties(rule)["Targets"]
            self.assertEqual(target["Arn"], {"Fn::GetAtt": ["TaskEventsQueue", "Arn"]})
            self.assertIn({"Fn::GetAtt": [rule, "Arn"]}, allowed)


class Access(TemplateCase):
    """Who may do what."""

    def test_no_action_is_a_wildcard_and_no_resource_but_where_aws_has_none(self) -> None:
        for name, statement in self.statements():
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            if statement["Effect"] == "Deny":
                continue
            self.assertFalse([one for one in actions if "*" in one], f"{name}: {statement['Sid']}")
            if "*" in resources:
                self.assertLessEqual(set(actions), set(WITHOUT_RESOURCE), f"{name}: {statement['Sid']}")
            self.assertNotEqual(statement.get("Principal"), "*", name)

    def test_every_function_has_a_role_of_its_own(self) -> None:
        roles = [next(names_in(self.properties(f"{name}Function")["Role"])) for name in FUNCTIONS]
        self.assertEqual(roles, [f"{name}Role" for name in FUNCTIONS])
        for name, role in self.of_type("AWS::IAM::Role").items():
            self.assertNotIn("ManagedPolicyArns", role, name)

    def test_the_bucket_is_closed_encrypted_and_asks_for_tls(self) -> None:
        bucket = self.properties("PayloadBucket")
        self.assertEqual(set(bucket["PublicAccessBlockConfiguration"].values()), {True})
        self.assertTrue(bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"])
        (statement,) = self.properties("PayloadBucketPolicy")["PolicyDocument"]["Statement"]
        self.assertEqual((statement["Effect"], statement["Condition"]), ("Deny", {"Bool": {"aws:SecureTransport": "false"}}))
        for queue in self.of_type("AWS::SQS::Queue").values():
            self.assertTrue(queue["SqsManagedSseEnabled"])

    def test_the_image_cannot_change_and_is_scanned(self) -> None:
        repository = self.properties("Repository")
        self.assertEqual(repository["ImageTagMutability"], "IMMUTABLE")
        self.assertTrue(repository["ImageScanningConfiguration"]["ScanOnPush"])
        json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])

    def test_whoever_has_no_token_gets_no_further_than_health_and_document(self) -> None:
        paths = self.properties("HttpApi")["Body"]["paths"]
        without = {
            (path, method)
            for path, methods in paths.items()
            for method, said in methods.items()
            if said["security"] == [{"NONE": []}]
        }
        prefix = "/v1/graph-ai"
        preflight = {(path, "options") for path in (prefix, f"{prefix}/{{proxy+}}", f"{prefix}/search")}
        self.assertEqual(without, preflight | {(f"{prefix}/health", "get"), (f"{prefix}/openapi.json", "get")})

    def test_no_secret_stands_in_the_template(self) -> None:
        text = (ROOT / "template.yaml").read_text(encoding="utf-8")
        self.assertNotIn("{{resolve", text)
        self.assertNotIn("NoEcho", text)
        self.assertIsNone(re.search(r"\bck-[\w-]{8,}|AKIA[0-9A-Z]{16}", text))
        for name in FUNCTIONS:
            told = self.properties(f"{name}Function")["Environment"]["Variables"]
            self.assertNotIn("CHROMA_API_KEY", told, name)


class Variables(TemplateCase):
    """What functions are told is what they read; tests of the functions keep variables.json true."""

    def test_every_variable_a_function_reads_is_set_and_none_more(self) -> None:
        read = json.loads((ROOT / "tests/template/variables.json").read_text(encoding="utf-8"))
        for name in FUNCTIONS:
            told = set(self.properties(f"{name}Function")["Environment"]["Variables"])
            self.assertEqual(told, set(read[name.lower()]) - NOT_OF_THE_TEMPLATE, name)


class Watching(TemplateCase):
    """Alarms and dashboard."""

    def test_every_alarm_reaches_people_or_the_scaling(self) -> None:
        for name, alarm in self.of_type("AWS::CloudWatch::Alarm").items():
            (action,) = alarm["AlarmActions"]
            self.assertIn(action["Ref"], ("AlarmTopic", "DrainScaleOut", "DrainScaleIn"), name)
            self.assertTrue(alarm["AlarmDescription"].endswith("."), name)

    def test_amplification_alarms_above_one_twentieth(self) -> None:
        alarm = self.properties("AmplificationAlarm")
        self.assertEqual((alarm["Threshold"], alarm["ComparisonOperator"]), (1.05, "GreaterThanThreshold"))

    def test_the_dashboard_is_json_and_names_what_there_is(self) -> None:
        text, names = self.properties("Dashboard")["DashboardBody"]["Fn::Sub"]
        known = {*names, "AWS::Region", "AWS::StackName", *self.resources}
        self.assertLessEqual(set(re.findall(r"\$\{([^}]+)\}", text)), known)
        self.assertGreater(len(json.loads(text)["widgets"]), 8)


class Whole(TemplateCase):
    """Nothing is left over."""

    def test_every_parameter_is_used_and_explained(self) -> None:
        used = set(names_in(self.template["Resources"])) | set(names_in(self.template["Conditions"]))
        used |= set(re.findall(r'"Ref": "(\w+)"', json.dumps(source(), default=str)))
        self.assertLessEqual(set(source()["Parameters"]), used)
        groups = source()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        self.assertEqual(sorted(name for group in groups for name in group["Parameters"]), sorted(source()["Parameters"]))

    def test_what_holds_data_says_what_becomes_of_it(self) -> None:
        for name, said in self.resources.items():
            if said["Type"] in ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::ECR::Repository", "AWS::Logs::LogGroup"):
                self.assertIn("DeletionPolicy", said, name)
                self.assertIn("UpdateReplacePolicy", said, name)


if __name__ == "__main__":
    unittest.main()
