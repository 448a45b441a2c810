"""Checks of template.yaml as data: what it promises in names and numbers, and what it must not hold."""
