"""The word that must be in no log is in what the tests send, and would be found."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from servers.canary import CANARY, forms, leaks
from servers.chroma_cloud import TOKEN

TESTS = Path(__file__).resolve().parents[2] / "end_to_end"


class Canary(unittest.TestCase):
    """Sung and heard."""

    def test_a_log_that_says_it_is_found_in_every_form(self) -> None:
        for form in (*forms(), CANARY.upper()):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                (folder / "space-worker.log").write_text(f"one\ntwo {form} two\n", "utf-8")
                (folder / "aws.log").write_text(form, "utf-8")
                (line,) = leaks(folder)
                self.assertTrue(line.startswith("space-worker.log:2: "), line)

    def test_the_tests_send_it(self) -> None:
        self.assertIn(CANARY, TOKEN)
        self.assertIn(f'"{CANARY}"', (TESTS / "cloud/mod.rs").read_text("utf-8"))
        # Conversations and keys of files; queries; the signature of a token.
        for name in ("worker.rs", "server.rs", "api.rs", "cloud/deploy.rs"):
            self.assertIn("CANARY", (TESTS / name).read_text("utf-8"), name)


if __name__ == "__main__":
    unittest.main()
