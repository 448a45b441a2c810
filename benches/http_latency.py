#!/usr/bin/env python3
"""Measures the functions behind the HTTP API: what an enqueue and a search cost, and how soon the first search is answered.

usage: PYTHONPATH=tests .venv/bin/python -m servers.around .venv/bin/python benches/http_latency.py BINARIES MODEL
           [--requests N] [--conversations N]

BINARIES is the folder of the built functions, MODEL that of the prepared model. Runs them behind the stand-ins that the
end-to-end tests use. Milliseconds of processor time are the function's own, without whatever S3, SQS and Chroma took,
which here are Python; milliseconds of the request are the whole way as the function's log has it. The first search is from
the start of the process, model and clients included. One JSON line.
"""

import argparse
import base64
import glob
import json
import os
import statistics
import time
import urllib.request

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def call(url, method, body=None, headers=None):
    """A JSON answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


def token(subject):
    """The header of a person."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    return {"Authorization": f"Bearer e30.{claims}.e30"}


def processor_ms(binary):
    """Processor time of all processes of a binary so far."""
    total = 0.0
    for path in glob.glob("/proc/[0-9]*/exe"):
        try:
            if os.path.basename(os.readlink(path)) == binary:
                with open(os.path.join(os.path.dirname(path), "stat"), encoding="ascii") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
                total += (int(fields[11]) + int(fields[12])) * TICK_MS
        except OSError:
            continue
    return total


def durations(logs, space, function, route):
    """Milliseconds of every request of a route, as the function logged them."""
    with open(os.path.join(logs, f"{space}-{function}.log"), encoding="utf-8") as log:
        lines = [json.loads(line) for line in log if line.startswith("{")]
    return [line["duration_ms"] for line in lines if line.get("route") == route and line.get("status", 500) < 300]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binaries")
    parser.add_argument("model")
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--conversations", type=int, default=200)
    arguments = parser.parse_args()
    servers = json.loads(os.environ["GRAPHNODE_SERVERS_AT"])
    control = servers["control"]
    space = call(f"{control}/spaces", "POST", {"name": f"latency-{os.getpid()}", "visibility_timeout": 60})
    # What is measured is the way to Chroma itself, not the quotas of its cloud that the stand-in puts before it.
    environment = {"CHROMA_URL": servers["chroma"], "GRAPHNODE_MODEL": os.path.abspath(arguments.model)}
    functions = f"{control}/spaces/{space['name']}"
    for name in ("worker", "indexer", "api", "search"):
        command = [os.path.abspath(os.path.join(arguments.binaries, f"graphnode-{name}"))]
        settings = {"name": name, "command": command, "environment": environment, "timeout": 60, "memory": 1769}
        call(f"{functions}/functions", "POST", {**settings, "concurrency": 1})
    named = lambda name: f"{space['name']}-{name}"
    for queue, name in (("request_queue", "worker"), ("features_queue", "indexer")):
        mapping = {"queue_url": space[queue], "function": named(name), "batch_size": 1, "concurrency": 1}
        call(f"{functions}/mappings", "POST", mapping)
    api = call(f"{functions}/gateway", "POST", {})["url"] + "/v1/graph-ai"
    login = token("anna")

    subjects = ["sourdough and rye flour", "the borrow checker", "tomato seedlings", "a first marathon"]
    messages = lambda n: {"a": {"id": "a", "parent": None, "children": [], "message": {
        "id": "a", "author": {"role": "user"}, "create_time": 1.7e9 + n, "recipient": "all", "weight": 1,
        "content": {"content_type": "text", "parts": [f"What about {subjects[n % 4]}, case {n}?"]}}}}
    conversations = [{"id": f"c{n}", "title": f"{subjects[n % 4]} {n}", "create_time": 1.7e9 + n, "current_node": "a",
                      "mapping": messages(n)} for n in range(arguments.conversations)]
    task = call(api, "POST", {"conversations": conversations}, login)["taskId"]
    while call(f"{api}/tasks/{task}", "GET", None, login)["status"] != "indexed":
        time.sleep(0.1)

    begun = time.perf_counter()
    query = {"query": "how far to run before a marathon"}
    call(f"{api}/search", "POST", query, login)
    first_search = (time.perf_counter() - begun) * 1000
    before = processor_ms("graphnode-search")
    for number in range(arguments.requests):
        call(f"{api}/search", "POST", {"query": f"how to prepare for {subjects[number % 4]}"}, login)
    search_own = (processor_ms("graphnode-search") - before) / arguments.requests

    small = {"conversations": conversations[:5]}
    before = processor_ms("graphnode-api")
    for number in range(arguments.requests):
        # Fewer of each person than may be under way.
        call(api, "POST", small, token(f"ben-{number // 4}"))
    enqueue_own = (processor_ms("graphnode-api") - before) / arguments.requests
    logs = servers["logs"]
    median = lambda function, route: statistics.median(durations(logs, space["name"], function, route)[1:])
    print(json.dumps({
        "requests": arguments.requests,
        "conversations": arguments.conversations,
        "first_search_ms": round(first_search, 1),
        "search_own_ms": round(search_own, 2),
        "search_median_ms": median("search", "/v1/graph-ai/search"),
        "enqueue_own_ms": round(enqueue_own, 2),
        "enqueue_median_ms": median("api", "/v1/graph-ai"),
    }))
    call(functions, "DELETE")


if __name__ == "__main__":
    main()
