"""The rules of scaling.py by hand, and what must hold in every simulation."""

import dataclasses
import os
import subprocess
import sys
import unittest

import cost
import scaling
from scaling import Settings, Simulation, backoff, burst, percentile, step_scaling

PRICE = cost.dollars(cost.load(cost.PRICES))
TABLE = cost.load(cost.SECONDS)
# Seconds by conversations: one that fits the function, one that does not.
WORK = {100: 10.0, 20_000: 1_000.0}


def simulated(sizes, **settings):
    """A simulation of these jobs that has run, and its outcome."""
    simulation = Simulation(sizes, WORK, Settings(**settings), PRICE)
    return simulation, simulation.run()


class Steps(unittest.TestCase):
    def test_the_deeper_the_queue_the_more_tasks_are_added(self):
        self.assertEqual([step_scaling(depth, 0) for depth in (0.5, 9.9, 10, 99, 100, 5_000)], [1, 1, 3, 3, 6, 6])

    def test_the_count_stays_between_least_and_most(self):
        self.assertEqual(step_scaling(5_000, 8), 10)
        self.assertEqual(step_scaling(5_000, 8, most=50), 14)
        self.assertEqual(step_scaling(1, 1, least=3), 3)
        self.assertEqual(step_scaling(5_000, 0, most=0), 0)

    def test_within_a_cooldown_only_what_a_larger_step_adds_more_is_added(self):
        self.assertEqual(step_scaling(50, 3, counted=3), 3)
        self.assertEqual(step_scaling(500, 3, counted=3), 6)
        self.assertEqual(step_scaling(5, 3, counted=3), 3)

    def test_the_steps_leave_no_gap_and_end_open(self):
        self.assertEqual(scaling.SCALE_OUT[0][0], 0)
        self.assertIsNone(scaling.SCALE_OUT[-1][1])
        for (_, high, added), (low, _, more) in zip(scaling.SCALE_OUT, scaling.SCALE_OUT[1:]):
            self.assertEqual(high, low)
            self.assertLess(added, more)

    def test_a_task_costs_what_it_does_where_it_is_started(self):
        price = {f"fargate_{kind}_{what}_hour": 3600 * usd for kind, usd in (("spot", 1), ("x86", 6)) for what in ("vcpu", "gb")}
        # 1 vCPU and 2 GB for 100 s: 300 on Spot, 1,800 on plain Fargate, one of five there.
        self.assertAlmostEqual(scaling.task_dollars(100, price), 600)


class Waiting(unittest.TestCase):
    def test_delays_double_to_a_ceiling_and_differ_between_jobs(self):
        for number in range(40):
            whole = min(4 * 2**number, 900)
            self.assertTrue(whole / 2 <= backoff(number, 7) <= whole)
        self.assertEqual(backoff(3, 1), backoff(3, 1))
        self.assertNotEqual(backoff(3, 1), backoff(3, 2))

    def test_a_job_that_waits_is_never_a_dead_letter(self):
        _, outcome = simulated([20_000] * 40, tasks=1, service=0)
        self.assertEqual(outcome.dead, 0)
        # They waited far more often than a message may be received.
        self.assertGreater(outcome.receives, 40 * scaling.MOST_RECEIVES)
        self.assertGreater(outcome.refused, 0)
        self.assertEqual(max(outcome.waited, key=outcome.waited.get), "tasks")


class Bursts(unittest.TestCase):
    def test_a_burst_has_the_shares_of_its_mix(self):
        sizes = [100, 1_000, 5_000, 20_000]
        for jobs in (1, 10, 1_000):
            drawn = burst(jobs, scaling.MIXES["usual"], sizes, seed=3)
            self.assertEqual(len(drawn), jobs)
            for size, share in zip(sizes, scaling.MIXES["usual"]):
                self.assertLess(abs(drawn.count(size) - share * jobs), 1)
        self.assertNotEqual(burst(50, scaling.MIXES["usual"], sizes, 1), burst(50, scaling.MIXES["usual"], sizes, 2))

    def test_the_shares_of_every_mix_make_one(self):
        for mix in scaling.MIXES.values():
            self.assertAlmostEqual(sum(mix), 1)

    def test_percentiles_are_values_that_occurred(self):
        self.assertEqual(percentile([4, 1, 3, 2], 0.5), 2)
        self.assertEqual(percentile([4, 1, 3, 2], 0.95), 4)
        self.assertEqual(percentile([4], 0.0), 4)


