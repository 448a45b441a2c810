"""Starting programs that must not outlive us."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Mapping, Sequence

# How long a program may take to start before the start counts as failed.
START_SECONDS = 60.0


class DidNotStart(RuntimeError):
    """A program ended or stayed silent instead of becoming ready; the text holds the end of its log."""


def base_environment() -> dict[str, str]:
    """What every program gets of ours: where programs and temporary files are, and nothing else."""
    kept = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ}


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def end(process: subprocess.Popen[bytes], grace: float) -> None:
    """Asks the leader of a group to stop, and kills what is left of the group after `grace` seconds."""
    if process.poll() is None:
        process.terminate()
    kill_after(process, grace)


def kill_after(process: subprocess.Popen[bytes], grace: float) -> None:
    """Waits `grace` seconds for the leader of a group, then kills what is left of the group."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class Server:
    """A server as a child: it holds the read end of a pipe of ours, and ends when the pipe closes.

    So it ends with us whatever happens to us. Our own modules watch the pipe themselves; for other commands
    `servers.leash` does.
    """

    def __init__(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        """Starts `python -m` with `arguments`; output goes to `log`."""
        self.log = log
        package = str(Path(__file__).resolve().parent.parent)
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**base_environment(), "PYTHONPATH": package, **(environment or {})},
                start_new_session=True,
            )

    def wait_until_ready(self, url: str) -> None:
        """Returns as soon as `url` answers; raises `DidNotStart` if the process ends or time runs out."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise DidNotStart(f"{url} did not answer:\n{tail(self.log)}")

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the server and its children."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """Ends the server as a crash would."""
        kill_after(self.process, 0.0)

    def stop(self) -> None:
        """Ends the server and waits for it."""
        if self.process.stdin:
            self.process.stdin.close()
        kill_after(self.process, 5.0)
