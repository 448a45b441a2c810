"""ECS: RunTask that runs something, and refuses what AWS refuses.

What differs from moto, and is so in AWS:

- A container with the image `local/process` is a process of this machine, `entryPoint` and `command` being its
  arguments; any other image cannot be pulled. Environment and command of the overrides apply.
- A `clientToken` starts one task however often it comes; with another request it is a ConflictException.
- Overrides above 8,192 characters, sizes Fargate does not have, unknown containers and counts are refused.
- StopTask sends SIGTERM and, after `stopTimeout`, SIGKILL. ListTasks gives running tasks unless asked otherwise.
- DescribeTasks says MISSING of a task it does not know.

Tests can have RunTask fail (`Refusals`), reclaim a task as Spot does (`Tasks.interrupt`) and use up its memory
(`Tasks.exhaust`).
"""

from __future__ import annotations

import copy
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from moto.core.responses import ActionResult
from moto.ecs.exceptions import EcsClientException, ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api import state_manager

from servers.aws import fargate
from servers.aws.lifecycle import RunningTask

MOST_OVERRIDES = 8192
MOST_TASKS_A_CALL = 10


class Conflict(ECSException):
    """A client token came again with another request."""

    def __init__(self) -> None:
        message = "The request uses the same client token as a previous, but non-identical request."
        super().__init__("ConflictException", message)


@dataclass
class Refusal:
    """How RunTask fails the next few times: with an entry of `failures`, or with an exception."""

    times: int
    failure: str = ""
    error: str = ""
    message: str = ""


class Refusals:
    """What tests want refused, by cluster."""

    def __init__(self) -> None:
        self._by_cluster: dict[str, Refusal] = {}
        self._lock = threading.Lock()

    def add(self, cluster: str, refusal: Refusal) -> None:
        """Lets the next calls for `cluster` fail."""
        with self._lock:
            self._by_cluster[cluster] = refusal

    def take(self, cluster: str) -> Optional[Refusal]:
        """The refusal of this call, if there is one."""
        with self._lock:
            refusal = self._by_cluster.get(cluster)
            if not refusal or refusal.times <= 0:
                return None
            refusal.times -= 1
            return refusal


class Tasks:
    """All tasks there are."""

    def __init__(self, endpoint: str, logs: Path) -> None:
        self.refusals = Refusals()
        self._endpoint = endpoint
        self._logs = logs
        self._running: dict[str, RunningTask] = {}
        self._tokens: dict[tuple[str, str], tuple[dict[str, Any], Any]] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        """Changes moto."""
        # Without this a task advances to STOPPED by being described.
        state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**12})
        # It sums what containers claim of an EC2 instance, and fails for those that claim nothing, as on Fargate.
        EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(lambda definition: {})
        original_run = EC2ContainerServiceResponse.run_task
        original_list = EC2ContainerServiceBackend.list_tasks
        tasks = self

        def run_task(response: EC2ContainerServiceResponse) -> ActionResult:
            return tasks._run(response, original_run)

        def stop_task(backend: EC2ContainerServiceBackend, cluster: str, task: str, reason: str) -> Any:
            backend._get_cluster(cluster)
            return tasks.stop(task, "UserInitiated", reason or "Task stopped by user")

        def list_tasks(backend: EC2ContainerServiceBackend, *arguments: Any, **named: Any) -> Any:
            if len(arguments) < 6:
                named["desiredStatus"] = named.get("desiredStatus") or "RUNNING"
            else:
                arguments = (*arguments[:5], arguments[5] or "RUNNING")
            return original_list(backend, *arguments, **named)

        EC2ContainerServiceResponse.run_task = run_task
        EC2ContainerServiceResponse.describe_tasks = describe_tasks
        EC2ContainerServiceBackend.stop_task = stop_task
        EC2ContainerServiceBackend.list_tasks = list_tasks

    def stop(self, name: str, stop_code: str, reason: str) -> Any:
        """Stops the task with this ARN or id and gives it."""
        running = self._find(name)
        running.stop(stop_code, reason)
        return running.task

    def _find(self, name: str) -> RunningTask:
        running = self._running.get(name.split("/")[-1])
        if not running:
            raise InvalidParameterException("The referenced task was not found.")
        return running

    def interrupt(self, name: str) -> None:
        """Takes the task's machine away, as Fargate Spot does when it needs the capacity."""
        self.stop(name, "SpotInterruption", "Your Spot Task was interrupted.")

    def exhaust(self, name: str) -> None:
        """Lets the task's memory run out."""
        self._find(name).kill()

    def close(self) -> None:
        """Ends all processes."""
        for running in list(self._running.values()):
            running.kill()

    def _run(self, response: EC2ContainerServiceResponse, original: Any) -> ActionResult:
        request = json.loads(response.body)
        token = request.pop("clientToken", None)
        cluster = str(request.get("cluster", "default")).split("/")[-1]
        definition = response.ecs_backend.describe_task_definition(request["taskDefinition"])
        _validate(request, definition)
        with self._lock:
            if token and (cluster, token) in self._tokens:
                first, result = self._tokens[cluster, token]
                if first != request:
                    raise Conflict()
                return ActionResult(result)
            refusal = self.refusals.take(cluster)
            if refusal:
                return _refuse(refusal, definition)
            tasks = original(response)._result["tasks"]
            result = {"tasks": tasks, "failures": []}
            if token:
                self._tokens[cluster, token] = (request, result)
            for task in tasks:
                self._running[task.id] = RunningTask(task, definition, self._endpoint, self._logs)
        # The answer shows them as they were made, however soon their processes run.
        made = [_as_it_is(task) for task in tasks]
        for task in tasks:
            self._running[task.id].start()
        return ActionResult({"tasks": made, "failures": []})


