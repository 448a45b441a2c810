"""ECS as the stand-in does it: tasks are processes."""

from __future__ import annotations

import sys
from typing import Any

from botocore.exceptions import ClientError

from servers.checks.cloud import FUNCTION, CloudCase, addresses, aws, post, until


class Tasks(CloudCase):
    """From RunTask to the event that says how it ended."""

    def define(self, code: int = 0, seconds: float = 0.0) -> None:
        """Defines a task that exits with `code` after `seconds`."""
        command = [sys.executable, str(FUNCTION), "task", str(code), str(seconds)]
        body = {
            "command": command,
            "environment": {"GRAPHNODE_RESULT_QUEUE_URL": self.space["result_queue"], "JOB": "?"},
        }
        self.make(f"/{self.name}/task", body)

    def run_task(self, **arguments: Any) -> dict[str, Any]:
        """RunTask as the worker calls it."""
        network = {"subnets": [self.space["subnet"]], "securityGroups": [self.space["security_group"]]}
        override = {"name": self.space["container"], "environment": [{"name": "JOB", "value": "job-1"}]}
        defaults = {
            "cluster": self.space["cluster"],
            "taskDefinition": self.space["task_definition"],
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            "networkConfiguration": {"awsvpcConfiguration": network},
            "overrides": {"containerOverrides": [override]},
        }
        return dict(aws("ecs").run_task(**{**defaults, **arguments}))

    def stopped(self) -> dict[str, Any]:
        """The detail of the next event on the task queue."""
        (event,) = self.receive("task_event_queue", 1)
        self.assertEqual((event["source"], event["detail-type"]), ("aws.ecs", "ECS Task State Change"))
        return dict(event["detail"])

    def describe(self, arn: str) -> dict[str, Any]:
        """DescribeTasks of one task."""
        return dict(aws("ecs").describe_tasks(cluster=self.space["cluster"], tasks=[arn])["tasks"][0])

    def code(self, **arguments: Any) -> str:
        """The error code of a RunTask that must fail."""
        with self.assertRaises(ClientError) as caught:
            self.run_task(**arguments)
        return str(caught.exception.response["Error"]["Code"])

    def test_a_task_runs_with_its_overrides_and_says_how_it_ended(self) -> None:
        self.define(code=0)
        override = {"name": self.space["container"], "environment": [{"name": "JOB", "value": "job-7"}]}
        overrides = {"cpu": "2048", "memory": "8192", "containerOverrides": [override]}
        (task,) = self.run_task(overrides=overrides, startedBy="worker")["tasks"]
        self.assertEqual(task["lastStatus"], "PROVISIONING")
        self.assertEqual(self.receive("result_queue", 1)[0]["job"], "job-7")
        detail = self.stopped()
        self.assertEqual(detail["taskArn"], task["taskArn"])
        self.assertEqual((detail["stopCode"], detail["lastStatus"]), ("EssentialContainerExited", "STOPPED"))
        self.assertEqual((detail["cpu"], detail["memory"], detail["startedBy"]), ("2048", "8192", "worker"))
        self.assertEqual(detail["containers"][0]["exitCode"], 0)
        self.assertEqual(detail["overrides"]["containerOverrides"][0]["environment"][0]["value"], "job-7")
        described = self.describe(task["taskArn"])
        self.assertEqual((described["lastStatus"], described["containers"][0]["exitCode"]), ("STOPPED", 0))
        self.assertEqual(described["stopCode"], "EssentialContainerExited")

    def test_an_exit_code_is_told(self) -> None:
        self.define(code=9)
        self.run_task()
        self.assertEqual(self.stopped()["containers"][0]["exitCode"], 9)

    def test_memory_can_run_out(self) -> None:
        self.define(seconds=60)
        (task,) = self.run_task()["tasks"]
        self.receive("result_queue", 1)
        status, answer, _ = post(f"{addresses()['aws']}/stand-in/exhaustions", {"task": task["taskArn"]})
        self.assertEqual(status, 200, answer)
        detail = self.stopped()
        (container,) = detail["containers"]
        self.assertEqual((container["exitCode"], detail["stopCode"]), (137, "EssentialContainerExited"))
        self.assertTrue(container["reason"].startswith("OutOfMemoryError"))

    def test_stop_asks_before_it_kills(self) -> None:
        self.define(seconds=60)
        (task,) = self.run_task()["tasks"]
        self.receive("result_queue", 1)
        aws("ecs").stop_task(cluster=self.space["cluster"], task=task["taskArn"], reason="enough")
        self.assertTrue(self.receive("result_queue", 1)[0]["stopped"])
        detail = self.stopped()
        self.assertEqual((detail["stopCode"], detail["stoppedReason"]), ("UserInitiated", "enough"))
        self.assertEqual(detail["containers"][0]["exitCode"], 143)

    def test_spot_takes_its_capacity_back(self) -> None:
        self.define(seconds=60)
        (task,) = self.run_task()["tasks"]
        self.receive("result_queue", 1)
        status, answer, _ = post(f"{addresses()['aws']}/stand-in/interruptions", {"task": task["taskArn"]})
        self.assertEqual(status, 200, answer)
        detail = self.stopped()
        self.assertEqual(detail["stopCode"], "SpotInterruption")
        self.assertEqual(detail["capacityProviderName"], "FARGATE_SPOT")

    def test_one_client_token_is_one_task(self) -> None:
        self.define()
        first, second = (self.run_task(clientToken="token-1")["tasks"][0]["taskArn"] for _ in range(2))
        self.assertEqual(first, second)
        self.assertEqual(self.code(clientToken="token-1", startedBy="another"), "ConflictException")
        self.receive("result_queue", 1)
        self.stopped()
        self.assertEqual(self.depth("result_queue"), 0)

    def test_capacity_can_be_missing(self) -> None:
        self.define()
        url = f"{addresses()['aws']}/stand-in/refusals"
        post(url, {"cluster": self.space["cluster"], "times": 1, "failure": "RESOURCE:MEMORY"})
        answer = self.run_task()
        self.assertEqual((answer["tasks"], answer["failures"][0]["reason"]), ([], "RESOURCE:MEMORY"))
        message = "Capacity is unavailable at this time."
        post(url, {"cluster": self.space["cluster"], "times": 1, "error": "ClientException", "message": message})
        self.assertEqual(self.code(), "ClientException")
        self.assertEqual(len(self.run_task()["tasks"]), 1)

    def test_what_aws_refuses_is_refused(self) -> None:
        self.define()
        name = self.space["container"]
        long = {"containerOverrides": [{"name": name, "environment": [{"name": "X", "value": "x" * 8200}]}]}
        self.assertEqual(self.code(overrides=long), "InvalidParameterException")
        self.assertEqual(self.code(overrides={"containerOverrides": [{"name": "?"}]}), "InvalidParameterException")
        self.assertEqual(self.code(overrides={"cpu": "1024", "memory": "1024"}), "ClientException")
        self.assertEqual(self.code(count=11), "InvalidParameterException")
        missing = aws("ecs").describe_tasks(cluster=self.space["cluster"], tasks=["none"])
        self.assertEqual(missing["failures"], [{"arn": "none", "reason": "MISSING"}])
        with self.assertRaises(ClientError) as caught:
            aws("ecs").stop_task(cluster=self.space["cluster"], task="none")
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidParameterException")

    def test_an_image_that_is_not_there_cannot_be_pulled(self) -> None:
        container = {"name": self.space["container"], "image": "example/none:1", "essential": True}
        family = self.space["task_definition"]
        sizes = {"cpu": "1024", "memory": "2048", "networkMode": "awsvpc"}
        aws("ecs").register_task_definition(family=family, containerDefinitions=[container], **sizes)
        self.run_task()
        detail = self.stopped()
        self.assertEqual(detail["stopCode"], "TaskFailedToStart")
        self.assertIn("CannotPullContainerError", detail["stoppedReason"])

    def test_a_stopped_task_is_listed_only_when_asked_for(self) -> None:
        self.define()
        (task,) = self.run_task(startedBy="me")["tasks"]
        self.stopped()
        where = {"cluster": self.space["cluster"], "startedBy": "me"}
        until("the end", 5, lambda: self.describe(task["taskArn"])["lastStatus"] == "STOPPED")
        self.assertEqual(aws("ecs").list_tasks(**where)["taskArns"], [])
        stopped = aws("ecs").list_tasks(**where, desiredStatus="STOPPED")["taskArns"]
        self.assertEqual(stopped, [task["taskArn"]])
