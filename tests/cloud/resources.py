"""How a resource of a template becomes one of moto's: by the API of its service, as anybody would.

botocore knows what each operation takes, so a property that AWS does not know fails a deploy here,
and so does a value of the wrong type.
"""

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import boto3
import jmespath
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
Properties = dict[str, Any]


@functools.cache
def client_of(service: str, endpoint: str, region: str) -> Any:
    """Return a client of a service; one serves all, as it takes a while to make."""
    return boto3.session.Session().client(service, endpoint_url=endpoint, region_name=region)


class ResourceError(Exception):
    """A resource could not be made, changed or deleted; the message is what AWS would say."""


@dataclass(frozen=True)
class Call:
    """One request to a service.

    arguments: by JMESPath, found in the resource: its `id`, generated `name`, `properties`,
    `attributes`, what a Look `found`, and the `value` of an Also; a dot in a name goes deeper.
    takes_properties: all of them that the operation knows.
    """

    operation: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    takes_properties: bool = False


@dataclass(frozen=True)
class Also:
    """A property that has requests of its own, and can be changed by them.

    is_each: one request for each element of a list. sends: other properties that go along.
    """

    property: str
    put: Call
    take_back: Call | None = None
    is_each: bool = False
    sends: tuple[str, ...] = ()

    def differs(self, one: Properties, other: Properties) -> bool:
        """Return whether a change from one to the other needs the requests."""
        return any(one.get(name) != other.get(name) for name in (self.property, *self.sends))


@dataclass(frozen=True)
class Kind:
    """A type of resource.

    create: takes all properties, those of `also` and `ignored` aside. id, attributes: by JMESPath,
    found in the `answer`, and in what `look` then `found`. name: the property that CloudFormation
    makes up where it is missing. renamed: properties that the API calls otherwise.
    """

    service: str
    create: Call | None
    id: str
    delete: tuple[Call, ...] = ()
    update: tuple[Call, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    also: tuple[Also, ...] = ()
    ignored: tuple[str, ...] = ()
    look: Call | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Properties], Properties] = lambda properties: properties


@dataclass
class Resource:
    """A resource that there is.

    id: what Ref gives. properties: as in the template, without functions.
    """

    logical_id: str
    type: str
    id: str
    properties: Properties
    attributes: dict[str, Any]
    is_kept: bool = False


