"""`python -m servers [FOLDER]`: starts everything, says where in one line of JSON, ends with standard input.

Logs and Chroma's data are in FOLDER; without one they are gone afterwards. Exit code 3: a package is not installed.
"""

from __future__ import annotations

import json
import sys

from servers.processes import DidNotStart
from servers.start import NOT_INSTALLED, missing_packages, started, work_folder


def main(arguments: list[str]) -> int:
    """Announces the servers and waits for the end of standard input."""
    missing = missing_packages()
    if missing:
        print(f"not installed: {', '.join(missing)} (make servers)", file=sys.stderr)
        return NOT_INSTALLED
    try:
        with work_folder(*arguments[:1]) as folder, started(folder) as addresses:
            print(json.dumps(addresses), flush=True)
            sys.stdin.buffer.read()
    except DidNotStart as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
