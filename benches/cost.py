#!/usr/bin/env python3
"""What 1,000 jobs cost in a function, in a task and in an always-on worker, from measured seconds and dated prices.

usage: cost.py [--slowdown F] [--image-megabytes N] [--prices FILE] [--seconds FILE]
       cost.py --measure --program PATH --model FOLDER [--sample FILE] [--sizes N ...] > measured_seconds.json

Prints markdown tables; the same tables of prices and seconds give the same text. `--measure` builds generated exports
with the program instead and prints the table of seconds (see build_seconds.py); only the standard library is needed.

Not in it: Chroma (billed by Chroma), the free tiers, transfer to the internet, tax, and the backend. Everything that is
assumed and not measured is a constant below with its reason.
"""

import argparse
import json
import math
import os

HERE = os.path.dirname(os.path.abspath(__file__))
PRICES = os.path.join(HERE, "prices.json")
SECONDS = os.path.join(HERE, "measured_seconds.json")
SAMPLE = os.path.join(HERE, "..", "examples", "sample", "conversations.json")

# One vCPU of Lambda, the size the worker has; a function is billed by memory, its vCPUs follow from it.
FUNCTION_MB = 1769
# The customer's task.
TASK_VCPUS, TASK_GB = 1, 2
# A vCPU in the cloud is a hyper-thread, and Lambda promises AVX2 only, where the measured machine has whole cores with
# AVX-512: half as fast at worst. The same as SAFETY of shared/jobs/src/routing.rs. Costs of work are proportional to it.
SLOWDOWN = 2.0
# The template's timeout of the worker, and what of it is kept for handing over.
FUNCTION_SECONDS, HANDOVER_SECONDS = 300, 20
# Start of a sandbox with 43 MB of program and model, which is billed; assumed, not measured in Lambda.
COLD_START_SECONDS = 1.0
# Share of invocations that start one: a burst's first ones, then they are reused.
COLD_SHARE = 0.1
# What a job waits for S3 and SQS: a dozen calls of some tens of milliseconds; assumed.
CALLS_SECONDS = 0.5
# The worker's invocation that starts a task: HEAD, record, RunTask; assumed.
FORWARD_SECONDS = 1.0
# Fargate bills from the image pull, a minute at least; the pull itself is assumed.
TASK_LEAST_SECONDS, TASK_PULL_SECONDS = 60, 15
# Program, model, libraries and certificates, compressed (10 + 21 + 3 MB measured with gzip on the files of a build).
IMAGE_MEGABYTES = 35
# Requests to S3 of a job: record, marker, claim, launch, completion, result and pointer are read and written (7), six
# results and the indexer's end are written (7); inputs, pointer and results are read (8).
JOB_PUTS, JOB_GETS = 14, 15
# The record is written again every three seconds at most while the job works (`note` of shared/jobs/src/service.rs).
SECONDS_A_NOTE = 3
# Messages to and from SQS of a job beside its progress: sent, received, deleted for request, result and indexing.
JOB_MESSAGES = 9
# Bytes of log a job writes; assumed, a dozen JSON lines.
LOG_BYTES = 6_000
# The backend's requests of a job over HTTP: upload, enqueue, a poll every three seconds is not counted here.
API_REQUESTS = 6
# Metrics that the alarms of template.yaml look at: an alarm is billed by them.
ALARM_METRICS = 29
HOURS_A_MONTH = 730
SECONDS_A_DAY = 86_400


def load(path):
    """A JSON file."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def dollars(table):
    """The prices of a table by name."""
    return {name: entry["usd"] for name, entry in table["prices"].items()}


def function_dollars(seconds, price, megabytes=FUNCTION_MB, arm=False):
    """One invocation of a function of `megabytes` that is billed for `seconds`."""
    rate = price["lambda_arm_gb_second" if arm else "lambda_x86_gb_second"]
    return math.ceil(seconds * 1000) / 1000 * megabytes / 1024 * rate + price["lambda_request"]


def task_dollars(seconds, price, kind="fargate_x86", vcpus=TASK_VCPUS, gigabytes=TASK_GB):
    """One task that lived for `seconds` from the beginning of its image pull; `kind` is the prefix of its prices."""
    billed = max(TASK_LEAST_SECONDS, math.ceil(seconds))
    return billed / 3600 * (vcpus * price[f"{kind}_vcpu_hour"] + gigabytes * price[f"{kind}_gb_hour"])


def request_dollars(seconds, price):
    """What a job that works `seconds` asks of S3, SQS, the logs and the HTTP API."""
    notes = seconds / SECONDS_A_NOTE
    # Progress goes out once a second at most, and the backend receives and deletes it.
    messages = JOB_MESSAGES + 3 * seconds
    return ((JOB_PUTS + notes) * price["s3_put"] + (JOB_GETS + notes) * price["s3_get"]
            + messages * price["sqs_request"] + LOG_BYTES / 1e9 * price["logs_gb"]
            + API_REQUESTS * price["api_http_request"])


def in_function(work, price, arm=False):
    """Dollars of a job of `work` seconds in the function; `None` where the function's time is too short."""
    if work + CALLS_SECONDS > FUNCTION_SECONDS - HANDOVER_SECONDS:
        return None
    billed = work + CALLS_SECONDS + COLD_SHARE * COLD_START_SECONDS
    return function_dollars(billed, price, arm=arm) + request_dollars(work, price)


