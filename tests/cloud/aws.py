"""The AWS of a rehearsal: moto's server with a CloudFormation that makes what a template says, with
functions that run, and as strict with forms as S3.

    python -m tests.cloud.aws PORT
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import boto3
from moto.cloudformation import urls as cloudformation_urls
from moto.cloudfront import models as cloudfront_models
from moto.cloudfront import urls as cloudfront_urls
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.config import default_user_config
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug import Request
from werkzeug.serving import make_server

from tests.cloud.cloudformation import CloudFormation
from tests.cloud.custom_resources import PATH, take_reply
from tests.cloud.functions import Functions, run_by
from tests.cloud.machine import prepare
from tests.cloud.post_policy import PostPolicy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REGION: Final = "eu-west-1"
_POLICIES: Final[dict[str, Any]] = {}


def serve(port: int) -> None:
    """Serve until the process ends."""
    machine = prepare()
    # the CDK knows an endpoint of this machine by this name, and reads S3 by path there
    endpoint = f"http://localhost:{port}"
    _adapt_moto(endpoint)
    functions = Functions(machine, endpoint, machine.home / "functions.log")
    app = _with_replies(PostPolicy(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=MotoRequestHandler)
    with run_by(functions):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _begin_account(endpoint)
        sys.stdin.read()  # until the one who started it is gone
    server.shutdown()


def _begin_account(endpoint: str) -> None:
    """Make what an account has that has used Batch."""
    iam = boto3.client("iam", endpoint_url=endpoint, region_name=REGION)
    iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")


def _with_replies(app: "WSGIApplication") -> "WSGIApplication":
    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Any:
        if environ["PATH_INFO"] == PATH:
            return take_reply(Request(environ))(environ, start)
        return app(environ, start)

    return answer


def _adapt_moto(endpoint: str) -> None:
    """Put in what moto lacks for our stack, and mend what it does otherwise than AWS."""
    CloudFormation.endpoint = endpoint
    cloudformation_urls.url_paths["{0}/$"] = CloudFormation.dispatch
    # jobs are noted, not run: there is no docker
    default_user_config["batch"] = {"use_docker": False}
    _add_policies_of_the_cdn()
    _heed_conditions()
    _end_invalidations()


def _heed_conditions() -> None:
    """Let a denial with a condition deny nothing: that of TLS cannot be met without any."""
    decide = IAMPolicyStatement.is_action_permitted

    def is_action_permitted(
        self: IAMPolicyStatement, *asked: Any, **more: Any
    ) -> PermissionResult:
        if "Condition" in self._statement:
            return PermissionResult.NEUTRAL
        return decide(self, *asked, **more)

    IAMPolicyStatement.is_action_permitted = is_action_permitted  # type: ignore[method-assign]


def _end_invalidations() -> None:
    """Say `Completed` as AWS does: who waits for it never hears moto's COMPLETED."""
    begin = cloudfront_models.Invalidation.__init__

    def __init__(self: cloudfront_models.Invalidation, *given: Any, **more: Any) -> None:
        begin(self, *given, **more)
        self.status = "Completed"

    cloudfront_models.Invalidation.__init__ = __init__  # type: ignore[method-assign]


def _add_policies_of_the_cdn() -> None:
    for name, path in (("Cache", "cache-policy"), ("ResponseHeaders", "response-headers-policy")):
        own = f"{name}Policy"
        words = path.replace("-", "_")
        for method, action in (
            ("create", _create(own)),
            ("get", _get(own)),
            ("delete", _delete),
        ):
            setattr(CloudFrontResponse, f"{method}_{words}", action)
        paths = (f"{{0}}/2020-05-31/{path}$", f"{{0}}/2020-05-31/{path}/(?P<policy_id>[^/]+)$")
        cloudfront_urls.url_paths.update(dict.fromkeys(paths, CloudFrontResponse.dispatch))


def _create(own: str) -> Any:
    def create(self: CloudFrontResponse) -> ActionResult:
        config = self._get_param(f"{own}Config")
        policy = {"Id": str(uuid4()), f"{own}Config": config}
        _POLICIES[policy["Id"]] = {own: policy, "ETag": str(uuid4())}
        return ActionResult(_POLICIES[policy["Id"]])

    return create


def _get(_own: str) -> Any:
    def get(self: CloudFrontResponse) -> ActionResult:
        return ActionResult(_POLICIES[self._get_param("Id")])

    return get


def _delete(self: CloudFrontResponse) -> ActionResult:
    del _POLICIES[self._get_param("Id")]
    return EmptyResult()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
