"""Starting everything there is, and ending it."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Iterator

from servers.account import ACCOUNT, REGION, client
from servers.chroma_cloud import TOKEN, ChromaCloud
from servers.processes import Server, free_port

# Exit code of a program that cannot start the servers because a package is not installed.
NOT_INSTALLED = 3


def missing_packages() -> list[str]:
    """What of `requirements.txt` is not installed."""
    return [package for package in ("boto3", "chromadb", "moto", "samtranslator") if not importlib.util.find_spec(package)]


def start_aws(folder: Path) -> tuple[Server, str]:
    """The AWS stand-in and its address."""
    port = free_port()
    server = Server(["servers.aws", str(port), str(folder)], folder / "aws.log")
    return server, f"http://127.0.0.1:{port}"


def start_chroma(folder: Path, port: int = 0) -> tuple[Server, str]:
    """Chroma with the database in `folder`, which is empty at first, and its address."""
    port = port or free_port()
    program = Path(sys.executable).with_name("chroma")
    arguments = ["run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder / "chroma")]
    quiet = {"ANONYMIZED_TELEMETRY": "False"}
    server = Server(["servers.leash", str(program), *arguments], folder / "chroma.log", quiet)
    return server, f"http://127.0.0.1:{port}"


class Faults:
    """What happens to servers. All tests that run share them: only one that runs alone may ask for this."""

    def __init__(self, folder: Path, aws: Server, chroma: Server, chroma_url: str) -> None:
        self._folder = folder
        self._aws = aws
        self._chroma = chroma
        self._chroma_url = chroma_url
        self._lock = threading.Lock()

    def crash_chroma(self) -> None:
        """Kills Chroma and starts it again, with what it had written."""
        with self._lock:
            self._chroma.kill()
            port = int(self._chroma_url.rsplit(":", 1)[-1])
            self._chroma, _ = start_chroma(self._folder, port)
            self._chroma.wait_until_ready(f"{self._chroma_url}/api/v2/heartbeat")

    def pause_aws(self, seconds: float) -> None:
        """Lets S3, SQS and ECS answer nobody for a while. Killed they would forget everything: they keep it in memory."""
        with self._lock:
            self._aws.signal(signal.SIGSTOP)
            time.sleep(seconds)
            self._aws.signal(signal.SIGCONT)

    def stop_chroma(self) -> None:
        """Ends the Chroma that runs by now."""
        self._chroma.stop()


@contextlib.contextmanager
def started(folder: Path) -> Iterator[dict[str, str]]:
    """The servers' addresses, while they run; logs and data are in `folder`. Raises `DidNotStart`."""
    from servers.control import Control
    from servers.space import Chroma

    logging.basicConfig(filename=folder / "servers.log", format="%(asctime)s %(name)s %(message)s")
    with contextlib.ExitStack() as running:
        aws_server, aws = start_aws(folder)
        running.callback(aws_server.stop)
        chroma_server, chroma = start_chroma(folder)
        faults = Faults(folder, aws_server, chroma_server, chroma)
        running.callback(faults.stop_chroma)
        aws_server.wait_until_ready(f"{aws}/moto-api/data.json")
        chroma_server.wait_until_ready(f"{chroma}/api/v2/heartbeat")
        cloud = ChromaCloud(chroma)
        running.callback(cloud.close)
        reached = Chroma(f"http://{cloud.address}", TOKEN)
        control = Control(lambda service: client(service, aws), folder, aws, reached, faults)
        running.callback(control.close)
        yield {
            "aws": aws,
            "chroma": chroma,
            "chroma_cloud": f"http://{cloud.address}",
            "chroma_token": TOKEN,
            "control": f"http://{control.address}",
            "region": REGION,
            "account": ACCOUNT,
            "subnet": control.subnet,
            "logs": str(folder),
        }


@contextlib.contextmanager
def work_folder(named: str = "") -> Iterator[Path]:
    """The folder that is named, or a temporary one that is gone afterwards, also after SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(named or tempfile.mkdtemp(prefix="graphnode-servers-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if not named:
            shutil.rmtree(folder, ignore_errors=True)
