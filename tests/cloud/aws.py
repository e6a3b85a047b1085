"""The AWS of a rehearsal: moto's server with a CloudFormation that makes what a template says, with
functions that run, and as strict with forms as S3.

    python -m tests.cloud.aws PORT
"""

import sys
import threading
from typing import TYPE_CHECKING, Any

import boto3
from moto.cloudformation import urls as cloudformation_urls
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
from tests.cloud.machine import Machine, home_of_rehearsals
from tests.cloud.mends import mend_moto
from tests.cloud.post_policy import PostPolicy
from tests.cloud.resources import REGION

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def serve(port: int) -> None:
    """Serve until the process ends."""
    machine = Machine(home_of_rehearsals())
    log = machine.home / "functions.log"
    log.unlink(missing_ok=True)
    # the CDK knows an endpoint of this machine by this name, and reads S3 by path there
    endpoint = f"http://localhost:{port}"
    mend_moto()
    CloudFormation.endpoint = endpoint
    cloudformation_urls.url_paths["{0}/$"] = CloudFormation.dispatch
    # a function names a bucket in the path where the endpoint is an address
    functions = Functions(machine, f"http://127.0.0.1:{port}", log)
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


if __name__ == "__main__":
    serve(int(sys.argv[1]))
