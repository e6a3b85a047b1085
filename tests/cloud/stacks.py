"""A stack of CloudFormation: made, changed and deleted as a whole, or set back as a whole."""

import contextlib
import functools
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.cloud.custom_resources import CustomMaker, is_custom
from tests.cloud.kinds import KINDS
from tests.cloud.resources import ACCOUNT, Maker, Properties, Resource, ResourceError, client_of
from tests.cloud.rollouts import try_before_traffic
from tests.cloud.template import Document, Resolver, TemplateError, in_order, parameters_of

STACK: Final = "AWS::CloudFormation::Stack"
# what no one can know before the resource is there
_LATER: Final = "{{changeSet:KNOWN_AFTER_APPLY}}"


@dataclass(frozen=True)
class Change:
    """What a deploy does to a resource; properties: which change, and whether that replaces it."""

    action: str
    logical_id: str
    type: str
    id: str | None = None
    properties: Mapping[str, bool] = field(default_factory=dict)

    @property
    def is_replaced(self) -> bool:
        """Whether there will be another in its place."""
        return any(self.properties.values())


@dataclass(frozen=True)
class Event:
    """What happened to a resource, or to the stack as a whole."""

    logical_id: str
    type: str
    status: str
    id: str = ""
    reason: str | None = None
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Stack:
    """A stack in the services at an endpoint; template: its text, and document: what that says.

    others: all stacks of the account, which may export what this one imports.
    """

    name: str
    endpoint: str
    region: str
    others: list["Stack"] = field(default_factory=list)
    id: str = ""
    status: str = "REVIEW_IN_PROGRESS"
    template: str = "{}"
    document: Document = field(default_factory=lambda: {"Resources": {}})
    given: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    is_protected: bool = False
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.id = f"arn:aws:cloudformation:{self.region}:{ACCOUNT}:stack/{self.name}/{uuid.uuid4()}"

    @property
    def is_new(self) -> bool:
        """Whether nothing was deployed yet."""
        return self.status == "REVIEW_IN_PROGRESS"

    def parameters_for(self, document: Document, given: Mapping[str, str]) -> dict[str, Any]:
        """Return the parameters' values.

        Raises:
            TemplateError: one has none.
        """
        return parameters_of(document, given, read=self._read_parameter)

    def changes(self, document: Document, parameters: Mapping[str, Any]) -> list[Change]:
        """Return what a deploy of a template would do, as far as that is known before."""
        later: set[str] = set()
        resolver = self._resolver(
            document, parameters, lambda name, at: self._planned(later, name, at)
        )
        found: list[Change] = []
        for name in self._wanted(document, resolver):
            kind = document["Resources"][name]["Type"]
            new = self._properties(document, resolver, name)
            old = self.resources.get(name)
            if old is None:
                later.add(name)
                found.append(Change("Add", name, kind))
            elif old.properties != new:
                change = Change("Modify", name, kind, old.id, differing(kind, old.properties, new))
                later |= {name} if change.is_replaced or is_custom(kind) else set()
                found.append(change)
        wanted = set(self._wanted(document, resolver))
        gone = [one for one in self.resources.values() if one.logical_id not in wanted]
        return [*found, *(Change("Remove", one.logical_id, one.type, one.id) for one in gone)]

    def begin(self, *, is_end: bool = False) -> None:
        """Say that a deploy begins, or that the stack is to be deleted."""
        action = "DELETE" if is_end else "CREATE" if self.is_new else "UPDATE"
        self._say(f"{action}_IN_PROGRESS", "User Initiated")

    def deploy(self, template: str, document: Document, parameters: Mapping[str, Any]) -> None:
        """Make the stack what a template says, or set it back to what it was; it has begun."""
        action = self.status.removesuffix("_IN_PROGRESS")
        before = dict(self.resources)
        undo: list[Callable[[], None]] = []
        replaced: list[Resource] = []
        imported: set[str] = set()
        resolver = self._resolver(document, parameters, self._find, imported)
        try:
            wanted = self._wanted(document, resolver)
            for name in wanted:
                self._deploy(document, resolver, name, undo, replaced)
            told = document.get("Outputs", {}).items()
            told = {name: output for name, output in told if resolver.wants(output)}
            outputs = {name: resolver.resolve(output["Value"]) for name, output in told.items()}
            exports = {
                resolver.resolve(output["Export"]["Name"]): outputs[name]
                for name, output in told.items()
                if "Export" in output
            }
            self._require_unused(set(self.exports.items()) - set(exports.items()))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the stack goes back
            self._go_back(action, error, undo, before)
            return
        self.template, self.document, self.outputs = template, document, outputs
        self.exports, self.imports = exports, imported
        self.parameters = dict(parameters)
        if action == "UPDATE":
            self._say("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        gone = [one for one in self.resources.values() if one.logical_id not in wanted]
        self._clear([*replaced, *gone])
        self._say(f"{action}_COMPLETE")

    def delete(self) -> None:
        """Delete all but what is to be kept; it has begun."""
        try:
            self._require_unused(set(self.exports.items()))
        except ResourceError as error:
            self._say("DELETE_FAILED", str(error))
            return
        failed = self._clear(list(self.resources.values()))
        if failed:
            self._say("DELETE_FAILED", f"The following resource(s) failed to delete: {failed}.")
        else:
            self.exports, self.imports = {}, set()
            self._say("DELETE_COMPLETE")

    def _require_unused(self, exports: set[tuple[str, str]]) -> None:
        """Check that no other stack uses what is to go or to change."""
        for name, _ in sorted(exports):
            users = [one.name for one in self.others if one is not self and name in one.imports]
            if users:
                raise ResourceError(f"Cannot delete export {name} as it is in use by {users[0]}.")

    def _import_value(self, name: str) -> str:
        for one in self.others:
            if one.region == self.region and name in one.exports:
                return one.exports[name]
        raise TemplateError(f"No export named {name} found.")

    def _deploy(
        self,
        document: Document,
        resolver: Resolver,
        name: str,
        undo: list[Callable[[], None]],
        replaced: list[Resource],
    ) -> None:
        """Make one resource what the template says; add how to take that back."""
        part = document["Resources"][name]
        kind, properties = part["Type"], self._properties(document, resolver, name)
        old = self.resources.get(name)
        policy = part.get("DeletionPolicy", "Delete")
        is_kept = policy in ("Retain", "RetainExceptOnCreate")
        if old and old.properties == properties:
            old.is_kept = is_kept
            return
        maker = self._maker(kind)
        action = "UPDATE" if old else "CREATE"
        self._tell(f"{action}_IN_PROGRESS", name, kind, old.id if old else "")
        try:
            if old and not any(differing(kind, old.properties, properties).values()):
                policy = resolver.resolve(part.get("UpdatePolicy", {}))
                place = {"endpoint": self.endpoint, "region": self.region}
                try_before_traffic(policy, old.properties, properties, **place)
                half = replace(old, properties=properties)
                undo.append(lambda: self._set_back(maker, half, old))
                new = self._update(maker, old, properties)
                if new.id != old.id:
                    replaced.append(old)
            else:
                id_, attributes = maker.create(
                    name, properties, name=self._made_up(name, kind, is_retry=old is not None)
                )
                new = Resource(name, kind, id_, properties, attributes, is_kept)
                if policy != "Retain":
                    undo.append(lambda: maker.delete(new))
                if old:
                    replaced.append(old)
        except Exception as error:
            self._tell(f"{action}_FAILED", name, kind, reason=str(error))
            raise
        self.resources[name] = new
        self._tell(f"{action}_COMPLETE", name, kind, new.id)

    def _update(self, maker: "Maker | CustomMaker", old: Resource, new: Properties) -> Resource:
        attributes = maker.update(old, new)
        # the function of a custom resource may give it another id, which replaces it
        id_ = str(attributes.pop("_id", old.id))
        return Resource(old.logical_id, old.type, id_, new, attributes, old.is_kept)

    def _set_back(self, maker: "Maker | CustomMaker", new: Resource, old: Resource) -> None:
        maker.update(new, old.properties)

    def _go_back(
        self,
        action: str,
        error: Exception,
        undo: list[Callable[[], None]],
        before: dict[str, Resource],
    ) -> None:
        back = "ROLLBACK" if action == "CREATE" else "UPDATE_ROLLBACK"
        self._say(f"{back}_IN_PROGRESS", str(error))
        try:
            for step in reversed(undo):
                step()
        except Exception as worse:  # noqa: BLE001 - reported as the stack's own state
            self._say(f"{back}_FAILED", str(worse))
            return
        self.resources = before
        self._say(f"{back}_COMPLETE")

    def _clear(self, resources: list[Resource]) -> list[str]:
        """Delete resources, the last first; return which could not be."""
        failed: list[str] = []
        order = list(self.resources)
        for one in sorted(resources, key=lambda one: order.index(one.logical_id), reverse=True):
            if self.resources.get(one.logical_id) is one:
                del self.resources[one.logical_id]
            if one.is_kept:
                self._tell("DELETE_SKIPPED", one.logical_id, one.type, one.id)
                continue
            self._tell("DELETE_IN_PROGRESS", one.logical_id, one.type, one.id)
            try:
                self._maker(one.type).delete(one)
            except ResourceError as error:
                failed.append(one.logical_id)
                self._tell("DELETE_FAILED", one.logical_id, one.type, one.id, str(error))
            else:
                self._tell("DELETE_COMPLETE", one.logical_id, one.type, one.id)
        return failed

    def _maker(self, kind: str) -> "Maker | CustomMaker":
        if is_custom(kind):
            return CustomMaker(kind, self.id, self.endpoint, self.region)
        if kind not in KINDS:
            raise ResourceError(f"{kind}: the rehearsal knows no such resource yet")
        return Maker(KINDS[kind], self.endpoint, self.region)

    def _made_up(self, name: str, kind: str, *, is_retry: bool) -> str:
        """Return the name that CloudFormation would give; for most, one of 64 characters."""
        text = f"{self.name}-{name[: 62 - len(self.name) - 10]}-{secrets.token_hex(4)}"
        return text.lower() if kind == "AWS::S3::Bucket" else text

    def _wanted(self, document: Document, resolver: Resolver) -> list[str]:
        resources = document["Resources"]
        return [
            name
            for name in in_order(document)
            if resolver.wants(resources[name]) and resources[name]["Type"] != "AWS::CDK::Metadata"
        ]

    def _properties(self, document: Document, resolver: Resolver, name: str) -> Properties:
        found: Properties = resolver.resolve(document["Resources"][name].get("Properties", {}))
        return found

    def _resolver(
        self,
        document: Document,
        parameters: Mapping[str, Any],
        find: Callable[[str, str | None], Any],
        imported: set[str] | None = None,
    ) -> Resolver:
        def import_value(name: str) -> str:
            if imported is not None:
                imported.add(name)
            return self._import_value(name)

        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackId": self.id,
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return Resolver(document, {**pseudo, **parameters}, find, import_value)

    def _find(self, name: str, attribute: str | None) -> Any:
        resource = self.resources[name]
        if attribute is None:
            return resource.id
        if attribute not in resource.attributes:
            raise ResourceError(f"{name}: {resource.type} has no attribute {attribute} here")
        return resource.attributes[attribute]

    def _planned(self, later: set[str], name: str, attribute: str | None) -> Any:
        return (
            _LATER if name in later or name not in self.resources else self._find(name, attribute)
        )

    def _read_parameter(self, name: str) -> str:
        client = client_of("ssm", self.endpoint, self.region)
        with contextlib.suppress(client.exceptions.ParameterNotFound):
            return str(client.get_parameter(Name=name)["Parameter"]["Value"])
        raise ResourceError(f"Unable to fetch parameters [{name}] from parameter store")

    def _say(self, status: str, reason: str | None = None) -> None:
        self.status = status
        self._tell(status, self.name, STACK, self.id, reason)

    def _tell(
        self, status: str, name: str, kind: str, id_: str = "", reason: str | None = None
    ) -> None:
        self.events.append(Event(name, kind, status, id_, reason))


def differing(kind: str, old: Properties, new: Properties) -> dict[str, bool]:
    """Return which properties differ, and whether AWS makes another resource where one does.

    cfn-lint brings AWS's own word for each type; a custom resource decides by itself.
    """
    fixed = frozenset[str]() if is_custom(kind) else _fixed(kind)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return {name: name in fixed for name in names}


@functools.cache
def _fixed(kind: str) -> frozenset[str]:
    """Return the properties that a resource keeps for life; those deeper inside are left out."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    paths = schema.get("createOnlyProperties", [])
    return frozenset(path.removeprefix("/properties/") for path in paths if path.count("/") == 2)
