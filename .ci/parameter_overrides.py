#!/usr/bin/env python3
"""Prints the parameters of a stage from samconfig.toml with some changed, one a line and quoted for xargs.

usage: parameter_overrides.py STAGE NAME=VALUE...

`sam deploy --parameter-overrides` on a command line replaces those of the configuration instead of adding to them, so a
deployment that only names its image would lose the stage's own parameters.
"""

import shlex
import sys


def merged(configured, changes):
    """NAME="VALUE" pairs of a configuration (a list, or a string as the shell reads it) with changes, names in order.

    The quotes are for `sam`, which takes a value without them neither empty nor with a space.

    >>> merged('Stage=dev ImageTag=old Note="two words"', ["ImageTag=1.2.0"])
    ['Stage="dev"', 'ImageTag="1.2.0"', 'Note="two words"']
    >>> merged(["Stage=dev", 'Note="two words"'], ["ImageTag="])
    ['Stage="dev"', 'Note="two words"', 'ImageTag=""']
    >>> merged([], ["WithoutValue"])
    Traceback (most recent call last):
    ValueError: WithoutValue is not NAME=VALUE
    """
    pairs = {}
    listed = [configured] if isinstance(configured, str) else configured
    for pair in [*(part for text in listed for part in shlex.split(text)), *changes]:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair} is not NAME=VALUE")
        pairs[name] = value.replace('"', '\\"')
    return [f'{name}="{value}"' for name, value in pairs.items()]


def main():
    # Python 3.11; the doctest above needs less.
    import tomllib

    stage, *changes = sys.argv[1:]
    with open("samconfig.toml", "rb") as file:
        configuration = tomllib.load(file)
    parameters = configuration[stage].get("deploy", {}).get("parameters", {})
    # xargs takes a quoted argument as it is.
    print("\n".join(shlex.quote(pair) for pair in merged(parameters.get("parameter_overrides", []), changes)))


if __name__ == "__main__":
    main()
