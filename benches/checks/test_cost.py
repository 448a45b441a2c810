"""The arithmetic of cost.py, against sums made by hand."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import build_seconds
import cost

PRICE = {
    "lambda_x86_gb_second": 0.00002, "lambda_arm_gb_second": 0.00001, "lambda_request": 0.001,
    "fargate_x86_vcpu_hour": 3.6, "fargate_x86_gb_hour": 1.8, "fargate_spot_vcpu_hour": 0.36, "fargate_spot_gb_hour": 0.18,
    "s3_put": 0.0, "s3_get": 0.0, "sqs_request": 0.0, "logs_gb": 0.0, "api_http_request": 0.0, "nat_gb": 0.5,
}


class Functions(unittest.TestCase):
    def test_a_function_is_billed_by_memory_and_milliseconds(self):
        self.assertAlmostEqual(cost.function_dollars(10, PRICE, megabytes=1024), 10 * 0.00002 + 0.001)
        self.assertAlmostEqual(cost.function_dollars(0.0001, PRICE, megabytes=2048), 0.001 * 2 * 0.00002 + 0.001)
        self.assertAlmostEqual(cost.function_dollars(10, PRICE, megabytes=1024, arm=True), 10 * 0.00001 + 0.001)

    def test_what_takes_too_long_has_no_price_in_a_function(self):
        longest = cost.FUNCTION_SECONDS - cost.HANDOVER_SECONDS - cost.CALLS_SECONDS
        self.assertIsNotNone(cost.in_function(longest, PRICE))
        self.assertIsNone(cost.in_function(longest + 1, PRICE))


    def test_a_job_pays_for_its_calls_and_its_share_of_cold_starts(self):
        seconds = 10 + cost.CALLS_SECONDS + cost.COLD_SHARE * cost.COLD_START_SECONDS
        self.assertAlmostEqual(cost.in_function(10, PRICE), cost.function_dollars(seconds, PRICE))


class Tasks(unittest.TestCase):
    def test_a_task_is_billed_a_minute_at_least_and_whole_seconds(self):
        # 1 vCPU and 2 GB: 3.6 + 2 * 1.8 = 7.2 an hour, 0.002 a second.
        self.assertAlmostEqual(cost.task_dollars(1, PRICE), 0.12)
        self.assertAlmostEqual(cost.task_dollars(60, PRICE), 0.12)
        self.assertAlmostEqual(cost.task_dollars(60.2, PRICE), 0.122)
        self.assertAlmostEqual(cost.task_dollars(100, PRICE, "fargate_spot"), 0.02)

    def test_an_image_through_nat_costs_extra_with_every_task(self):
        free = cost.in_task(10, PRICE)
        self.assertAlmostEqual(cost.in_task(10, PRICE, image_megabytes=100) - free, 0.05)

    def test_always_on_workers_are_as_many_as_the_day_needs(self):
        day = cost.task_dollars(cost.SECONDS_A_DAY, PRICE)
        self.assertEqual(cost.always_on(8.64, 10, PRICE), (1, day / 10))
        self.assertEqual(cost.always_on(8.64, 10_000, PRICE), (1, day / 10_000))
        self.assertEqual(cost.always_on(8.64, 10_001, PRICE), (2, 2 * day / 10_001))


class Requests(unittest.TestCase):
    def test_a_longer_job_asks_for_more(self):
        price = cost.dollars(cost.load(cost.PRICES))
        self.assertGreater(cost.request_dollars(600, price), cost.request_dollars(6, price))
        # Requests are small beside the work, or the table of places would be wrong about what matters.
        self.assertLess(cost.request_dollars(80, price), 0.2 * cost.function_dollars(80, price))


class Tables(unittest.TestCase):
    def test_every_price_says_where_it_is_from(self):
        table = cost.load(cost.PRICES)
        for name, entry in table["prices"].items():
            with self.subTest(name):
                self.assertGreater(entry["usd"], 0)
                self.assertTrue(entry["source"].startswith("https://"))
                self.assertRegex(entry["read"], r"^\d{4}-\d{2}-\d{2}$")
                self.assertIs(type(entry["verified"]), bool)
                self.assertTrue(entry["quoted"])
                self.assertEqual(entry["region"], "ap-northeast-2")
                self.assertTrue(entry["verified"] or entry.get("note"))

    def test_every_time_says_what_it_was_measured_on(self):
        table = cost.load(cost.SECONDS)
        self.assertTrue(table["machine"] and table["date"] and table["what"])
        self.assertEqual([build["conversations"] for build in table["builds"]], build_seconds.SIZES)
        seconds = [build["processor_seconds"] for build in table["builds"]]
        self.assertEqual(seconds, sorted(seconds))

    def test_figures_are_written_with_three_digits_that_count(self):
        self.assertEqual(cost.money(1234.5), "1,234")
        self.assertEqual(cost.money(12.34), "12.3")
        self.assertEqual(cost.money(0.01234), "0.0123")
        self.assertEqual(cost.money(None), "–")

    def test_the_command_prints_the_same_twice(self):
        run = lambda: subprocess.run([sys.executable, cost.__file__], capture_output=True, check=True).stdout
        first = run()
        self.assertEqual(first, run())
        self.assertIn(b"| 20,000 |", first)


class Exports(unittest.TestCase):
    def test_a_generated_export_is_one_of_its_size_without_twins(self):
        texts = build_seconds.texts_of(cost.SAMPLE)
        self.assertGreater(len(texts), 500)
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            length = build_seconds.write_export(file.name, 300, texts)
            with open(file.name, encoding="utf-8") as written:
                whole = written.read()
        self.assertEqual(length, len(whole.encode()))
        conversations = json.loads(whole)
        self.assertEqual(len(conversations), 300)
        text = lambda node: node["message"]["content"]["parts"][0]
        words = {tuple(text(node) for node in item["mapping"].values()) for item in conversations}
        self.assertEqual(len(words), 300)
        last = conversations[-1]
        self.assertIn(last["current_node"], last["mapping"])
        self.assertEqual(sum(node["parent"] is None for node in last["mapping"].values()), 1)

    def test_more_conversations_than_messages_are_still_no_twins(self):
        texts = [str(number) for number in range(50)]
        text = lambda node: node["message"]["content"]["parts"][0]
        made = [build_seconds.conversation(number, texts) for number in range(200)]
        self.assertEqual(len({tuple(map(text, item["mapping"].values())) for item in made}), 200)

    def test_the_program_is_measured_and_its_failure_is_told(self):
        wall, processor, memory = build_seconds.measured([sys.executable, "-c", "sum(range(3_000_000))"])
        self.assertGreater(wall, 0)
        self.assertGreater(processor, 0)
        self.assertGreater(memory, 1)
        with self.assertRaises(SystemExit) as caught:
            build_seconds.measured([sys.executable, "-c", "raise SystemExit('no model')"])
        self.assertIn("no model", str(caught.exception))


class Documents(unittest.TestCase):
    def test_the_guide_shows_what_the_command_prints(self):
        path = os.path.join(cost.HERE, "..", "docs", "OPERATIONS.md")
        with open(path, encoding="utf-8") as file:
            guide = file.read()
        text = cost.report(cost.load(cost.PRICES), cost.load(cost.SECONDS), cost.SLOWDOWN, cost.IMAGE_MEGABYTES)
        for line in filter(re.compile(r"\| [\d,]+ \|").match, text.splitlines()):
            self.assertIn(line, guide)
        self.assertIn(text.partition("Dollars of a month without a job:\n\n")[2], guide)

    def test_alarms_are_billed_for_the_metrics_that_the_template_gives_them(self):
        with open(os.path.join(cost.HERE, "..", "template.yaml"), encoding="utf-8") as file:
            resources = re.split(r"\n  (?=\w+:\n)", file.read())
        alarms = [resource for resource in resources if "\n    Type: AWS::CloudWatch::Alarm\n" in resource]
        self.assertEqual(sum(alarm.count("MetricName:") for alarm in alarms), cost.ALARM_METRICS)


if __name__ == "__main__":
    unittest.main()
