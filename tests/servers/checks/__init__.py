"""Checks of the servers themselves: `python -m unittest discover -s servers/checks -t .` in `tests/`."""
