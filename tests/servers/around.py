"""`python -m servers.around COMMAND…`: runs a command while the servers run, and tells it where they are.

| variable | what it holds |
|---|---|
| `GRAPHNODE_SERVERS_AT` | the line that `python -m servers` prints |
| `GRAPHNODE_TEST_AWS_ENDPOINT` | URL of S3, SQS, ECS and EventBridge |
| `GRAPHNODE_TEST_SUBNET` | a subnet that tasks can be started in |
| `GRAPHNODE_TEST_CHROMA_URL` | URL of Chroma |
| `GRAPHNODE_TEST_CHROMA_CLOUD_URL` | the same behind the quotas of Chroma Cloud |
| `GRAPHNODE_TEST_CHROMA_API_KEY` | the token it wants |

Logs stay in the folder that `GRAPHNODE_SERVERS_LOGS` names, if it names one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Sequence

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
            return subprocess.run(command, env={**os.environ, **told}).returncode
    except DidNotStart as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