def _as_it_is(task: Any) -> Any:
    still = copy.copy(task)
    still.containers = [copy.copy(container) for container in task.containers]
    return still


def _refuse(refusal: Refusal, definition: Any) -> ActionResult:
    if refusal.error:
        raise ECSException(refusal.error, refusal.message or refusal.error)
    return ActionResult({"tasks": [], "failures": [{"arn": definition.arn, "reason": refusal.failure}]})


def _validate(request: dict[str, Any], definition: Any) -> None:
    """Raises for what AWS refuses and moto accepts."""
    overrides = request.get("overrides") or {}
    if not 1 <= int(request.get("count", 1)) <= MOST_TASKS_A_CALL:
        raise InvalidParameterException(f"Count must be between 1 and {MOST_TASKS_A_CALL}.")
    if len(request.get("startedBy") or "") > 128:
        raise InvalidParameterException("startedBy must be at most 128 characters.")
    if len(json.dumps(overrides, separators=(",", ":"))) > MOST_OVERRIDES:
        raise InvalidParameterException(f"Container Overrides length must be at most {MOST_OVERRIDES}")
    names = {container["name"] for container in definition.container_definitions}
    for override in overrides.get("containerOverrides", []):
        if override.get("name") not in names:
            raise InvalidParameterException(
                f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
            )
    cpu, memory = overrides.get("cpu") or definition.cpu, overrides.get("memory") or definition.memory
    if not fargate.exists(int(cpu or 0), int(memory or 0)):
        raise EcsClientException("No Fargate configuration exists for given values.")


def describe_tasks(response: EC2ContainerServiceResponse) -> ActionResult:
    """The tasks asked for, and which of them there are none of."""
    backend = response.ecs_backend
    backend._get_cluster(response._get_param("cluster", "default"))
    wanted = response._get_param("tasks", [])
    if not wanted:
        raise InvalidParameterException("Tasks cannot be empty.")
    known = {task.id: task for tasks in backend.tasks.values() for task in tasks.values()}
    found = [known[name.split("/")[-1]] for name in wanted if name.split("/")[-1] in known]
    missing = [name for name in wanted if name.split("/")[-1] not in known]
    return ActionResult({"tasks": found, "failures": [{"arn": name, "reason": "MISSING"} for name in missing]})
