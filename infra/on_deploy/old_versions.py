"""Runs in the cloud at a deploy: delete old versions of the function, but for the newest few.

What an alias points to stays, and so does the version before this deploy: a deploy that fails later
goes back to it. This file enters the template as text: 4 KB at most, and nothing but what the
runtime brings.
"""

from typing import Any

import boto3
import cfnresponse


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer CloudFormation; a version too many is no reason to fail a deploy."""
    properties = event["ResourceProperties"]
    name = properties["FunctionName"]
    before = event.get("OldResourceProperties", {}).get("Version", "")
    if event["RequestType"] != "Delete":
        try:
            forget(name, newest=int(properties["Keep"]), also={properties["Version"], before})
        except Exception as error:  # noqa: BLE001 - whatever it is, the next deploy tries again
            print(f"{name}: old versions are left: {error}")  # noqa: T201 - the function's log
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, f"{name}-versions")


def forget(name: str, newest: int, also: set[str]) -> None:
    """Delete all versions of a function but the newest, those in use and those in `also`."""
    client = boto3.client("lambda")
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    numbers = [one["Version"] for page in pages for one in page["Versions"]]
    numbers = sorted((one for one in numbers if one != "$LATEST"), key=int, reverse=True)
    kept = {*numbers[:newest], *also}
    for alias in client.list_aliases(FunctionName=name)["Aliases"]:
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        kept |= {alias["FunctionVersion"], *weights}
    for number in numbers:
        if number not in kept:
            client.delete_function(FunctionName=name, Qualifier=number)
