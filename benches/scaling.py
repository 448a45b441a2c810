#!/usr/bin/env python3
"""Simulates bursts of jobs against the limits of the stack: how long until they are done, what it costs, what is full first.

usage: scaling.py [--jobs N ...] [--mix usual|large] [--worker N ...] [--service N ...] [--indexer N ...] [--tasks N ...]
                  [--seed N] [--prices FILE] [--seconds FILE]

A discrete-event simulation with a seed: the same arguments and tables print the same markdown. Without lists of settings
it varies one at a time around the template's defaults; with them it takes every combination. Seconds of work and dollars
are those of cost.py. What is assumed about AWS is a constant below, with its reason; docs/SCALING.md says what follows.
"""

import argparse
import collections
import dataclasses
import hashlib
import heapq
import itertools
import math
import random

import cost

# The service's step scaling on GraphNode-AI-SQS-High-Depth: from a depth of the first number (above 0) to below the second
# one, so many tasks are added. template.yaml holds the same steps, as bounds relative to the alarm's threshold of 0 (AWS
# takes the lower bound in and leaves the upper one out), and a test of the template compares them with these: change both.
SCALE_OUT = [(0, 10, 1), (10, 100, 3), (100, None, 6)]
# The service goes back to its minimum at once (ExactCapacity) when for so many minutes in a row nothing was visible and
# nothing in flight, so that no busy task is taken: AllDoneAlarm of template.yaml.
QUIET_MINUTES = 3
# Period of the alarms and cooldown of the steps, in seconds; also in template.yaml.
PERIOD = 60
SERVICE_MOST = 10

# How Lambda polls a standard queue: five at once, up to 300 more a minute.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS, MORE_POLLERS_A_SECOND = 5, 300 / 60
# Share of tasks on Spot, of the service and of RunTask alike: FARGATE_SPOT:4,FARGATE:1 of template.yaml.
SPOT_SHARE = 4 / 5
# RunTask calls a second, burst and sustained. https://docs.aws.amazon.com/AmazonECS/latest/userguide/throttling.html
LAUNCHES_A_SECOND = 20
# From RunTask to the program's first line, uniform between both; assumed for an image of 35 MB, not measured.
LEAST_START, MOST_START = 25.0, 50.0
# A drain task ends when nothing came for this long: DrainSettings of shared/jobs/src/drain.rs.
IDLE_SECONDS = 60.0
# Waiting: first and longest delay of shared/jobs/src/defer.rs, receives before a dead letter of service.rs.
FIRST_DELAY, LONGEST_DELAY, MOST_RECEIVES = 4.0, 900.0, 3
# A job that was moved reads its input and its checkpoint again; assumed.
MOVE_SECONDS = 5.0
# Chroma: records a write, writes of one indexer and of one collection in flight; seconds of a write are assumed, the
# local server takes a tenth of it. https://docs.trychroma.com/cloud/quotas-limits
RECORDS_A_WRITE, WRITES_OF_ONE, WRITES_OF_ALL, WRITE_SECONDS = 300, 4, 10, 0.5
# An indexer's invocation beside its writes, and its memory; assumed.
INDEXER_SECONDS, INDEXER_MB = 1.0, 512
# Jobs of a burst arrive evenly within this time.
ARRIVAL_SECONDS = 10.0

# Shares of jobs by conversations: 100, 1,000, 5,000, 20,000. Made up; nobody's traffic is known.
MIXES = {"usual": (0.60, 0.30, 0.08, 0.02), "large": (0.20, 0.40, 0.30, 0.10)}


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a deployment decides: limits of the worker, of the service's tasks, of RunTask, of the indexer."""

    worker: int = 10
    service: int = SERVICE_MOST
    indexer: int = 2
    tasks: int = 10
    least: int = 0


@dataclasses.dataclass
class Outcome:
    """What a burst came to. Times in seconds since its first job."""

    latencies: list
    last_indexed: float
    dollars: float
    utilisation: dict
    waited: dict
    full: dict
    receives: int
    refused: int
    dead: int
    interrupted: int
    most_in_flight: int


