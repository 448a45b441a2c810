"""Checks of what the benches compute themselves, with the standard library alone."""
