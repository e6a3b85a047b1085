"""Resources that a function makes: asked as CloudFormation asks, for a reply by HTTP."""

import json
import queue
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

import boto3
from werkzeug import Request, Response

from tests.cloud.resources import Properties, Resource, ResourceError, client_of

PATH: Final = "/rehearsal/reply"
AUTO_DELETE: Final = "Custom::S3AutoDeleteObjects"
_replies: Final[dict[str, "queue.SimpleQueue[dict[str, Any]]"]] = {}


def is_custom(kind: str) -> bool:
    """Return whether a function makes resources of this type."""
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


def take_reply(request: Request) -> Response:
    """Keep what a function replies for the one who asked."""
    token = parse_qs(request.query_string.decode())["token"][0]
    _replies[token].put(json.loads(request.get_data()))
    return Response(status=HTTPStatus.OK)


@dataclass(frozen=True)
class CustomMaker:
    """Asks the function of a custom resource."""

    kind: str
    stack_id: str
    endpoint: str
    region: str

    def create(self, logical_id: str, properties: Properties, *, name: str) -> tuple[str, Any]:
        """Return the id and the attributes that the function gave.

        Raises:
            ResourceError: it failed, or did not reply.
        """
        reply = self._ask("Create", logical_id, properties)
        return reply.get("PhysicalResourceId") or name, reply.get("Data") or {}

    def update(self, resource: Resource, properties: Properties) -> dict[str, Any]:
        """Return the attributes that the function gave, and by `_id` which resource it is now.

        Raises:
            ResourceError: it failed, or did not reply.
        """
        more = {
            "PhysicalResourceId": resource.id,
            "OldResourceProperties": _texts(resource.properties),
        }
        reply = self._ask("Update", resource.logical_id, properties, more)
        id_ = reply.get("PhysicalResourceId") or resource.id
        return {**(reply.get("Data") or {}), "_id": id_}

    def delete(self, resource: Resource) -> None:
        """Let the function clear away.

        Raises:
            ResourceError: it failed, or did not reply.
        """
        more = {"PhysicalResourceId": resource.id}
        self._ask("Delete", resource.logical_id, resource.properties, more)

    def _ask(
        self,
        request: str,
        logical_id: str,
        properties: Properties,
        more: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        if self.kind == AUTO_DELETE:
            return _empty_bucket(request, properties, self.endpoint, self.region)
        token = str(uuid.uuid4())
        event = {
            "RequestType": request,
            "RequestId": token,
            "ResponseURL": f"{self.endpoint}{PATH}?token={token}",
            "StackId": self.stack_id,
            "ResourceType": self.kind,
            "LogicalResourceId": logical_id,
            "ServiceToken": properties["ServiceToken"],
            "ResourceProperties": _texts(properties),
            **(more or {}),
        }
        replies = _replies.setdefault(token, queue.SimpleQueue())
        client = client_of("lambda", self.endpoint, self.region)
        answer = client.invoke(FunctionName=properties["ServiceToken"], Payload=json.dumps(event))
        said = answer["Payload"].read().decode()
        if "FunctionError" in answer or replies.empty():
            raise ResourceError(f"{logical_id}: {request} got no reply: {said[:500]}")
        reply: dict[str, Any] = replies.get()
        if reply["Status"] != "SUCCESS":
            raise ResourceError(f"Received response status [FAILED]: {reply.get('Reason')}")
        return reply


def _texts(value: Any) -> Any:
    """CloudFormation hands every number and truth to a function as text."""
    if isinstance(value, dict):
        return {key: _texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_texts(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _empty_bucket(
    request: str, properties: Properties, endpoint: str, region: str
) -> dict[str, Any]:
    """Do what the CDK's function does when its bucket is to go; it is Node's, and there is none."""
    if request == "Delete":
        client = client_of("s3", endpoint, region)
        bucket = boto3.resource("s3", endpoint_url=endpoint, region_name=region).Bucket(
            properties["BucketName"]
        )
        tags = client.get_bucket_tagging(Bucket=bucket.name)["TagSet"]
        if {"Key": "aws-cdk:auto-delete-objects", "Value": "true"} not in tags:
            raise ResourceError(f"{bucket.name}: not to be emptied")
        bucket.object_versions.delete()
    return {"PhysicalResourceId": properties["BucketName"]}