class Simulations(unittest.TestCase):
    def test_one_small_job_takes_its_work_a_cold_start_and_its_calls(self):
        _, outcome = simulated([100])
        self.assertAlmostEqual(outcome.latencies[0], 10 + cost.CALLS_SECONDS + cost.COLD_START_SECONDS)
        self.assertAlmostEqual(outcome.last_indexed - outcome.latencies[0], scaling.INDEXER_SECONDS + scaling.WRITE_SECONDS)
        self.assertFalse(outcome.full)

    def test_one_large_job_goes_to_a_task_of_its_own(self):
        _, outcome = simulated([20_000])
        forward = cost.FORWARD_SECONDS + cost.COLD_START_SECONDS
        fixed = forward + 1_000 + cost.CALLS_SECONDS
        self.assertTrue(fixed + scaling.LEAST_START <= outcome.latencies[0] <= fixed + scaling.MOST_START)
        self.assertGreater(outcome.dollars, scaling.task_dollars(1_000, PRICE))

    def test_as_many_run_at_once_as_the_worker_may(self):
        _, outcome = simulated([100] * 20, worker=2, service=0)
        # Ten rounds of two, the first with a cold start.
        self.assertAlmostEqual(max(outcome.latencies) + scaling.ARRIVAL_SECONDS, 10 * 10.5 + 1, delta=10)
        self.assertIn("worker", outcome.full)

    def test_pollers_grow_to_the_limit_and_not_at_once(self):
        _, many = simulated([100] * 400, worker=200, service=0)
        self.assertGreater(max(many.latencies), 20)
        self.assertLessEqual(many.utilisation["worker"], 1)

    def test_every_job_ends_once_whatever_the_settings(self):
        for settings in (Settings(), Settings(worker=2, service=1, indexer=1), Settings(worker=200, service=50, indexer=5),
                         Settings(service=1, least=1)):
            for seed in (1, 2):
                outcome = scaling.simulate(300, "usual", settings, TABLE, PRICE, seed)
                self.assertEqual(len(outcome.latencies), 300)
                self.assertTrue(all(latency > 0 for latency in outcome.latencies))
                self.assertGreaterEqual(outcome.last_indexed, max(outcome.latencies))
                self.assertEqual(outcome.dead, 0)
                self.assertTrue(all(0 <= used <= 1 for used in outcome.utilisation.values()), outcome.utilisation)

    def test_the_service_grows_to_its_most_and_ends(self):
        simulation, outcome = simulated([100] * 3_000, worker=2, service=10)
        self.assertIn("service", outcome.full)
        self.assertEqual(simulation.desired, 0)
        self.assertFalse(simulation.drains)

    def test_no_task_is_taken_while_anything_waits_or_is_being_done(self):
        for settings in (Settings(), Settings(worker=2), Settings(worker=50, tasks=50), Settings(service=1, least=1)):
            outcome = scaling.simulate(1_000, "usual", settings, TABLE, PRICE)
            self.assertEqual(outcome.interrupted, 0)

    def test_the_service_goes_to_its_minimum_at_once_when_all_was_quiet_for_some_periods(self):
        simulation = Simulation([100], WORK, Settings(least=1), PRICE)
        simulation.desired, simulation.worker_busy = 10, 1
        desired = []
        for minute in range(1, 7):
            simulation.now = simulation.depth_since = minute * scaling.PERIOD
            if minute == 3:
                simulation.worker_busy = 0
            simulation.scale()
            desired.append(simulation.desired)
        # Until the third minute a message was in flight; the three after it are quiet.
        self.assertEqual(desired, [10, 10, 10, 10, 10, 1])

    def test_a_busy_task_that_is_taken_costs_its_job_a_move_and_no_more(self):
        simulation = Simulation([20_000], WORK, Settings(worker=2, service=1), PRICE)
        drain = simulation.drain_new()
        simulation.drain_ready(drain)
        simulation.now = 5.0
        simulation.drain_start(drain, 0)
        simulation.now = 405.0
        simulation.worker_busy = 2
        simulation.drain_stop(drain)
        self.assertEqual(simulation.interrupted, 1)
        self.assertAlmostEqual(simulation.left[0], 600 + scaling.MOVE_SECONDS)
        self.assertEqual(list(simulation.visible), [0])

    def test_a_deep_queue_adds_again_only_after_the_cooldown(self):
        simulation = Simulation([100], WORK, Settings(), PRICE)
        desired = []
        for minute in (1, 2, 3):
            simulation.now = simulation.depth_since = minute * scaling.PERIOD
            simulation.area = 50 * scaling.PERIOD
            simulation.scale()
            desired.append(simulation.desired)
        # Tasks run after 50 s at most, and the cooldown is a minute from then.
        self.assertEqual(desired, [3, 3, 6])

    def test_a_task_ends_when_nothing_came_for_its_idle_time(self):
        simulation = Simulation([100], WORK, Settings(), PRICE)
        simulation.drain_ready(simulation.drain_new())
        self.assertEqual([when for when, *_ in simulation.events], [scaling.IDLE_SECONDS])

    def test_a_service_starts_a_task_again_that_ended_by_itself(self):
        simulation = Simulation([100], WORK, Settings(service=2), PRICE)
        simulation.desired = 1
        simulation.replace()
        (first,) = simulation.drains
        simulation.drain_ready(first)
        simulation.drain_idle(first, 1)
        self.assertEqual(len(simulation.drains), 1)
        self.assertNotIn(first, simulation.drains)

    def test_more_indexers_than_chroma_lets_write_share_its_quota(self):
        few = Simulation([20_000] * 5, WORK, Settings(indexer=2), PRICE)
        many = Simulation([20_000] * 5, WORK, Settings(indexer=5), PRICE)
        for simulation in (few, many):
            simulation.features.extend(range(5))
            simulation.index()
        self.assertNotIn("chroma", few.full)
        self.assertIn("chroma", many.full)
        # 17 rounds of half a second each; the fifth writer makes 20 writes where 10 may be: twice as long.
        self.assertAlmostEqual(max(when for when, *_ in few.events), scaling.INDEXER_SECONDS + 17 * 0.5)
        self.assertAlmostEqual(max(when for when, *_ in many.events), scaling.INDEXER_SECONDS + 17 * 0.5 * 2)

    def test_tasks_are_started_no_faster_than_their_api_lets(self):
        simulation = Simulation([20_000] * 30, WORK, Settings(tasks=100), PRICE)
        for job in range(30):
            simulation.launch(job)
        self.assertEqual(simulation.tasks, scaling.LAUNCHES_A_SECOND)
        self.assertEqual(simulation.refused, 30 - scaling.LAUNCHES_A_SECOND)
        self.assertIn("launches", simulation.full)
        simulation.now = 0.5
        simulation.launch(0)
        self.assertEqual(simulation.tasks, scaling.LAUNCHES_A_SECOND + 1)

    def test_more_of_everything_is_never_later(self):
        small = scaling.simulate(500, "usual", Settings(worker=10, service=0), TABLE, PRICE)
        large = scaling.simulate(500, "usual", Settings(worker=50, service=0, tasks=50, indexer=2), TABLE, PRICE)
        self.assertLess(percentile(large.latencies, 0.5), percentile(small.latencies, 0.5))
        self.assertLessEqual(max(large.latencies), max(small.latencies))

    def test_settings_are_those_of_the_template(self):
        expected = {"worker": 10, "service": 10, "indexer": 2, "tasks": 10, "least": 0}
        self.assertEqual(dataclasses.asdict(Settings()), expected)

    def test_the_guide_shows_what_the_command_prints(self):
        with open(os.path.join(cost.HERE, "..", "docs", "SCALING.md"), encoding="utf-8") as file:
            guide = file.read()
        # The largest burst takes a minute and stands there by the same command.
        for jobs in (10, 1_000):
            rows = [scaling.row(settings, scaling.simulate(jobs, "usual", settings, TABLE, PRICE))
                    for settings in scaling.usual_settings()]
            self.assertIn(cost.markdown(scaling.HEAD, rows), guide)

    def test_the_command_prints_the_same_twice(self):
        command = [sys.executable, scaling.__file__, "--jobs", "50", "--worker", "2", "10", "--indexer", "1"]
        run = lambda: subprocess.run(command, capture_output=True, check=True).stdout.decode()
        first = run()
        self.assertEqual(first, run())
        self.assertIn("50 jobs within 10 s", first)
        self.assertEqual(first.count("\n| 2 |") + first.count("\n| 10 |"), 2)


if __name__ == "__main__":
    unittest.main()
