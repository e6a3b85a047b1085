"""A CloudFormation template, and what its conditions and functions stand for."""

import base64
import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any, Final

import yaml

# what a property becomes that must not be there
NOTHING: Final = object()
_ZONES: Final = ("a", "b", "c")
_PLACE: Final = re.compile(r"\$\{([^!}][^}]*)\}")
Document = dict[str, Any]
# the id of a resource, or one of its attributes
Find = Callable[[str, str | None], Any]


class TemplateError(Exception):
    """The template cannot be deployed; the message says why."""


def parse(text: str) -> Document:
    """Return a template, of JSON or YAML, as Python's own types."""
    document: Document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one, see there
    return document


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]  # yaml says nothing of types
    """Leaves dates as the text that they are: a policy's version is no date."""


_Loader.yaml_implicit_resolvers = {
    start: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for start, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def in_order(document: Document) -> list[str]:
    """Return every resource after those that it needs."""
    resources = document["Resources"]
    needs = {name: sorted(set(_needs(one)) & resources.keys()) for name, one in resources.items()}
    return list(TopologicalSorter(needs).static_order())


def _needs(node: Any) -> Iterator[str]:
    """Yield every name that a part of a template refers to."""
    if isinstance(node, list):
        for one in node:
            yield from _needs(one)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("Ref", "DependsOn"):
                yield from [value] if isinstance(value, str) else value
            elif key == "Fn::GetAtt":
                yield _parts(value)[0]
            elif key == "Fn::Sub":
                text = value if isinstance(value, str) else value[0]
                yield from (place.partition(".")[0] for place in _PLACE.findall(text))
            yield from _needs(value)


def _parts(attribute: str | list[str]) -> list[str]:
    return attribute.split(".", 1) if isinstance(attribute, str) else attribute


def _no_exports(name: str) -> str:
    raise TemplateError(f"No export named {name} found")


class Resolver:
    """Puts values in the place of a template's functions.

    values: of parameters and pseudo-parameters. find: gives the id of a resource, or an attribute.
    import_value: gives what another stack exports under a name.
    """

    def __init__(
        self,
        document: Document,
        values: Mapping[str, Any],
        find: Find,
        import_value: Callable[[str], str] = _no_exports,
    ) -> None:
        self._conditions = document.get("Conditions", {})
        self._values = values
        self._find = find
        self._import = import_value

    def wants(self, part: Mapping[str, Any]) -> bool:
        """Return whether the condition of a resource or an output holds, if there is one."""
        return "Condition" not in part or self._is_true({"Condition": part["Condition"]})

    def resolve(self, node: Any) -> Any:
        """Return a part of the template with values in the place of functions."""
        if isinstance(node, list):
            return [one for one in map(self.resolve, node) if one is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name in self._functions:
                return self._functions[name](argument)
        resolved = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not NOTHING}

    @functools.cached_property
    def _functions(self) -> Mapping[str, Callable[[Any], Any]]:
        return {
            "Ref": self._refer,
            "Fn::GetAtt": lambda argument: self._find(*_parts(argument)),
            "Fn::Join": lambda argument: argument[0].join(map(str, self.resolve(argument[1]))),
            "Fn::Split": lambda argument: self.resolve(argument[1]).split(argument[0]),
            "Fn::Select": lambda argument: self.resolve(argument[1])[int(argument[0])],
            "Fn::Sub": self._substitute,
            "Fn::If": self._choose,
            "Fn::ImportValue": lambda argument: self._import(self.resolve(argument)),
            "Fn::GetAZs": lambda argument: self._zones(self.resolve(argument)),
            "Fn::Base64": lambda argument: base64.b64encode(
                self.resolve(argument).encode()
            ).decode(),
            "Fn::ToJsonString": lambda argument: json.dumps(self.resolve(argument)),
        }

    def _refer(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        return self._values[name] if name in self._values else self._find(name, None)

    def _substitute(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def put(match: re.Match[str]) -> str:
            place = match[1]
            if place in own:
                return str(self.resolve(own[place]))
            name, _, attribute = place.partition(".")
            return str(self._find(name, attribute) if attribute else self._refer(name))

        return _PLACE.sub(put, text).replace("${!", "${")

    def _choose(self, argument: list[Any]) -> Any:
        condition, wanted, other = argument
        return self.resolve(wanted if self._is_true({"Condition": condition}) else other)

    def _zones(self, region: str) -> list[str]:
        return [f"{region or self._values['AWS::Region']}{zone}" for zone in _ZONES]

    def _is_true(self, condition: Mapping[str, Any]) -> bool:
        [(name, argument)] = condition.items()
        if name == "Condition":
            return self._is_true(self._conditions[argument])
        if name == "Fn::Equals":
            return bool(self.resolve(argument[0]) == self.resolve(argument[1]))
        if name == "Fn::Not":
            return not self._is_true(argument[0])
        combine = {"Fn::And": all, "Fn::Or": any}[name]
        return combine(map(self._is_true, argument))


def parameters_of(
    document: Document,
    given: Mapping[str, str],
    *,
    read: Callable[[str], str],
) -> dict[str, Any]:
    """Return the value of each parameter, given or by default.

    read: gives what a parameter of the Systems Manager holds.

    Raises:
        TemplateError: one has no value.
    """
    values: dict[str, Any] = {}
    for name, parameter in document.get("Parameters", {}).items():
        value = given.get(name, parameter.get("Default"))
        if value is None:
            raise TemplateError(f"Parameters: [{name}] must have values")
        kind = parameter["Type"]
        text = read(str(value)) if kind.startswith("AWS::SSM::Parameter::Value") else str(value)
        values[name] = text.split(",") if "List" in kind else text
    return values
