"""Runs in the cloud at a deploy: keep the parameter with the live model's address, and read it.

A deploy must not undo a promotion. So the parameter is made with the model inside the image when
it is missing, and left as it is otherwise. This file enters the template as text: 4 KB at most, and
nothing but what the runtime brings.
"""

from typing import Any

import boto3
import cfnresponse


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer CloudFormation with the address that the parameter holds."""
    properties = event["ResourceProperties"]
    name = properties["ParameterName"]
    try:
        data = ANSWERS[event["RequestType"]](name, properties["Initial"])
    except Exception as error:  # noqa: BLE001 - unanswered, the deploy would wait for an hour
        why = f"{name}: {error}"
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, name, reason=why)
    else:
        cfnresponse.send(event, context, cfnresponse.SUCCESS, data, name)


def keep(name: str, initial: str) -> dict[str, str]:
    """Make the parameter if it is missing; return what it holds."""
    ssm = boto3.client("ssm")
    try:
        ssm.put_parameter(Name=name, Value=initial, Type="String")
    except ssm.exceptions.ParameterAlreadyExists:
        return {"Address": ssm.get_parameter(Name=name)["Parameter"]["Value"]}
    return {"Address": initial}


def remove(name: str, _initial: str) -> dict[str, str]:
    """Delete the parameter, unless it is gone already."""
    ssm = boto3.client("ssm")
    try:
        ssm.delete_parameter(Name=name)
    except ssm.exceptions.ParameterNotFound:
        return {}
    return {}


ANSWERS = {"Create": keep, "Update": keep, "Delete": remove}
