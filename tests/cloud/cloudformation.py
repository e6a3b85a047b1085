"""CloudFormation's API, as far as the CDK's command line asks it.

moto has one of its own; it leaves out resources that it does not know, and half of the properties
of others, and says that all went well. This one makes all of a template or nothing.
"""

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import unquote, urlsplit

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from tests.cloud.resources import ACCOUNT, ResourceError, client_of
from tests.cloud.stacks import Change, Event, Stack
from tests.cloud.template import Document, TemplateError, parse

NO_CHANGES: Final = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)


class NotValidError(ServiceException):
    """A request that CloudFormation refuses."""

    code = "ValidationError"


class NoChangeSetError(ServiceException):
    """A change set that there is not."""

    code = "ChangeSetNotFound"


@dataclass
class ChangeSet:
    """What a deploy would change, until somebody decides."""

    name: str
    stack: Stack
    template: str
    document: Document
    parameters: Mapping[str, Any]
    changes: list[Change]
    id: str = field(default="")

    def __post_init__(self) -> None:
        place = f"arn:aws:cloudformation:{self.stack.region}:{ACCOUNT}:changeSet"
        self.id = f"{place}/{self.name}/{uuid.uuid4()}"


class CloudFormation(BaseResponse):
    """Answers the requests; one object for each, so what lasts belongs to the class.

    endpoint: where the services are that make resources.
    """

    endpoint: ClassVar[str] = ""
    stacks: ClassVar[list[Stack]] = []
    change_sets: ClassVar[dict[str, ChangeSet]] = {}

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    def create_change_set(self) -> ActionResult:
        """Compare a template with a stack."""
        name = self._get_param("StackName")
        stack = self._find(name)
        if stack is None:
            stack = Stack(name, self.endpoint, self.region, self.stacks)
            self.stacks.append(stack)
        template = self._template(stack)
        document = parse(template)
        if not self._get_bool_param("ImportExistingResources", False):
            stack.tags = self._get_param("Tags", stack.tags)
        stack.given = self._given(stack)
        try:
            parameters = stack.parameters_for(document, stack.given)
            changes = stack.changes(document, parameters)
        except (ResourceError, TemplateError) as error:
            raise NotValidError(str(error)) from error
        one = ChangeSet(
            self._get_param("ChangeSetName"), stack, template, document, parameters, changes
        )
        self.change_sets[one.id] = one
        return ActionResult({"Id": one.id, "StackId": stack.id})

    def describe_change_set(self) -> ActionResult:
        """Tell what would change."""
        one = self._change_set()
        if one is None:
            raise NoChangeSetError(f"ChangeSet [{self._get_param('ChangeSetName')}] does not exist")
        status = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}
        if not one.changes and one.template == one.stack.template:
            failed = {"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE"}
            status = {**failed, "StatusReason": NO_CHANGES}
        facts = {
            "ChangeSetName": one.name,
            "ChangeSetId": one.id,
            "StackId": one.stack.id,
            "StackName": one.stack.name,
            "Changes": [_change(change) for change in one.changes],
        }
        return ActionResult({**facts, **status})

    def execute_change_set(self) -> ActionResult:
        """Begin to change."""
        one = self._change_set()
        if one is None:
            raise NoChangeSetError(f"ChangeSet [{self._get_param('ChangeSetName')}] does not exist")
        del self.change_sets[one.id]
        one.stack.begin()
        arguments = (one.template, one.document, one.parameters)
        threading.Thread(target=one.stack.deploy, args=arguments, daemon=True).start()
        return EmptyResult()

    def delete_change_set(self) -> ActionResult:
        """Forget a comparison; AWS says nothing where there is none."""
        one = self._change_set()
        if one:
            del self.change_sets[one.id]
        return EmptyResult()

    def delete_stack(self) -> ActionResult:
        """Begin to delete."""
        stack = self._find(self._get_param("StackName"))
        if stack and stack.is_protected:
            raise NotValidError(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        if stack:
            stack.begin(is_end=True)
            threading.Thread(target=stack.delete, daemon=True).start()
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        """Tell of one stack, or of all that there are."""
        name = self._get_param("StackName")
        return ActionResult({"Stacks": [_stack(one) for one in self._asked(name)]})

    def list_stacks(self) -> ActionResult:
        """Name all stacks."""
        return ActionResult({"StackSummaries": [_stack(one) for one in self.stacks]})

    def describe_stack_events(self) -> ActionResult:
        """Tell what happened, the last first."""
        stack = self._asked(self._get_param("StackName"))[0]
        return ActionResult({"StackEvents": [_event(stack, one) for one in stack.events[::-1]]})

    def list_stack_resources(self) -> ActionResult:
        """Tell of each resource of a stack."""
        return ActionResult({"StackResourceSummaries": self._resources()})

    def list_exports(self) -> ActionResult:
        """Name what stacks give to others."""
        found = [
            {"ExportingStackId": one.id, "Name": name, "Value": value}
            for one in self.stacks
            for name, value in one.exports.items()
        ]
        return ActionResult({"Exports": found})

    def describe_stack_resources(self) -> ActionResult:
        """Tell of each resource of a stack."""
        return ActionResult({"StackResources": self._resources()})

    def get_template(self) -> ActionResult:
        """Return the text of a stack's template."""
        stack = self._asked(self._get_param("StackName"))[0]
        return ActionResult({"TemplateBody": stack.template})

    def update_termination_protection(self) -> ActionResult:
        """Let a stack be deleted, or keep it from being."""
        stack = self._asked(self._get_param("StackName"))[0]
        stack.is_protected = self._get_bool_param("EnableTerminationProtection", False)
        return ActionResult({"StackId": stack.id})

    def _resources(self) -> list[dict[str, Any]]:
        stack = self._asked(self._get_param("StackName"))[0]
        return [
            {
                "LogicalResourceId": one.logical_id,
                "PhysicalResourceId": one.id,
                "ResourceType": one.type,
                "ResourceStatus": "CREATE_COMPLETE",
                "LastUpdatedTimestamp": stack.created,
                "Timestamp": stack.created,
            }
            for one in stack.resources.values()
        ]

    def _change_set(self) -> ChangeSet | None:
        name, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
        fits = (
            one
            for one in reversed(self.change_sets.values())
            if name in (one.id, one.name) and stack in (None, one.stack.name, one.stack.id)
        )
        return next(fits, None)

    def _find(self, name: str) -> Stack | None:
        """Return a stack that is there by its name, or any by its id."""
        fits = (
            one
            for one in reversed(self.stacks)
            if name == one.id or (name == one.name and one.status != "DELETE_COMPLETE")
        )
        return next((one for one in fits if one.region == self.region), None)

    def _asked(self, name: str | None) -> list[Stack]:
        if name is None:
            return [one for one in self.stacks if one.status != "DELETE_COMPLETE"]
        stack = self._find(name)
        if stack is None:
            raise NotValidError(f"Stack with id {name} does not exist")
        return [stack]

    def _given(self, stack: Stack) -> dict[str, str]:
        """Return the parameters that a request names; a value is kept where it says so."""
        asked = {one["ParameterKey"]: one for one in self._get_param("Parameters", [])}
        new = {
            name: one["ParameterValue"]
            for name, one in asked.items()
            if not one.get("UsePreviousValue")
        }
        return {**{name: stack.given[name] for name in asked if name in stack.given}, **new}

    def _template(self, stack: Stack) -> str:
        address = self._get_param("TemplateURL")
        if not address:
            return str(self._get_param("TemplateBody") or stack.template)
        bucket, _, key = unquote(urlsplit(address).path).lstrip("/").partition("/")
        client = client_of("s3", self.endpoint, self.region)
        return str(client.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def _stack(stack: Stack) -> dict[str, Any]:
    reasons = [one.reason for one in stack.events if one.id == stack.id and one.reason]
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "StackStatusReason": reasons[-1] if reasons else None,
        "Description": stack.document.get("Description"),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": str(value)}
            for name, value in stack.parameters.items()
        ],
        "Outputs": [
            {"OutputKey": name, "OutputValue": value} for name, value in stack.outputs.items()
        ],
        "Tags": stack.tags,
        "EnableTerminationProtection": stack.is_protected,
    }


def _event(stack: Stack, event: Event) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "EventId": event.event_id,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.id,
        "ResourceType": event.type,
        "Timestamp": event.timestamp,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
    }


def _change(change: Change) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": change.id,
        "ResourceType": change.type,
        "Replacement": str(change.is_replaced) if change.action == "Modify" else None,
        "Details": [_detail(*one) for one in change.properties.items()],
    }
    return {"Type": "Resource", "ResourceChange": facts}


def _detail(name: str, is_fixed: bool) -> dict[str, Any]:
    recreates = "Always" if is_fixed else "Never"
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreates}
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}
