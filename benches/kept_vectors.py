#!/usr/bin/env python3
"""Measures what kept vectors save: a history again, the same with some new conversations, and a job killed in the middle.

usage: python3 benches/kept_vectors.py [--program FILE] [--model FOLDER] [--conversations N] [--new N] [--json]

Runs `graphnode serve` twice on an empty folder and sends it exports over HTTP, the mixture of build_seconds.py. On the
first: N conversations, the same file again, then N and some new ones, each compared with the first in one run. On the
second: the N alone, killed with SIGKILL when half of the texts are embedded, and started again. Texts are counted by the
program (the line "texts encoded"), seconds run from the request to the completed job.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from build_seconds import processor, texts_of, write_export

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
API = "/v1/graph-ai"
COUNTED = re.compile(r"texts encoded.*embedded=(\d+).*recalled=(\d+)")


class Server:
    """`graphnode serve` on a folder."""

    def __init__(self, program, model, data):
        command = [program, "serve", "--json", "--verbose", "--port", "0", "--data", data, "--model", model]
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        environment = {**os.environ, "NO_COLOR": "1"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{program} does not serve: {self._said()[-500:]}")
        self.address = f"http://127.0.0.1:{json.loads(line)['port']}"

    def call(self, method, path, body=None):
        """A JSON answer."""
        request = urllib.request.Request(self.address + path, body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as response:
            content = response.read()
        return json.loads(content) if content else None

    def ask(self, export):
        """Uploads a file and asks for its graph; gives the job's id."""
        with open(export, "rb") as file:
            content = file.read()
        announced = {"bytes": len(content), "contentType": "application/json"}
        upload = self.call("POST", f"{API}/uploads", json.dumps(announced).encode())["uploadId"]
        self.call("PUT", f"{API}/uploads/{upload}/content", content)
        return self.call("POST", API, json.dumps({"uploadId": upload}).encode())["taskId"]

    def wait(self, task, until):
        """Waits until a job is as it should be; gives the job."""
        while True:
            job = self.call("GET", f"{API}/tasks/{task}")
            if job["status"] in ("failed", "cancelled"):
                raise SystemExit(f"the job is {job['status']}: {job.get('error')}")
            if until(job):
                return job
            time.sleep(0.05)

    def counted(self):
        """Texts embedded and recalled by the last job that made its results."""
        found = COUNTED.findall(self._said())
        if not found:
            raise SystemExit("no job has said what it encoded")
        return tuple(int(number) for number in found[-1])

    def _said(self):
        self.log.seek(0)
        return self.log.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Kills it at once."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


def finished(job):
    """Whether its results can be read."""
    return job["status"] in ("completed", "indexed")


def half_embedded(job):
    """Whether half of its texts are embedded."""
    stage = job.get("stage") or {}
    return stage.get("name") == "embed" and (stage.get("percent") or 0) >= 50


def timed(server, begin):
    """Seconds of the job that `begin` names and what it encoded."""
    begun = time.perf_counter()
    server.wait(begin(), finished)
    seconds = time.perf_counter() - begun
    embedded, recalled = server.counted()
    return {"seconds": round(seconds, 2), "embedded": embedded, "recalled": recalled}


def measure(arguments, folder):
    """All figures."""
    texts = texts_of(os.path.join(ROOT, "examples/sample/conversations.json"))
    first, more = os.path.join(folder, "first.json"), os.path.join(folder, "more.json")
    write_export(first, arguments.conversations, texts)
    write_export(more, arguments.conversations + arguments.new, texts)
    rows = {}

    def serve(data):
        return Server(arguments.program, arguments.model, os.path.join(folder, data))

    with serve("quiet") as server:
        rows["the first time"] = timed(server, lambda: server.ask(first))
        rows["the same again"] = timed(server, lambda: server.ask(first))
        rows[f"with {arguments.new} new conversations"] = timed(server, lambda: server.ask(more))
    with serve("killed") as server:
        task = server.ask(first)
        server.wait(task, half_embedded)
    with serve("killed") as server:
        rows["after a kill in the middle"] = timed(server, lambda: task)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.path.join(ROOT, "target/release/graphnode"))
    parser.add_argument("--model", default=os.path.join(ROOT, "models/all-MiniLM-L6-v2"))
    parser.add_argument("--conversations", type=int, default=5_000)
    parser.add_argument("--new", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(arguments, folder)
    whole = rows["the first time"]["seconds"]
    if arguments.json:
        print(json.dumps({"machine": processor(), "conversations": arguments.conversations, "jobs": rows}))
        return
    print(f"{arguments.conversations:,} conversations, {processor()}, {os.cpu_count()} processors\n")
    print("| job | seconds | of the first | texts embedded | recalled |\n|---|---|---|---|---|")
    for name, row in rows.items():
        share = row["seconds"] / whole
        print(f"| {name} | {row['seconds']:.1f} | {share:.3f} | {row['embedded']:,} | {row['recalled']:,} |")


if __name__ == "__main__":
    sys.exit(main())
