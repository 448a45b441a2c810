"""`python -m servers [FOLDER]`: starts everything, says where in one line of JSON, ends with standard input.

Logs and Chroma's data are in FOLDER; without one they are gone afterwards. Exit code 3: a package is not installed.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from servers.account import ACCOUNT, REGION, client
from servers.control import Control
from servers.processes import DidNotStart, Server, free_port


def start_aws(folder: Path) -> tuple[Server, str]:
    """The AWS stand-in and its address."""
    port = free_port()
    server = Server(["servers.aws", str(port), str(folder)], folder / "aws.log")
    return server, f"http://127.0.0.1:{port}"


def start_chroma(folder: Path) -> tuple[Server, str]:
    """Chroma with an empty database, and its address."""
    port = free_port()
    program = Path(sys.executable).with_name("chroma")
    arguments = ["run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder / "chroma")]
    quiet = {"ANONYMIZED_TELEMETRY": "False"}
    server = Server(["servers.leash", str(program), *arguments], folder / "chroma.log", quiet)
    return server, f"http://127.0.0.1:{port}"


def serve(folder: Path) -> int:
    """Starts the servers, announces them and waits for the end of standard input."""
    logging.basicConfig(filename=folder / "servers.log", format="%(asctime)s %(name)s %(message)s")
    servers: list[Server] = []
    control = None
    try:
        aws_server, aws = start_aws(folder)
        servers.append(aws_server)
        chroma_server, chroma = start_chroma(folder)
        servers.append(chroma_server)
        aws_server.wait_until_ready(f"{aws}/moto-api/data.json")
        chroma_server.wait_until_ready(f"{chroma}/api/v2/heartbeat")
        control = Control(lambda service: client(service, aws), folder)
        addresses = {
            "aws": aws,
            "chroma": chroma,
            "control": f"http://{control.address}",
            "region": REGION,
            "account": ACCOUNT,
            "logs": str(folder),
        }
        print(json.dumps(addresses), flush=True)
        sys.stdin.buffer.read()
    except DidNotStart as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if control:
            control.close()
        for server in servers:
            server.stop()
    return 0


def main(arguments: list[str]) -> int:
    """Serves from the folder that is named, or from a temporary one that is gone afterwards."""
    missing = [package for package in ("boto3", "chromadb", "moto") if not importlib.util.find_spec(package)]
    if missing:
        print(f"not installed: {', '.join(missing)} (make servers)", file=sys.stderr)
        return 3
    folder = Path(arguments[0] if arguments else tempfile.mkdtemp(prefix="graphnode-servers-"))
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return serve(folder)
    except KeyboardInterrupt:
        return 130
    finally:
        if not arguments:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
