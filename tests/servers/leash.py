"""`python -m servers.leash COMMAND…`: runs a command that ends as soon as standard input does."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Sequence


def run(command: Sequence[str]) -> int:
    """Runs `command` until it ends or standard input closes; gives its exit code."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def stop_with_input() -> None:
        sys.stdin.buffer.read()
        process.terminate()
        try:
            process.wait(3.0)
        except subprocess.TimeoutExpired:
            process.kill()

    threading.Thread(target=stop_with_input, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
