"""moto's server, made as strict as S3 with what a browser sends, and with writes on a condition.

By itself moto stores whatever a form brings and answers every origin. The WSGI middleware here goes
before it and refuses as S3 does: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
It knows addresses of path style (`/BUCKET`), which clients use where the endpoint is an IP address,
and puts no file's name in the place of `${filename}`.
"""

import base64
import hashlib
import hmac
import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_EXEMPT = {"x-amz-signature", "policy", "file", "awsaccesskeyid", "signature"}
_NEEDED = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
_BUCKET = re.compile(r"/([a-z0-9][a-z0-9.-]{2,62})(?:/|$)")
_CORS = "access-control-"
_CONDITIONS = {"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"}
_EXPIRATION = "%Y-%m-%dT%H:%M:%S"


class Refusal(Exception):
    """What S3 answers instead of storing."""

    def __init__(self, status: HTTPStatus, code: str, message: str, **facts: object) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.facts = {"Code": code, "Message": message, **facts}

    def to_xml(self) -> bytes:
        """Return the body of the answer."""
        facts = "".join(f"<{key}>{escape(str(one))}</{key}>" for key, one in self.facts.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{facts}</Error>'.encode()


def _denied(message: str) -> Refusal:
    return Refusal(HTTPStatus.FORBIDDEN, "AccessDenied", message)


@dataclass(frozen=True)
class Form:
    """A form up to its file, after which S3 reads nothing; names are in small letters."""

    fields: dict[str, str] = field(default_factory=dict)
    file_bytes: int = 0


class PostPolicy:
    """The middleware.

    secret_of: gives the secret of an access key's id, and None where there is no such key.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        secret_of: Callable[[str], str | None] = {"testing": "testing"}.get,
    ) -> None:
        self._app = app
        self._secret_of = secret_of
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """Answer what S3 refuses and every preflight; let moto answer the rest."""
        found = _BUCKET.match(environ.get("PATH_INFO", ""))
        bucket = found[1] if found else ""
        if bucket not in s3_backends.bucket_accounts:
            return self._app(environ, start)
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return _preflight(environ, bucket, start)
        start = _with_cors(environ, bucket, start)
        if environ["REQUEST_METHOD"] == "PUT" and _CONDITIONS & environ.keys():
            with self._lock:  # moto looks and then writes, and another may come between
                return list(self._app(environ, start))
        if environ["REQUEST_METHOD"] == "POST" and _kind(environ) == "multipart/form-data":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            try:
                check_form(_parse(environ, body), bucket, self._secret_of)
            except Refusal as refusal:
                return _answer(refusal, start)
        return self._app(environ, start)


def check_form(form: Form, bucket: str, secret_of: Callable[[str], str | None]) -> None:
    """Let a form pass if it carries a policy that allows it.

    Raises:
        Refusal: what S3 answers to it.
    """
    if "key" not in form.fields:
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            "InvalidArgument",
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the "
            "order of the fields.",
        )
    _check_signature(form.fields, secret_of)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    _check_expiration(policy)
    named = {"bucket"}
    fields = form.fields | {"bucket": bucket}
    for operator, name, wanted in _conditions(policy):
        if operator == "content-length-range":
            _check_size(form.file_bytes, int(name), int(wanted))
            continue
        named.add(name.lstrip("$").lower())
        _check_field(fields, operator, name, wanted)
    for name in form.fields.keys() - named - _EXEMPT:
        if not name.startswith("x-ignore-"):
            raise _denied(f"Invalid according to Policy: Extra input fields: {name}")


def _check_signature(fields: Mapping[str, str], secret_of: Callable[[str], str | None]) -> None:
    """Check the signature of version 4 over the policy, the only one that newer regions take."""
    if "policy" not in fields or any(name not in fields for name in _NEEDED):
        raise _denied("Access Denied")
    key_id, *scope = fields["x-amz-credential"].split("/")
    if fields["x-amz-algorithm"] != "AWS4-HMAC-SHA256" or len(scope) != 4 or scope[2] != "s3":
        raise Refusal(
            HTTPStatus.BAD_REQUEST, "InvalidArgument", "The credential is not one of version 4."
        )
    secret = secret_of(key_id)
    if secret is None:
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        )
    signing_key = f"AWS4{secret}".encode()
    for part in scope:
        signing_key = hmac.digest(signing_key, part.encode(), hashlib.sha256)
    wanted = hmac.digest(signing_key, fields["policy"].encode(), hashlib.sha256).hex()
    if not hmac.compare_digest(wanted, fields["x-amz-signature"]):
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        )


def _check_expiration(policy: Mapping[str, Any]) -> None:
    text = str(policy["expiration"]).removesuffix("Z").partition(".")[0]
    if datetime.strptime(text, _EXPIRATION).replace(tzinfo=UTC) < datetime.now(UTC):
        raise _denied("Invalid according to Policy: Policy expired.")


def _conditions(policy: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for condition in policy["conditions"]:
        if isinstance(condition, dict):
            for name, wanted in condition.items():
                yield "eq", f"${name}", wanted
        else:
            operator, name, wanted = condition
            yield operator.lower(), name, wanted


def _check_field(fields: Mapping[str, str], operator: str, name: str, wanted: str) -> None:
    found = fields.get(name.lstrip("$").lower(), "")
    is_prefix = operator == "starts-with"
    if not (found.startswith(wanted) if is_prefix else found == wanted):
        condition = json.dumps([operator, name, wanted])
        raise _denied(f"Invalid according to Policy: Policy Condition failed: {condition}")


def _check_size(found: int, least: int, most: int) -> None:
    if found < least:
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
            ProposedSize=found,
            MinSizeAllowed=least,
        )
    if found > most:
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            ProposedSize=found,
            MaxSizeAllowed=most,
        )


def _kind(environ: "WSGIEnvironment") -> str:
    return parse_options_header(environ.get("CONTENT_TYPE", ""))[0]


def _parse(environ: "WSGIEnvironment", body: bytes) -> Form:
    boundary = parse_options_header(environ["CONTENT_TYPE"])[1].get("boundary", "")
    decoder = MultipartDecoder(boundary.encode())
    decoder.receive_data(body)
    decoder.receive_data(None)
    fields: dict[str, str] = {}
    part: Field | File | None = None
    value = b""
    while not isinstance(event := decoder.next_event(), Epilogue):
        if isinstance(event, Field | File):
            part, value = event, b""
        elif isinstance(event, Data) and part is not None:
            value += event.data
            if event.more_data:
                continue
            if part.name.lower() == "file":
                return Form(fields, len(value))
            fields[part.name.lower()] = value.decode()
    return Form(fields)


def _cors_headers(
    bucket: str, origin: str, method: str, asked: Iterable[str] = ()
) -> list[tuple[str, str]] | None:
    """Return the headers of the first rule that allows it all; None where there is none."""
    partition, account = s3_backends.bucket_accounts[bucket]
    for rule in s3_backends[account][partition].buckets[bucket].cors or []:
        origins, methods = _several(rule.allowed_origins), _several(rule.allowed_methods)
        heads = _several(rule.allowed_headers)
        is_allowed = (
            _fits(origin, origins)
            and method in methods
            and all(_fits(name.lower(), [head.lower() for head in heads]) for name in asked)
        )
        if is_allowed:
            return [
                ("Access-Control-Allow-Origin", "*" if "*" in origins else origin),
                ("Access-Control-Allow-Methods", ", ".join(methods)),
                *([("Access-Control-Allow-Headers", ", ".join(asked))] if asked else []),
                ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"),
            ]
    return None


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _fits(text: str, patterns: Iterable[str]) -> bool:
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) for pattern in patterns)


def _preflight(environ: "WSGIEnvironment", bucket: str, start: "StartResponse") -> Iterable[bytes]:
    method = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "")
    asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "").replace(" ", "")
    headers = _cors_headers(
        bucket, environ.get("HTTP_ORIGIN", ""), method, [one for one in asked.split(",") if one]
    )
    if headers is None:
        return _answer(
            Refusal(
                HTTPStatus.FORBIDDEN,
                "AccessForbidden",
                "CORSResponse: This CORS request is not allowed.",
            ),
            start,
        )
    start("200 OK", [*headers, ("Content-Length", "0")])
    return [b""]


def _with_cors(environ: "WSGIEnvironment", bucket: str, start: "StartResponse") -> "StartResponse":
    """Return what starts an answer with the bucket's headers for this origin, and no others."""
    origin = environ.get("HTTP_ORIGIN")
    own = _cors_headers(bucket, origin, environ["REQUEST_METHOD"]) if origin else None

    def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        kept = [one for one in headers if not one[0].lower().startswith(_CORS)]
        return start(status, [*kept, *(own or [])], *rest)

    return begin


def _answer(refusal: Refusal, start: "StartResponse") -> Iterable[bytes]:
    body = refusal.to_xml()
    status = f"{refusal.status.value} {refusal.status.phrase}"
    start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def serve_aws() -> Iterator[str]:
    """Run moto behind the middleware in a thread; yield its address.

    Its state is moto's own and belongs to the process: POST /moto-api/reset clears it.
    """
    app = PostPolicy(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
