"""The stack of template.yaml: all of it can be created, and its roles open what their functions need and nothing else."""

from __future__ import annotations

import os
import unittest
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from servers.account import REGION
from servers.checks.cloud import CloudCase, addresses, aws
from servers.stack.deploy import Stack

REQUIRED = {"JwtIssuer": "https://login.example.org/", "JwtAudience": "graphnode"}


def stack(name: str, parameters: dict[str, str]) -> Stack:
    """A stack with names of its own, and a secret made before it."""
    secret = aws("secretsmanager").create_secret(Name=f"{name}/chroma", SecretString='{"apiKey": "ck-EXAMPLE"}')
    names = {
        "ChromaSecretArn": secret["ARN"],
        "BucketPrefix": name,
        "RepositoryName": f"{name}/graphnode-ai",
        "ClusterName": f"{name}-cluster",
        "HighDepthAlarmName": f"{name}-high-depth",
    }
    return Stack(name, aws, {**REQUIRED, **names, **parameters})


class WholeStack(unittest.TestCase):
    """Everything in the template at once."""

    def test_a_stack_with_a_network_of_its_own_and_all_that_watches(self) -> None:
        name = f"whole-{os.getpid()}"
        made = stack(name, {"AlarmEmail": "team@example.org", "InputBuckets": "bucket-one,bucket-two", "ServiceMinimum": "1"})
        made.fill_watching()
        subnets = aws("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [made.id("Network")]}])["Subnets"]
        self.assertEqual(len(subnets), 3)
        self.assertEqual(len(made.environment("WorkerFunction")["GRAPHNODE_ECS_SUBNETS"].split(",")), 2)
        self.assertEqual(made.environment("ApiFunction")["GRAPHNODE_INPUT_BUCKETS"], "bucket-one,bucket-two")
        alarms = {one["AlarmName"]: one for one in aws("cloudwatch").describe_alarms()["MetricAlarms"]}
        ours = {str(made.properties(alarm)["AlarmName"]) for alarm in made.of_type("AWS::CloudWatch::Alarm")}
        self.assertLessEqual(ours, set(alarms))
        policies = aws("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
        arns = {one["PolicyARN"] for one in policies}
        self.assertLessEqual(set(alarms[f"{name}-high-depth"]["AlarmActions"]), arns)
        group = aws("ec2").describe_security_groups(GroupIds=[made.id("TaskSecurityGroup")])["SecurityGroups"][0]
        self.assertEqual(group["IpPermissions"], [])
        rules = aws("s3").get_bucket_lifecycle_configuration(Bucket=made.id("PayloadBucket"))["Rules"]
        self.assertEqual(len(rules), len(made.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]))

    def test_other_buckets_are_open_to_those_who_work_with_them(self) -> None:
        made = stack(f"others-{os.getpid()}", {"InputBuckets": "bucket-one,bucket-two"})
        policy = made.properties("OtherBucketsResultsPolicy")["PolicyDocument"]["Statement"][0]
        self.assertEqual(policy["Resource"], ["arn:aws:s3:::bucket-one/results/*", "arn:aws:s3:::bucket-two/results/*"])
        read = made.properties("OtherBucketsPolicy")["PolicyDocument"]["Statement"]
        self.assertEqual(read[0]["Resource"], ["arn:aws:s3:::bucket-one", "arn:aws:s3:::bucket-two"])
        self.assertEqual(read[1]["Resource"], ["arn:aws:s3:::bucket-one/*", "arn:aws:s3:::bucket-two/*"])
        sources = made.properties("FeaturesQueuePolicy")["PolicyDocument"]["Statement"][0]["Condition"]["ArnEquals"]
        own = f"arn:aws:s3:::{made.id('PayloadBucket')}"
        self.assertEqual(sources["aws:SourceArn"], [own, "arn:aws:s3:::bucket-one", "arn:aws:s3:::bucket-two"])


class Roles(unittest.TestCase):
    """What a role's credentials open."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = stack(f"roles-{os.getpid()}", {})
        cls.bucket = cls.stack.id("PayloadBucket")
        aws("s3").put_object(Bucket=cls.bucket, Key="results/task-1/graph.json", Body=b"{}")

    def client(self, service: str, role: str) -> Any:
        """A client with the credentials of a role."""
        given = self.stack.credentials(role)
        return boto3.client(
            service,
            endpoint_url=addresses()["aws"],
            region_name=REGION,
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=given["AWS_SESSION_TOKEN"],
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def denied(self, call: Any, **arguments: Any) -> None:
        """The call is refused for want of a permission, for no other reason."""
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertIn("AccessDenied", caught.exception.response["Error"]["Code"])

    def test_the_worker_writes_where_results_and_state_are(self) -> None:
        s3, sqs = self.client("s3", "WorkerRole"), self.client("sqs", "WorkerRole")
        s3.put_object(Bucket=self.bucket, Key="jobs/task-1.json", Body=b"{}")
        s3.delete_object(Bucket=self.bucket, Key="checkpoints/anna/0123456789abcdef/8299999999999-fedcba9876543210.bin")
        self.denied(s3.put_object, Bucket=self.bucket, Key="uploads/anna/1/export", Body=b"")
        self.denied(s3.delete_object, Bucket=self.bucket, Key="uploads/anna/1/export")
        self.denied(s3.get_object, Bucket="another-bucket", Key="results/task-1/graph.json")
        sqs.send_message(QueueUrl=self.stack.id("ResultQueue"), MessageBody="{}")
        self.denied(sqs.send_message, QueueUrl=self.stack.id("DeadLetterQueue"), MessageBody="{}")

    def test_the_indexer_starts_no_task_and_touches_no_result(self) -> None:
        s3, ecs = self.client("s3", "IndexerRole"), self.client("ecs", "IndexerRole")
        s3.get_object(Bucket=self.bucket, Key="results/task-1/graph.json")
        self.denied(s3.put_object, Bucket=self.bucket, Key="results/task-1/features.json", Body=b"{}")
        self.denied(s3.get_object, Bucket=self.bucket, Key="uploads/anna/1/export")
        family = str(self.stack.properties("TaskDefinition")["Family"])
        self.denied(ecs.run_task, cluster=self.stack.id("Cluster"), taskDefinition=family)

    def test_search_only_reads(self) -> None:
        s3, secrets = self.client("s3", "SearchRole"), self.client("secretsmanager", "SearchRole")
        s3.list_objects_v2(Bucket=self.bucket, Prefix="users/")
        self.denied(s3.put_object, Bucket=self.bucket, Key="users/anna/graphs/default.json", Body=b"{}")
        self.denied(self.client("sqs", "SearchRole").send_message, QueueUrl=self.stack.id("RequestQueue"), MessageBody="{}")
        own = self.stack.environment("SearchFunction")["CHROMA_SECRET_ARN"]
        self.assertIn("ck-EXAMPLE", secrets.get_secret_value(SecretId=own)["SecretString"])
        self.denied(secrets.get_secret_value, SecretId=own.replace("/chroma", "/other"))

    def test_an_address_is_worth_what_its_signer_may(self) -> None:
        import urllib.error
        import urllib.request

        def put(role: str) -> int:
            arguments = {"Bucket": self.bucket, "Key": "uploads/anna/1/export"}
            url = self.client("s3", role).generate_presigned_url("put_object", Params=arguments)
            try:
                with urllib.request.urlopen(urllib.request.Request(url, b"[]", method="PUT")) as response:
                    return int(response.status)
            except urllib.error.HTTPError as error:
                return error.code

        self.assertEqual((put("ApiRole"), put("SearchRole")), (200, 403))

    def test_a_role_that_may_not_list_is_not_told_what_is_missing(self) -> None:
        with self.assertRaises(ClientError) as caught:
            self.client("s3", "SearchRole").get_object(Bucket=self.bucket, Key="results/none/graph.json")
        self.assertEqual(caught.exception.response["Error"]["Code"], "NoSuchKey")


class Gateway(CloudCase):
    """The HTTP API's routes."""

    def test_a_mapping_that_the_template_does_not_have_is_refused(self) -> None:
        from servers.checks.cloud import post

        body = {"queue_url": self.space["result_queue"], "function": self.function()}
        status, answer, _ = post(f"{self.control}/spaces/{self.name}/mappings", body)
        self.assertEqual(status, 400)
        self.assertIn("no event source", answer["error"])

    def test_routes_and_open_routes_are_those_of_the_template(self) -> None:
        from servers.gateway import routes_of

        made = stack(f"routes-{os.getpid()}", {})
        routes = routes_of(made.properties("HttpApi")["Body"])

        def way(method: str, path: str) -> Any:
            found = next((one for one in routes if one.serves(method, path)), None)
            return found and (found.function, found.is_open)

        api, search = made.id("ApiFunction"), made.id("SearchFunction")
        self.assertEqual(way("POST", "/v1/graph-ai"), (api, False))
        self.assertEqual(way("GET", "/v1/graph-ai/health"), (api, True))
        self.assertEqual(way("POST", "/v1/graph-ai/health"), (api, False))
        self.assertEqual(way("GET", "/v1/graph-ai/search"), (search, False))
        self.assertEqual(way("GET", "/v1/graph-ai/tasks/a/b"), (api, False))
        self.assertIsNone(way("GET", "/v1/other"))
        self.assertIsNone(way("GET", "/"))


if __name__ == "__main__":
    unittest.main()
