"""The samples in `events/`: real in shape, consistent, and all of them explained."""

from __future__ import annotations

import hashlib
import json
import re
import unittest
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "events"


def samples() -> dict[str, Any]:
    """Every event by its file's name."""
    return {path.name: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


class Samples(unittest.TestCase):
    """What must hold of each."""

    def test_the_readme_lists_them_all(self) -> None:
        listed = re.findall(r"^\| `([a-z0-9-]+\.json)` \|", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(samples()))

    def test_bodies_have_their_checksum(self) -> None:
        for name, event in samples().items():
            for record in event.get("Records", []) if name.startswith("sqs-") else []:
                self.assertEqual(hashlib.md5(record["body"].encode()).hexdigest(), record["md5OfBody"], name)

    def test_what_sqs_wraps_is_the_sample_itself(self) -> None:
        events = samples()
        for name in ("s3-created.json", "s3-test-event.json"):
            self.assertEqual(json.loads(events[f"sqs-{name}"]["Records"][0]["body"]), events[name])

    def test_accounts_are_fictitious(self) -> None:
        for path in FOLDER.glob("*.json"):
            accounts = re.findall(r"arn:aws:\w+:[a-z0-9-]*:(\d{12})", path.read_text("utf-8"))
            self.assertLessEqual(set(accounts), {"123456789012"}, path.name)


if __name__ == "__main__":
    unittest.main()