def step(depth):
    """The adjustment of one breach at `depth` messages, more than none."""
    return next(add for low, high, add in SCALE_OUT if low <= depth and (high is None or depth < high))


def step_scaling(depth, current, least=0, most=SERVICE_MOST, counted=0):
    """The desired count after one breach of the alarm at `depth` messages, from `current`.

    `counted` are tasks a step added whose cooldown is not over: they count as part of a larger step, and an equal or
    smaller one adds nothing.
    """
    return max(least, min(most, current + max(0, step(depth) - counted)))


def task_dollars(seconds, price):
    """A task of `seconds`, on average over where tasks are started."""
    spot, plain = (cost.task_dollars(seconds, price, kind) for kind in ("fargate_spot", "fargate_x86"))
    return SPOT_SHARE * spot + (1 - SPOT_SHARE) * plain


def backoff(step, task):
    """Seconds until try `step` of `task`: doubling, between half of it and all of it; as shared/jobs/src/defer.rs."""
    whole = min(FIRST_DELAY * 2 ** min(step, 16), LONGEST_DELAY)
    digest = hashlib.sha256(f"{task}:{step}".encode()).digest()
    return whole * (0.5 + int.from_bytes(digest[:3], "big") / 2**25)


def percentile(values, share):
    """The smallest value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Simulation:
    """One burst against one deployment."""

    def __init__(self, sizes, work, settings, price, seed=1):
        """`sizes` are conversations a job, `work` the seconds on one vCPU by conversations."""
        self.settings, self.price, self.random = settings, price, random.Random(seed)
        self.sizes, self.left = sizes, [work[size] for size in sizes]
        self.now, self.order, self.events = 0.0, itertools.count(), []
        self.visible, self.deferred = collections.deque(), 0
        self.received, self.waits = [0] * len(sizes), [0] * len(sizes)
        self.arrived = [ARRIVAL_SECONDS * number / len(sizes) for number in range(len(sizes))]
        self.finished = [None] * len(sizes)
        self.area, self.depth_since, self.counted, self.cool_at = 0.0, 0.0, 0, 0.0
        self.stirred, self.quiet = False, 0
        self.worker_busy, self.sandboxes, self.tasks, self.tokens, self.tokens_at = 0, 0, 0, float(LAUNCHES_A_SECOND), 0.0
        self.desired, self.drains, self.drain_numbers = settings.least, {}, itertools.count()
        self.features, self.indexing, self.writing, self.indexed = collections.deque(), 0, 0, 0
        self.busy, self.waited, self.full, self.dollars = collections.Counter(), collections.Counter(), {}, 0.0
        self.receives = self.refused = self.dead = self.interrupted = self.most_in_flight = 0
        self.last_indexed = 0.0

    # The clock.

    def at(self, delay, call, *arguments):
        """Calls later."""
        heapq.heappush(self.events, (self.now + delay, next(self.order), call, arguments))

    def run(self):
        """Runs until every job is indexed and the service is back at its minimum."""
        for job, when in enumerate(self.arrived):
            self.at(when, self.appear, job)
        for _ in range(self.settings.least):
            self.drain_ready(self.drain_new())
        for second in range(1, math.ceil(max(0, self.settings.worker - POLLERS) / MORE_POLLERS_A_SECOND) + 1):
            self.at(float(second), self.dispatch)
        self.at(PERIOD, self.scale)
        while self.events and not self.over():
            when, _, call, arguments = heapq.heappop(self.events)
            self.wait(when - self.now)
            self.now = when
            call(*arguments)
        for drain in list(self.drains):
            self.drain_end(drain)
        return self.outcome()

    def wait(self, seconds):
        """Counts what jobs wait for: somebody free, capacity for a task of their own, an indexer."""
        self.waited["worker, service"] += len(self.visible) * seconds
        self.waited["tasks"] += self.deferred * seconds
        self.waited["indexer"] += len(self.features) * seconds

    def over(self):
        """Whether nothing is left to do or to pay for."""
        least = self.settings.least
        return self.indexed == len(self.sizes) and len(self.drains) <= least and self.desired <= least

    # The queue.

    def count_depth(self):
        self.area += len(self.visible) * (self.now - self.depth_since)
        self.depth_since = self.now

    def appear(self, job):
        """A message can be received."""
        self.count_depth()
        self.visible.append(job)
        self.stirred = True
        self.dispatch()

    def appear_again(self, job):
        """So can one that waited, as a fresh copy."""
        self.deferred -= 1
        self.appear(job)

    def receive(self):
        """The next message; SQS moves it to the dead letters if it was received too often."""
        self.count_depth()
        job = self.visible.popleft()
        self.receives += 1
        self.received[job] += 1
        self.dead += self.received[job] > MOST_RECEIVES
        return job

    def defer(self, job):
        """No capacity: a fresh copy, which comes later each time."""
        delay = backoff(self.waits[job], job)
        self.waits[job] += 1
        self.received[job] = 0
        self.deferred += 1
        self.at(delay, self.appear_again, job)

    def note_full(self, resource):
        self.full.setdefault(resource, self.now)

    def dispatch(self):
        """Gives messages to whoever is free: the function's pollers, then idle tasks of the service."""
        pollers = min(self.settings.worker, POLLERS + int(MORE_POLLERS_A_SECOND * self.now))
        while self.visible and self.worker_busy < pollers:
            self.worker_start(self.receive())
        if self.visible and self.worker_busy >= self.settings.worker:
            self.note_full("worker")
        if self.visible:
            for drain, state in self.drains.items():
                if state["ready"] and state["job"] is None:
                    self.drain_start(drain, self.receive())
                    if not self.visible:
                        break
        self.most_in_flight = max(self.most_in_flight, self.in_flight())

    def in_flight(self):
        """Messages that were received and not deleted; that of a job with a task of its own was deleted."""
        return self.worker_busy + sum(state["job"] is not None for state in self.drains.values())

    # The worker.

    def worker_start(self, job):
        self.worker_busy += 1
        cold = self.worker_busy > self.sandboxes
        self.sandboxes = max(self.sandboxes, self.worker_busy)
        fits = self.left[job] + cost.CALLS_SECONDS <= cost.FUNCTION_SECONDS - cost.HANDOVER_SECONDS
        seconds = (self.left[job] + cost.CALLS_SECONDS if fits else cost.FORWARD_SECONDS) + cold * cost.COLD_START_SECONDS
        self.busy["worker"] += seconds
        self.dollars += cost.function_dollars(seconds, self.price)
        self.at(seconds, self.worker_end, job, fits)

    def worker_end(self, job, fits):
        self.worker_busy -= 1
        if fits:
            self.finish(job)
        else:
            self.launch(job)
        self.dispatch()

    def launch(self, job):
        """RunTask: a task of its own, or no capacity."""
        self.tokens = min(LAUNCHES_A_SECOND, self.tokens + LAUNCHES_A_SECOND * (self.now - self.tokens_at))
        self.tokens_at = self.now
        if self.tasks >= self.settings.tasks or self.tokens < 1:
            self.note_full("tasks" if self.tasks >= self.settings.tasks else "launches")
            self.refused += 1
            self.defer(job)
            return
        self.tokens -= 1
        self.tasks += 1
        seconds = self.left[job] + cost.CALLS_SECONDS
        self.busy["tasks"] += seconds
        self.dollars += task_dollars(cost.TASK_PULL_SECONDS + seconds, self.price)
        self.at(self.random.uniform(LEAST_START, MOST_START) + seconds, self.task_end, job)

    def task_end(self, job):
        self.tasks -= 1
        self.finish(job)

    # The service.

    def scale(self):
        """The alarms look at what their period held, and the service is told how many tasks it should have."""
        self.count_depth()
        depth, self.area = self.area / PERIOD, 0.0
        self.quiet = 0 if self.stirred else self.quiet + 1
        self.stirred = bool(self.visible) or self.in_flight() > 0
        self.counted = self.counted if self.now < self.cool_at else 0
        before = self.desired
        if depth > 0:
            self.desired = step_scaling(depth, before, self.settings.least, self.settings.service, self.counted)
        elif self.quiet >= QUIET_MINUTES:
            self.desired = self.settings.least
        if self.desired > before:
            # The cooldown begins when the tasks run.
            self.counted, self.cool_at = step(depth), self.now + MOST_START + PERIOD
        if depth > 0 and self.desired == self.settings.service:
            self.note_full("service")
        while len(self.drains) > self.desired:
            self.drain_stop(self.random.choice(list(self.drains)))
        self.replace()
        self.at(PERIOD, self.scale)

    def replace(self):
        """A service keeps its count: it starts tasks that are missing, those that ended by themselves included."""
        while len(self.drains) < self.desired:
            self.at(self.random.uniform(LEAST_START, MOST_START), self.drain_ready, self.drain_new())

    def drain_new(self):
        drain = next(self.drain_numbers)
        self.drains[drain] = {"ready": False, "job": None, "since": self.now, "free": 0, "born": self.now}
        return drain

    def drain_ready(self, drain):
        if drain in self.drains:
            # Billed from here, with the image pull before it.
            self.drains[drain].update(ready=True, born=self.now - cost.TASK_PULL_SECONDS)
            self.drain_free(drain)

    def drain_free(self, drain):
        state = self.drains[drain]
        state.update(job=None, free=state["free"] + 1)
        self.at(IDLE_SECONDS, self.drain_idle, drain, state["free"])
        self.dispatch()

    def drain_idle(self, drain, free):
        state = self.drains.get(drain)
        if state and state["job"] is None and state["free"] == free:
            self.drain_end(drain)
            self.replace()

    def drain_start(self, drain, job):
        self.drains[drain].update(job=job, since=self.now)
        self.at(self.left[job] + cost.CALLS_SECONDS, self.drain_done, drain, job, self.now)

    def drain_done(self, drain, job, since):
        state = self.drains.get(drain)
        if state and state["job"] == job and state["since"] == since:
            self.busy["service"] += self.now - since
            self.finish(job)
            self.drain_free(drain)

    def drain_stop(self, drain):
        """Scale-in takes a task whatever it does; were it busy, its job would save its vectors and go back to the queue."""
        state = self.drains[drain]
        job = state["job"]
        self.drain_end(drain)
        if job is not None:
            done = self.now - state["since"]
            self.busy["service"] += done
            self.interrupted += 1
            self.received[job] = 0
            self.left[job] = max(0.0, self.left[job] - done) + MOVE_SECONDS
            self.appear(job)

    def drain_end(self, drain):
        state = self.drains.pop(drain)
        if state["ready"]:
            self.dollars += task_dollars(self.now - state["born"], self.price)

    # Results and vectors.

    def finish(self, job):
        self.finished[job] = self.now
        self.dollars += cost.request_dollars(self.left[job], self.price)
        self.features.append(job)
        self.index()

    def index(self):
        while self.features and self.indexing < self.settings.indexer:
            job = self.features.popleft()
            self.indexing += 1
            writes = math.ceil(self.sizes[job] / RECORDS_A_WRITE)
            own = min(writes, WRITES_OF_ONE)
            self.writing += own
            # Beyond the collection's quota, writers are told to wait and share what there is.
            crowded = max(1.0, self.writing / WRITES_OF_ALL)
            if self.writing > WRITES_OF_ALL:
                self.note_full("chroma")
            seconds = INDEXER_SECONDS + math.ceil(writes / WRITES_OF_ONE) * WRITE_SECONDS * crowded
            self.busy["indexer"] += seconds
            self.busy["chroma"] += writes * WRITE_SECONDS
            self.dollars += cost.function_dollars(seconds, self.price, INDEXER_MB)
            self.at(seconds, self.index_end, own)
        if self.features:
            self.note_full("indexer")

    def index_end(self, own):
        self.indexing -= 1
        self.writing -= own
        self.indexed += 1
        self.last_indexed = self.now
        self.index()

    def outcome(self):
        latencies = [done - begun for done, begun in zip(self.finished, self.arrived)]
        span = max(self.last_indexed, 1.0)
        limits = {"worker": self.settings.worker, "service": self.settings.service, "tasks": self.settings.tasks,
                  "indexer": self.settings.indexer, "chroma": WRITES_OF_ALL}
        utilisation = {name: self.busy[name] / (limit * span) if limit else 0.0 for name, limit in limits.items()}
        return Outcome(latencies, self.last_indexed, self.dollars, utilisation, self.waited, self.full, self.receives,
                       self.refused, self.dead, self.interrupted, self.most_in_flight)


