#!/usr/bin/env python3
"""Starts a function's binary again and again and prints the time from exec to its first request for an invocation.

usage: function_start.py BINARY [--runs N] [--env NAME=VALUE ...]

The binary is told of a stand-in for Lambda's Runtime API; the clock stops when `GET …/invocation/next` arrives, and the
process is ended. Nothing of AWS is contacted, so credentials and endpoints may be made up. Memory is the resident set
then. What the sandbox and the download of the code cost in Lambda is not in it. The best counts: other work on the
machine only ever adds. One JSON line.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import time

# Enough for every function to be configured; a name it does not know does not disturb it.
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "measured",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_REGION": "ap-northeast-2",
    "AWS_ACCESS_KEY_ID": "EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "EXAMPLE",
    "CHROMA_URL": "https://chroma.example.org",
    "GRAPHNODE_BUCKET": "graphnode-payloads",
    "GRAPHNODE_ECS_CLUSTER": "graphnode",
    "GRAPHNODE_ECS_CONTAINER": "graphnode-ai",
    "GRAPHNODE_ECS_SECURITY_GROUPS": "sg-1",
    "GRAPHNODE_ECS_SUBNETS": "subnet-1",
    "GRAPHNODE_ECS_TASK_DEFINITION": "graphnode-ai",
    "GRAPHNODE_REQUEST_QUEUE_URL": "https://queue/requests",
    "GRAPHNODE_RESULT_QUEUE_URL": "https://queue/results",
}


def resident_megabytes(pid):
    """The process's resident set."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return kilobytes / 1024


def start(binary, environment, server):
    """Milliseconds to the first `next`, and megabytes then."""
    begun = time.perf_counter()
    process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        connection, _ = server.accept()
        request = connection.recv(4096)
        took = time.perf_counter() - begun
        if b"/invocation/next" not in request.split(b"\r\n", 1)[0]:
            raise SystemExit(f"{binary} did not ask for an invocation: {request[:200]!r}")
        memory = resident_megabytes(process.pid)
        connection.close()
        return took * 1000, memory
    except TimeoutError:
        process.kill()
        raise SystemExit(f"{binary} did not start: {process.stderr.read().decode(errors='replace')[-500:]}") from None
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        runtime = f"127.0.0.1:{server.getsockname()[1]}"
        given = dict(pair.split("=", 1) for pair in arguments.env)
        environment = {"PATH": os.environ.get("PATH", ""), **ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": runtime, **given}
        # Once to fill the page cache, which is not measured.
        start(arguments.binary, environment, server)
        runs = [start(arguments.binary, environment, server) for _ in range(arguments.runs)]
    milliseconds = [took for took, _ in runs]
    figures = {
        "binary": os.path.basename(arguments.binary),
        "megabytes": round(os.path.getsize(arguments.binary) / 1e6, 2),
        "runs": arguments.runs,
        "best_ms": round(min(milliseconds), 2),
        "median_ms": round(statistics.median(milliseconds), 2),
        "resident_megabytes": round(statistics.median(memory for _, memory in runs), 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
