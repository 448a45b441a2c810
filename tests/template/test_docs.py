"""Documents name what template.yaml has: every alarm with what to do, every parameter with what it means.

The template is read by its indentation, so that the standard library is enough.
"""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A name of a section's own: two spaces, the name, a colon, and nothing behind it.
NAME = re.compile(r"  (\w+):$")


def text(path):
    """A file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def entries(template, section):
    """What stands in a section of the template: its lines by name."""
    found, name, inside = {}, None, False
    for line in template.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            inside, name = line == f"{section}:", None
        elif inside and (begun := NAME.match(line)):
            name = begun[1]
            found[name] = []
        elif name:
            found[name].append(line)
    return found


def of_type(template, kind):
    """Names of the resources of a type."""
    return [name for name, lines in entries(template, "Resources").items() if f"    Type: {kind}" in lines]


def rows(document, heading):
    """First cells of the tables below a heading, without their backticks."""
    below = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", document, re.DOTALL | re.MULTILINE)
    return re.findall(r"^\| `(\w+)` \|", below[1], re.MULTILINE) if below else []


class Reading(unittest.TestCase):
    TEMPLATE = "Parameters:\n  A:\n    Type: String\n  # No name:\n  B:\n    Type: Number\nResources:\n  C:\n    Type: X::Y\n"

    def test_names_are_those_of_their_section(self):
        self.assertEqual(list(entries(self.TEMPLATE, "Parameters")), ["A", "B"])
        self.assertEqual(of_type(self.TEMPLATE, "X::Y"), ["C"])
        self.assertEqual(entries(self.TEMPLATE, "Outputs"), {})

    def test_rows_are_those_below_their_heading(self):
        document = "## One\n\n| `A` | a |\n### Part\n| `B` | b |\n## Two\n| `C` | c |\n"
        self.assertEqual(rows(document, "One"), ["A", "B"])
        self.assertEqual(rows(document, "Three"), [])

    def test_the_template_is_read_at_all(self):
        template = text("template.yaml")
        self.assertIn("JwtIssuer", entries(template, "Parameters"))
        self.assertIn("HighDepthAlarm", of_type(template, "AWS::CloudWatch::Alarm"))
        self.assertIn("ApiUrl", entries(template, "Outputs"))


class Documents(unittest.TestCase):
    def test_every_alarm_has_its_row_in_the_order_of_the_template(self):
        alarms = of_type(text("template.yaml"), "AWS::CloudWatch::Alarm")
        self.assertEqual([row for row in rows(text("docs/OPERATIONS.md"), "Alarms") if row.endswith("Alarm")], alarms)

    def test_every_parameter_has_its_row_and_its_default(self):
        parameters = entries(text("template.yaml"), "Parameters")
        deploy = text("docs/DEPLOY.md")
        self.assertEqual(sorted(rows(deploy, "Parameters")), sorted(parameters))
        for name, lines in parameters.items():
            with self.subTest(name):
                value = next((line.partition("Default: ")[2] for line in lines if "    Default: " in line), None)
                shown = {None: "**required**", '""': "empty"}.get(value, f"`{value}`")
                self.assertRegex(deploy, rf"(?m)^\| `{name}` \| {re.escape(shown)} \|")

    def test_outputs_that_documents_ask_for_are_there(self):
        outputs = entries(text("template.yaml"), "Outputs")
        for path in ("docs/DEPLOY.md", "docs/OPERATIONS.md"):
            asked = re.findall(r"\$\(output (\w+)\)", text(path))
            self.assertTrue(asked, path)
            self.assertLessEqual(set(asked), set(outputs), path)

    def test_resources_that_documents_ask_for_are_there(self):
        resources = entries(text("template.yaml"), "Resources")
        for path in ("docs/DEPLOY.md", "docs/OPERATIONS.md"):
            asked = re.findall(r"\$\(resource (\w+)\)", text(path))
            self.assertTrue(asked, path)
            self.assertLessEqual(set(asked), set(resources), path)


if __name__ == "__main__":
    unittest.main()
