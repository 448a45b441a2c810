"""docs/LIMITS.md states every limit as the code has it, and names tests that exist."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/LIMITS.md"
ROW = re.compile(r"^\| [^|]+ \| ([\d,]+)(?: (\w+))? \| `(\w+)` in `([\w./]+)` \|", re.MULTILINE)
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "MB": 1_000_000}


def stated(number, unit):
    """The number of a row."""
    return int(number.replace(",", "")) * UNITS[unit or ""]


def values(source, name):
    """What a constant or a field of a literal is, wherever the source says so in numbers."""
    found = re.findall(rf"\b{name}: (?:\w+ = )?([\d_ *<()]+)[;,}} ]", source)
    # Only digits, products and shifts come this far.
    return [eval(text.replace("_", ""), {"__builtins__": {}}) for text in found if text.strip()]


class Limits(unittest.TestCase):
    def test_numbers_are_those_of_the_code(self):
        rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
        self.assertGreater(len(rows), 25)
        for number, unit, name, path in rows:
            with self.subTest(f"{name} in {path}"):
                self.assertEqual(values((ROOT / path).read_text(encoding="utf-8"), name), [stated(number, unit)])

    def test_every_limit_of_the_import_is_stated(self):
        path = "shared/pipeline/src/import/limits.rs"
        source = (ROOT / path).read_text(encoding="utf-8")
        names = set(re.findall(r"^pub const (\w+):", source, re.MULTILINE) + re.findall(r"^    pub (\w+):", source, re.MULTILINE))
        rows = {name for _, _, name, at in ROW.findall(DOCUMENT.read_text(encoding="utf-8")) if at == path}
        self.assertEqual(rows, names)

    def test_every_test_it_names_is_there(self):
        named = re.findall(r"\| `([a-z_]+)` \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
        self.assertGreater(len(named), 15)
        tests = "\n".join(
            path.read_text(encoding="utf-8")
            for folder in ("shared", "viewer/src", "local/src") for path in (ROOT / folder).rglob("*.rs")
        )
        for name in named:
            self.assertIn(f"fn {name}()", tests, name)


if __name__ == "__main__":
    unittest.main()
