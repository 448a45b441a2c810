"""A word that stands in conversations, names of files, queries and tokens of the end-to-end tests, and must be in no log.

`tests/end_to_end/cloud/mod.rs` has it too; `servers.around` looks for it once the tests are done.
"""

from __future__ import annotations

import base64
from pathlib import Path

CANARY = "kanarienvogel"
# What the stand-ins write for themselves: addresses and bodies as they came.
STAND_INS = {"aws.log", "chroma.log", "servers.log"}


def forms() -> list[str]:
    """How the word may look: as it is, and in the signature of a token."""
    encoded = base64.urlsafe_b64encode(CANARY.encode()).decode().rstrip("=")
    return [CANARY, encoded]


def leaks(folder: Path) -> list[str]:
    """Lines of the logs of functions and tasks in `folder` that hold it, each with its file."""
    found = []
    for log in sorted(folder.glob("*.log")):
        if log.name in STAND_INS:
            continue
        for number, line in enumerate(log.read_text("utf-8", "replace").splitlines(), 1):
            if any(form.lower() in line.lower() for form in forms()):
                found.append(f"{log.name}:{number}: {line[:300]}")
    return found