@dataclass(frozen=True)
class Maker:
    """Makes, changes and deletes resources of one kind in the service at an endpoint."""

    kind: Kind
    endpoint: str
    region: str

    def create(self, logical_id: str, properties: Properties, *, name: str) -> tuple[str, Any]:
        """Return the new resource's id and attributes.

        Raises:
            ResourceError: the service refused it.
        """
        properties = self._named(properties, name)
        known: dict[str, Any] = {"name": name, "properties": properties, "region": self.region}
        if self.kind.create:
            known["answer"] = self._call(self.kind.create, known, self._own(properties))
        known["id"] = jmespath.search(self.kind.id, known)
        if known["id"] is None:
            raise ResourceError(f"{logical_id}: the service gave it no id")
        try:
            self._put_also(known)
            return str(known["id"]), self._attributes(known)
        except ResourceError:
            self._clear_half(logical_id, known)
            raise

    def _clear_half(self, logical_id: str, known: dict[str, Any]) -> None:
        """Delete what was made before the service refused the rest."""
        half = Resource(logical_id, "", known["id"], known["properties"], {})
        with contextlib.suppress(ResourceError):
            self.delete(half)

    def update(self, resource: Resource, properties: Properties) -> dict[str, Any]:
        """Change a resource in place and return its attributes.

        Raises:
            ResourceError: the service refused it.
        """
        self._require_changeable(resource, properties)
        new = self._named(properties, resource.id)
        known = self._known(resource) | {"properties": new}
        for call in self.kind.update:
            own = self._own(new) if call.takes_properties else {}
            known["answer"] = self._call(call, known, own, is_strict=False)
        self._take_back(self._known(resource), kept=new)
        self._put_also(known, old=resource.properties)
        return resource.attributes | self._attributes(known)

    def _require_changeable(self, resource: Resource, new: Properties) -> None:
        old = resource.properties
        apart = {name for one in self.kind.also for name in (one.property, *one.sends)}
        changed = {name for name in {**old, **new} if old.get(name) != new.get(name)} - apart
        if changed and not self.kind.update:
            what = f"{resource.type}, {', '.join(sorted(changed))}"
            raise ResourceError(f"{what}: the rehearsal knows not how to change it in place")

    def delete(self, resource: Resource) -> None:
        """Delete a resource.

        Raises:
            ResourceError: the service refused it.
        """
        known = self._known(resource)
        self._take_back(known, kept={})
        if self.kind.delete and self.kind.look:
            known["found"] = self._call(self.kind.look, known)
        for call in self.kind.delete:
            self._call(call, known)

    def _known(self, resource: Resource) -> dict[str, Any]:
        return {
            "id": resource.id,
            "name": resource.id,
            "properties": self.kind.prepare(resource.properties),
            "attributes": resource.attributes,
            "region": self.region,
        }

    def _named(self, properties: Properties, name: str) -> Properties:
        made_up = {self.kind.name: name} if self.kind.name else {}
        return self.kind.prepare({**made_up, **properties})

    def _own(self, properties: Properties) -> Properties:
        apart = {*self.kind.ignored, *(one.property for one in self.kind.also)}
        return {key: value for key, value in properties.items() if key not in apart}

    def _put_also(self, known: dict[str, Any], old: Properties | None = None) -> None:
        for also in self.kind.also:
            if old is None or also.differs(old, known["properties"]):
                for value in _values(also, known["properties"]):
                    self._call(also.put, known | {"value": value})

    def _take_back(self, known: dict[str, Any], *, kept: Properties) -> None:
        for also in reversed(self.kind.also):
            if also.take_back and also.differs(kept, known["properties"]):
                for value in _values(also, known["properties"]):
                    self._call(also.take_back, known | {"value": value})

    def _attributes(self, known: dict[str, Any]) -> dict[str, Any]:
        if self.kind.look:
            known["found"] = self._call(self.kind.look, known)
        found = {name: jmespath.search(at, known) for name, at in self.kind.attributes.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _call(
        self,
        call: Call,
        known: dict[str, Any],
        own: Properties | None = None,
        *,
        is_strict: bool = True,
    ) -> Any:
        client = client_of(self.kind.service, self.endpoint, self.region)
        operation = client.meta.method_to_api_mapping[call.operation]
        shape = client.meta.service_model.operation_model(operation).input_shape
        own = {} if own is None else own
        if not is_strict:
            members = {name.lower() for name in shape.members}
            own = {key: value for key, value in own.items() if key.lower() in members}
        arguments = Fitter(self.kind.renamed).fit(shape, own, self.kind.service)
        for name, at in call.arguments.items():
            _put(shape, arguments, name, jmespath.search(at, known))
        try:
            return getattr(client, call.operation)(**arguments)
        except (BotoCoreError, ClientError) as error:
            raise ResourceError(str(error)) from error


def _values(also: Also, properties: Properties) -> Iterator[Any]:
    value = properties.get(also.property)
    if value is not None:
        yield from value if also.is_each else [value]


def _put(shape: StructureShape, arguments: dict[str, Any], name: str, value: Any) -> None:
    """Put a value in its place among the arguments."""
    first, _, rest = name.partition(".")
    if value is None:
        return
    if rest:
        inner = cast(StructureShape, shape.members[first])
        _put(inner, arguments.setdefault(first, {}), rest, value)
    else:
        arguments[first] = Fitter({}).fit(shape.members[first], value, first)


@dataclass(frozen=True)
class Fitter:
    """Writes what CloudFormation writes in its own way as an API wants it."""

    renamed: Mapping[str, str]

    def fit(self, shape: Shape, value: Any, where: str) -> Any:
        """Return a value in the form of a shape.

        Raises:
            ResourceError: the API knows no such property.
        """
        if isinstance(shape, StructureShape):
            return self._structure(shape, value, where)
        if isinstance(shape, ListShape):
            return [self.fit(shape.member, one, where) for one in value]
        if isinstance(shape, MapShape):
            return {key: self.fit(shape.value, one, where) for key, one in _pairs(value)}
        write: Callable[[Shape, Any], Any] = _SCALARS.get(shape.type_name, _text)
        return write(shape, value)

    def _structure(self, shape: StructureShape, value: Any, where: str) -> dict[str, Any]:
        if isinstance(value, list):  # CloudFront counts what it is sent
            value = {"Quantity": len(value), "Items": value}
        if "Quantity" in shape.members and "Items" in value:
            value = {"Quantity": len(value["Items"]), **value}
        names = {name.lower(): name for name in shape.members}
        fitted: dict[str, Any] = {}
        for key, one in value.items():
            if one is None:
                continue
            outer, _, inner = self.renamed.get(key, key).partition(".")
            if outer.lower() not in names:
                raise ResourceError(f"{where}: unknown property {key}")
            name = names[outer.lower()]
            part = self.fit(shape.members[name], {inner: one} if inner else one, f"{where}.{key}")
            fitted[name] = fitted.get(name, {}) | part if inner else part
        return fitted


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """Tags are a map to one API and a list to another."""
    if isinstance(value, dict):
        return list(value.items())
    return [(one["Key"], one["Value"]) for one in value]


def _text(shape: Shape, value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    enum: dict[str, str] = {one.lower(): one for one in shape.metadata.get("enum", [])}
    return enum.get(text.lower(), text)


def _number(shape: Shape, value: Any) -> int | float:
    return int(value) if shape.type_name in ("integer", "long") else float(value)


_SCALARS: Final[Mapping[str, Callable[[Shape, Any], Any]]] = {
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": lambda _, value: str(value).lower() == "true",
    "blob": lambda _, value: value,
}