def in_task(work, price, kind="fargate_x86", image_megabytes=0):
    """Dollars of a job of `work` seconds in a task of its own, with the invocation that starts it.

    `image_megabytes` come through the NAT gateway; 0 where a gateway endpoint of S3 brings the image's layers.
    """
    task = task_dollars(TASK_PULL_SECONDS + work + CALLS_SECONDS, price, kind)
    forward = function_dollars(FORWARD_SECONDS, price)
    return task + forward + request_dollars(work, price) + image_megabytes / 1000 * price["nat_gb"]


def always_on(work, jobs_a_day, price):
    """Tasks that run day and night so that `jobs_a_day` of `work` seconds fit, and dollars a job."""
    tasks = max(1, math.ceil(jobs_a_day * work / SECONDS_A_DAY))
    return tasks, tasks * task_dollars(SECONDS_A_DAY, price) / jobs_a_day


def fixed_month(price, nat_gateways=1):
    """What is paid in a month without a single job, by name."""
    return {
        "NAT gateway, with its address": nat_gateways * HOURS_A_MONTH * (price["nat_hour"] + price["public_ipv4_hour"]),
        "one secret (Chroma's key)": price["secret_month"],
        f"alarms on {ALARM_METRICS} metrics": ALARM_METRICS * price["alarm_month"],
        "one custom metric, if a job feeds it every hour": price["metric_month"],
        "1 GB of images": price["ecr_gb_month"],
        "an always-on task of 1 vCPU and 2 GB (minimum of the service 1)": HOURS_A_MONTH / 24
        * task_dollars(SECONDS_A_DAY, price),
    }


def markdown(head, rows):
    """A table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def money(value):
    """Dollars with three figures that count."""
    if value is None:
        return "–"
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 2
    return f"{value:,.{min(digits, 4)}f}"


def jobs_table(builds, price, slowdown, image):
    """Dollars of 1,000 jobs by size and place."""
    rows = []
    for build in builds:
        work = build["processor_seconds"] * slowdown
        each = [in_function(work, price), in_function(work, price, arm=True), in_task(work, price),
                in_task(work, price, "fargate_arm"), in_task(work, price, "fargate_spot")]
        through_nat = in_task(work, price, image_megabytes=image)
        costs = [money(cost and cost * 1000) for cost in [*each, through_nat]]
        rows.append([f"{build['conversations']:,}", f"{work:,.0f}", *costs])
    head = ["conversations", "seconds", "Lambda", "Lambda arm", "Fargate", "Fargate arm", "Fargate Spot",
            "Fargate, image through NAT"]
    return markdown(head, rows)


def always_on_table(table, price, slowdown):
    """Dollars of 1,000 jobs with workers that are always there, ours and the one it replaces."""
    old = table["old_worker"]
    rows = []
    for build in table["builds"]:
        size = build["conversations"]
        own = build["processor_seconds"] * slowdown
        before = old["wall_seconds"] / old["conversations"] * size * slowdown
        row = [f"{size:,}"]
        for work in (own, before):
            for jobs in (10, 1_000, 10_000):
                tasks, each = always_on(work, jobs, price)
                row.append(f"{money(each * 1000)} ({tasks:,})")
        rows.append(row)
    columns = [f"{who}, {jobs} a day" for who in ("GraphNode", "before") for jobs in ("10", "1,000", "10,000")]
    head = ["conversations", *columns]
    return markdown(head, rows)


def report(prices, seconds, slowdown, image):
    """The whole text."""
    price = dollars(prices)
    unverified = [name for name, entry in prices["prices"].items() if not entry["verified"]]
    read = max(entry["read"] for entry in prices["prices"].values())
    fixed = [[name, money(cost)] for name, cost in fixed_month(price).items()]
    return "\n".join([
        f"Seconds: {seconds['what']}; {seconds['machine']}, {seconds['date']}; times {slowdown:g} for a vCPU of the cloud.",
        f"Prices: ap-northeast-2, read {read}; not verified: {', '.join(unverified) or 'none'}.",
        "", "Dollars of 1,000 jobs:", "", jobs_table(seconds["builds"], price, slowdown, image),
        "", "Dollars of 1,000 jobs with workers that are always there (how many of them):", "",
        always_on_table(seconds, price, slowdown),
        "", "Dollars of a month without a job:", "", markdown(["what", "dollars"], fixed),
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prices", default=PRICES)
    parser.add_argument("--seconds", default=SECONDS)
    parser.add_argument("--slowdown", type=float, default=SLOWDOWN)
    parser.add_argument("--image-megabytes", type=float, default=IMAGE_MEGABYTES)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--program", default=os.path.join(HERE, "..", "target", "release", "graphnode"))
    parser.add_argument("--model", default=os.environ.get("GRAPHNODE_MODEL", "models/all-MiniLM-L6-v2"))
    parser.add_argument("--sample", default=SAMPLE)
    parser.add_argument("--sizes", type=int, nargs="+")
    arguments = parser.parse_args()
    if arguments.measure:
        # Only here: whoever reads the tables needs neither a program nor a processor's name.
        import build_seconds

        sizes = arguments.sizes or build_seconds.SIZES
        measured = build_seconds.table(arguments.program, arguments.model, arguments.sample, sizes)
        measured["old_worker"] = load(SECONDS)["old_worker"]
        print(json.dumps(measured, indent=2))
        return
    print(report(load(arguments.prices), load(arguments.seconds), arguments.slowdown, arguments.image_megabytes))


if __name__ == "__main__":
    main()
