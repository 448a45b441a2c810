"""`python -m servers.around COMMAND…`: runs a command while the servers run, and tells it where they are.

| variable | what it holds |
|---|---|
| `GRAPHNODE_SERVERS_AT` | the line that `python -m servers` prints |
| `GRAPHNODE_TEST_AWS_ENDPOINT` | URL of S3, SQS, ECS and EventBridge |
| `GRAPHNODE_TEST_SUBNET` | a subnet that tasks can be started in |
| `GRAPHNODE_TEST_CHROMA_URL` | URL of Chroma |
| `GRAPHNODE_TEST_CHROMA_CLOUD_URL` | the same behind the quotas of Chroma Cloud |
| `GRAPHNODE_TEST_CHROMA_API_KEY` | the token it wants |

Afterwards the logs of functions and tasks are searched for what must not be there (`servers.canary`). They stay in the folder that `GRAPHNODE_SERVERS_LOGS` names, if it names one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Sequence

from servers.canary import leaks
from servers.processes import DidNotStart
from servers.start import NOT_INSTALLED, missing_packages, started, work_folder


def run(command: Sequence[str]) -> int:
    """The command's exit code."""
    missing = missing_packages()
    if missing:
        print(f"not installed: {', '.join(missing)} (make servers)", file=sys.stderr)
        return NOT_INSTALLED
    try:
        with work_folder(os.environ.get("GRAPHNODE_SERVERS_LOGS", "")) as folder, started(folder) as addresses:
            told = {
                "GRAPHNODE_SERVERS_AT": json.dumps(addresses),
                "GRAPHNODE_TEST_AWS_ENDPOINT": addresses["aws"],
                "GRAPHNODE_TEST_SUBNET": addresses["subnet"],
                "GRAPHNODE_TEST_CHROMA_URL": addresses["chroma"],
                "GRAPHNODE_TEST_CHROMA_CLOUD_URL": addresses["chroma_cloud"],
                "GRAPHNODE_TEST_CHROMA_API_KEY": addresses["chroma_token"],
            }
            code = subprocess.run(command, env={**os.environ, **told}).returncode
            return code or _say_nothing_leaked(folder)
    except DidNotStart as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _say_nothing_leaked(folder: Path) -> int:
    """1 if the log of a function or a task says what a person wrote, with the lines."""
    found = leaks(folder)
    for line in found:
        print(f"a person's words in a log: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
