"""The intrinsic functions that template.yaml uses, resolved with what a stack has."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping

# What `Ref: AWS::NoValue` becomes; whatever holds it leaves it out.
NO_VALUE = object()


class Unresolved(KeyError):
    """Something in the template names what is not there."""


class Resolver:
    """Knows the names of one stack: `references` for Ref, `attributes` by resource and attribute for Fn::GetAtt."""

    def __init__(
        self,
        references: Mapping[str, Any],
        attribute: Callable[[str, str], str],
        conditions: Mapping[str, Any],
        zones: list[str],
    ) -> None:
        self._references = references
        self._attribute = attribute
        self._conditions = conditions
        self._zones = zones

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template holds."""
        return bool(self.resolve(self._conditions[condition]))

    def resolve(self, value: Any) -> Any:
        """`value` without intrinsic functions."""
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument) = next(iter(value.items()))
            function = self._functions().get(name)
            if function:
                return function(argument)
        resolved = {name: self.resolve(one) for name, one in value.items()}
        return {name: one for name, one in resolved.items() if one is not NO_VALUE}

    def _functions(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "Ref": self._ref,
            "Condition": self.holds,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": lambda a: self.resolve(a[1] if self.holds(a[0]) else a[2]),
            "Fn::Join": lambda a: a[0].join(map(str, self.resolve(a[1]))),
            "Fn::Split": lambda a: self.resolve(a[1]).split(a[0]),
            "Fn::Select": lambda a: self.resolve(a[1])[int(a[0])],
            "Fn::Equals": lambda a: self.resolve(a[0]) == self.resolve(a[1]),
            "Fn::Not": lambda a: not self.resolve(a[0]),
            "Fn::GetAZs": lambda _: self._zones,
        }

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name not in self._references:
            raise Unresolved(f"Ref {name}")
        return self._references[name]

    def _get_att(self, argument: Any) -> str:
        resource, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return self._attribute(resource, attribute)

    def _sub(self, argument: Any) -> str:
        text, more = (argument, {}) if isinstance(argument, str) else argument
        more = {name: self.resolve(value) for name, value in more.items()}

        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in more:
                return str(more[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", one, text)
