"""`python -m servers.aws PORT LOGS`: serves the AWS stand-in until standard input ends.

Beside the APIs of AWS it has four requests for tests, all POST with a JSON body:

- `/stand-in/refusals` `{cluster, times, failure | error, message?}`: RunTask fails so many times.
- `/stand-in/interruptions` `{task}`: the task's Spot capacity is taken away.
- `/stand-in/exhaustions` `{task}`: the task's memory runs out.
- `/stand-in/restarts` `{seconds}`: requests under way are cut off, and for so long nobody is there; answered afterwards.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, Iterable

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from servers.aws import objects, queues
from servers.aws.access import guarded
from servers.aws.restart import Application, RestartingServer
from servers.aws.tasks import Refusal, Tasks


def with_requests_of_tests(application: Application, tasks: Tasks, restart: Callable[[float], None]) -> Application:
    """`application`, and the requests that AWS does not have."""
    requests: dict[str, Callable[[dict[str, Any]], None]] = {
        "/stand-in/refusals": lambda body: tasks.refusals.add(body.pop("cluster"), Refusal(**body)),
        "/stand-in/interruptions": lambda body: tasks.interrupt(body["task"]),
        "/stand-in/exhaustions": lambda body: tasks.exhaust(body["task"]),
        "/stand-in/restarts": lambda body: restart(float(body["seconds"])),
    }

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = requests.get(environ["PATH_INFO"])
        if not request:
            return application(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        try:
            request(json.loads(environ["wsgi.input"].read(length)))
        except Exception as error:  # noqa: BLE001 - a test must see what went wrong here
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [str(error).encode()]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    return serve


def main(port: int, logs: Path) -> None:
    """Serves until standard input ends."""
    tasks = Tasks(f"http://127.0.0.1:{port}", logs)
    server = RestartingServer(port)
    queues.install(server.is_cut_off)
    objects.install()
    tasks.install()
    application = guarded(DomainDispatcherApplication(create_backend_app))
    server.serve(with_requests_of_tests(application, tasks, server.restart))
    sys.stdin.buffer.read()
    tasks.close()
    # Receivers may still be waiting in their threads; nothing here is worth waiting for.
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
