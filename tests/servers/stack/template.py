"""template.yaml as CloudFormation has it."""

from __future__ import annotations

import copy
import functools
import logging
from pathlib import Path
from typing import Any, Mapping

from servers.account import REGION

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
# Where `sam package` would have uploaded code and model to: translating asks for an address, whatever it is.
CODE_BUCKET = "graphnode-code"
_CODE = f"s3://{CODE_BUCKET}/code.zip"
_SOURCES = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


@functools.cache
def source() -> dict[str, Any]:
    """template.yaml as it is written. Not to be changed."""
    from samtranslator.yaml_helper import yaml_parse

    template: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return template


def translated(parameters: Mapping[str, str]) -> dict[str, Any]:
    """What SAM makes of template.yaml with these parameters beside its defaults."""
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = copy.deepcopy(source())
    for resource in template["Resources"].values():
        if resource["Type"] in _SOURCES:
            resource["Properties"][_SOURCES[resource["Type"]]] = _CODE
    # It keeps count of what it does, for nobody, and complains at the end that nobody asked.
    logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    whole: dict[str, Any] = translator.translate(template, values(parameters))
    return whole


def values(parameters: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's value: the given one, else its default."""
    defaults = {name: str(said["Default"]) for name, said in source()["Parameters"].items() if "Default" in said}
    unknown = parameters.keys() - source()["Parameters"].keys()
    if unknown:
        raise KeyError(f"no such parameter: {sorted(unknown)}")
    return {**defaults, **parameters}