def burst(jobs, mix, sizes, seed):
    """Conversations of every job of a burst: the mix's shares by largest remainder, in an order from the seed."""
    counts = [int(share * jobs) for share in mix]
    by_remainder = sorted(range(len(mix)), key=lambda place: counts[place] - mix[place] * jobs)
    for place in by_remainder[:jobs - sum(counts)]:
        counts[place] += 1
    drawn = [size for size, count in zip(sizes, counts) for _ in range(count)]
    random.Random(seed).shuffle(drawn)
    return drawn


def simulate(jobs, mix, settings, table, price, seed=1):
    """The outcome of a burst of `jobs` with a mix's shares."""
    work = {build["conversations"]: build["processor_seconds"] * cost.SLOWDOWN for build in table["builds"]}
    return Simulation(burst(jobs, MIXES[mix], sorted(work), seed), work, settings, price, seed).run()


def duration(seconds):
    """Seconds as a person says them."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def row(settings, outcome):
    """One line of the table."""
    first = min(outcome.full, key=outcome.full.get) if outcome.full else None
    used = " ".join(f"{100 * outcome.utilisation[name]:.0f}" for name in ("worker", "service", "tasks", "indexer", "chroma"))
    most = max(outcome.waited, key=outcome.waited.get)
    whole = sum(outcome.waited.values())
    return [settings.worker, f"{settings.least}–{settings.service}", settings.tasks, settings.indexer,
            duration(percentile(outcome.latencies, 0.5)), duration(percentile(outcome.latencies, 0.95)),
            duration(max(outcome.latencies)), duration(outcome.last_indexed), cost.money(outcome.dollars), used,
            f"{first}, {duration(outcome.full[first])}" if first else "nothing",
            f"{most} {100 * outcome.waited[most] / whole:.0f}" if whole else "nothing"]


HEAD = ["worker", "service", "tasks", "indexer", "p50", "p95", "last job", "last indexed", "dollars",
        "used: worker service tasks indexer Chroma, %", "full first, after", "waited for, %"]


def usual_settings():
    """The defaults, and one setting at a time changed; then all of them together."""
    default = Settings()
    yield default
    yield from (dataclasses.replace(default, worker=worker) for worker in (2, 50, 200))
    yield from (dataclasses.replace(default, service=service) for service in (0, 1, 50))
    yield dataclasses.replace(default, service=1, least=1)
    yield from (dataclasses.replace(default, indexer=indexer) for indexer in (1, 5))
    yield Settings(worker=50, service=0)
    yield Settings(worker=50, service=10, indexer=2, tasks=50)
    yield Settings(worker=200, service=0, indexer=2, tasks=100)
    yield Settings(worker=200, service=50, indexer=5, tasks=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[10, 1_000, 100_000])
    parser.add_argument("--mix", choices=MIXES, default="usual")
    for name in ("worker", "service", "indexer", "tasks"):
        parser.add_argument(f"--{name}", type=int, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prices", default=cost.PRICES)
    parser.add_argument("--seconds", default=cost.SECONDS)
    arguments = parser.parse_args()
    price, table = cost.dollars(cost.load(arguments.prices)), cost.load(arguments.seconds)
    lists = {name: getattr(arguments, name) for name in ("worker", "service", "indexer", "tasks")}
    given = {name: values for name, values in lists.items() if values}
    products = (Settings(**dict(zip(given, values))) for values in itertools.product(*given.values()))
    chosen = list(products if given else usual_settings())
    for jobs in arguments.jobs:
        run = lambda settings: simulate(jobs, arguments.mix, settings, table, price, arguments.seed)
        rows = [row(settings, run(settings)) for settings in chosen]
        title = f"{jobs:,} jobs within {ARRIVAL_SECONDS:.0f} s, mix {arguments.mix}:"
        print(f"{title}\n\n{cost.markdown(HEAD, rows)}\n", flush=True)


if __name__ == "__main__":
    main()
