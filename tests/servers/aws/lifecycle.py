"""The life of an ECS task that is a process: started, stopped, ended, and each told to EventBridge.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
"""

from __future__ import annotations

import datetime
import json
import signal
import subprocess
import threading
import uuid
from pathlib import Path
from typing import Any, Optional

from moto.events.models import events_backends
from moto.sts.models import sts_backends

from servers.account import CREDENTIALS, LOCAL_IMAGE
from servers.processes import base_environment, end

# What a definition says that does not say how long a container may take to stop.
STOP_SECONDS = 30


def now() -> datetime.datetime:
    """The time, as ECS keeps it."""
    return datetime.datetime.now(datetime.timezone.utc)


def _written(moment: Optional[datetime.datetime]) -> Optional[str]:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if moment else None


class RunningTask:
    """One task and its process."""

    def __init__(self, task: Any, definition: Any, endpoint: str, logs: Path) -> None:
        self.task = task
        self._container: dict[str, Any] = definition.container_definitions[0]
        self._role: Optional[str] = getattr(definition, "task_role_arn", None)
        self._endpoint = endpoint
        self._log = logs / f"{task.cluster_name}-{task.id}.log"
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._lock = threading.Lock()
        self._version = 0
        self._override: dict[str, Any] = next(
            (one for one in task.overrides.get("containerOverrides", []) if one["name"] == self._container["name"]), {}
        )
        task.cpu = task.overrides.get("cpu") or definition.cpu
        task.memory = task.overrides.get("memory") or definition.memory
        task.created_at = now()
        task.last_status = "PROVISIONING"
        task.containers[0].exitCode = None
        self._announce()

    def start(self) -> None:
        """Lives the task's life in a thread of its own."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self, stop_code: str, reason: str) -> None:
        """SIGTERM now, SIGKILL when the container's time to stop is over."""
        with self._lock:
            if self.task.desired_status == "STOPPED":
                return
            self.task.desired_status = "STOPPED"
            self.task.stop_code, self.task.stopped_reason = stop_code, reason
            self.task.stopping_at = now()
            process = self._process
        if process:
            grace = float(self._container.get("stopTimeout") or STOP_SECONDS)
            threading.Thread(target=end, args=(process, grace), daemon=True).start()

    def kill(self) -> None:
        """Kills the process, as the kernel does when the memory is used up."""
        if self._process:
            end(self._process, 0.0)

    def _run(self) -> None:
        with self._lock:
            # Asked to stop before it began: nothing is started.
            problem = "" if self.task.desired_status == "STOPPED" else self._spawn()
        if not self._process:
            self._finish(None, "TaskFailedToStart", problem)
            return
        self.task.started_at = now()
        self.task.last_status = self.task.containers[0].last_status = "RUNNING"
        self._announce()
        code = self._process.wait()
        self._finish(code, "EssentialContainerExited", "Essential container in task exited")

    def _spawn(self) -> str:
        """Starts the process; gives what kept it from starting, if anything did."""
        if self._container.get("image") != LOCAL_IMAGE:
            return f"CannotPullContainerError: {self._container.get('image')}: not found"
        command = self._override.get("command") or self._container.get("command") or []
        try:
            with self._log.open("ab") as output:
                self._process = subprocess.Popen(
                    [*self._container.get("entryPoint", []), *command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=self._environment(),
                    start_new_session=True,
                )
        except OSError as error:
            return f"CannotStartContainerError: {error}"
        return ""

    def _environment(self) -> dict[str, str]:
        given = [*(self._container.get("environment") or []), *self._override.get("environment", [])]
        return {
            **base_environment(),
            **self._credentials(),
            "AWS_REGION": self.task.region_name,
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            **{variable["name"]: variable["value"] for variable in given},
        }

    def _credentials(self) -> dict[str, str]:
        """Those of the task's role, as the container would be given them."""
        if not self._role:
            return CREDENTIALS
        role = sts_backends[self.task._account_id]["aws"].assume_role(
            self.task.region_name, self.task.id, self._role, policy="", duration=3600, external_id=""
        )
        return {
            "AWS_ACCESS_KEY_ID": role.access_key_id,
            "AWS_SECRET_ACCESS_KEY": role.secret_access_key,
            "AWS_SESSION_TOKEN": role.session_token,
        }

    def _finish(self, code: Optional[int], stop_code: str, reason: str) -> None:
        with self._lock:
            task, container = self.task, self.task.containers[0]
            asked = task.desired_status == "STOPPED"
            if code is not None:
                container.exitCode = 128 - code if code < 0 else code
            if code == -signal.SIGKILL and not asked:
                # Nobody here kills a process without being asked: it was the machine, for its memory.
                container.reason = "OutOfMemoryError: Container killed due to memory usage"
            if not asked:
                task.stop_code, task.stopped_reason = stop_code, reason
            task.stopping_at = getattr(task, "stopping_at", None) or now()
            task.stopped_at = task.execution_stopped_at = now()
            container.last_status = task.last_status = task.desired_status = "STOPPED"
        self._announce()

    def _announce(self) -> None:
        task = self.task
        self._version += 1
        task.version = self._version
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "ECS Task State Change",
            "source": "aws.ecs",
            "account": task._account_id,
            "time": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": task.region_name,
            "resources": [task.task_arn],
            "detail": self._detail(),
        }
        for bus in events_backends[task._account_id][task.region_name].event_buses.values():
            for rule in list(bus.rules.values()):
                deliver(rule, event)

    def _detail(self) -> dict[str, Any]:
        task = self.task
        detail = {
            "attachments": [{**one, "type": "eni"} for one in task.attachments],
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "availabilityZone": f"{task.region_name}a",
            "capacityProviderName": task.capacity_provider_name,
            "clusterArn": task.cluster_arn,
            "connectivity": "CONNECTED",
            "containers": [self._container_detail()],
            "cpu": str(task.cpu),
            "createdAt": _written(task.created_at),
            "desiredStatus": task.desired_status,
            "enableExecuteCommand": False,
            "ephemeralStorage": {"sizeInGiB": 20},
            "executionStoppedAt": _written(getattr(task, "execution_stopped_at", None)),
            "group": task.group,
            "launchType": "FARGATE",
            "lastStatus": task.last_status,
            "memory": str(task.memory),
            "overrides": {"containerOverrides": [{"name": self._container["name"]}], **task.overrides},
            "platformVersion": "1.4.0",
            "startedAt": _written(getattr(task, "started_at", None)),
            "startedBy": task.started_by or None,
            "stopCode": getattr(task, "stop_code", None),
            "stoppedAt": _written(getattr(task, "stopped_at", None)),
            "stoppedReason": task.stopped_reason or None,
            "stoppingAt": _written(getattr(task, "stopping_at", None)),
            "taskArn": task.task_arn,
            "taskDefinitionArn": task.task_definition_arn,
            "updatedAt": _written(now()),
            "version": self._version,
        }
        return {name: value for name, value in detail.items() if value is not None}

    def _container_detail(self) -> dict[str, Any]:
        container = self.task.containers[0]
        detail = {
            "containerArn": container.container_arn,
            "cpu": str(container.cpu or 0),
            "exitCode": container.exitCode,
            "image": container.image,
            "lastStatus": container.last_status,
            "name": container.name,
            "networkInterfaces": [],
            "reason": getattr(container, "reason", None),
            "runtimeId": f"{self.task.id.replace('-', '')}-0",
            "taskArn": self.task.task_arn,
        }
        return {name: value for name, value in detail.items() if value is not None}


def deliver(rule: Any, event: dict[str, Any]) -> None:
    """Puts the event into the queues of a rule that asks for it."""
    from moto.sqs.models import sqs_backends

    # A rule without a pattern goes by the clock; moto takes it for one that asks for everything.
    if rule.state != "ENABLED" or rule.scheduled_expression or not rule.event_pattern.matches_event(event):
        return
    for target in rule.targets:
        _, _, service, region, account, name = target["Arn"].split(":", 5)
        if service == "sqs" and name in sqs_backends[account][region].queues:
            sqs_backends[account][region].send_message(name, json.dumps(event))
