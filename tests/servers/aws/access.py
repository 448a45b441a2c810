"""IAM: whoever calls with a role's credentials may do what the role's policies say, and nothing else.

moto evaluates policies well, but asks them about the resource `*` for all services but S3, and about a few actions of
S3 under other names. Here every request that our programs make is translated into the actions and resources of the
Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/), which moto's evaluation then
judges. What is not in the tables is denied. Addresses signed with a role's credentials count as the role's requests.

Requests with other credentials, such as those of the tests themselves, pass unseen. Conditions are not evaluated but for
those of RunTask and PassRole, which are checked by the tests of the template.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any, Callable, Iterable, Iterator, Optional
from urllib.parse import parse_qs, unquote

from servers.account import ACCOUNT, REGION, queue_arn

LOG = logging.getLogger(__name__)
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# An action and the resource it is done to.
Need = tuple[str, str]


def guarded(application: Application) -> Application:
    """`application`, for those who may."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        role = role_of(access_key(environ))
        if role is None:
            return application(environ, start_response)
        denied = next((need for need in needs(environ) if not permitted(role, *need)), None)
        if denied is None:
            return application(environ, start_response)
        LOG.warning("role %s is denied %s on %s", role, *denied)
        return _refusal(environ, start_response, *denied)

    return serve


def access_key(environ: dict[str, Any]) -> str:
    """The access key a request is signed with, in its header or its address; empty where there is none."""
    header = re.search(r"Credential=([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    if header:
        return header[1]
    query = parse_qs(environ.get("QUERY_STRING", ""))
    return query.get("X-Amz-Credential", [""])[0].split("/")[0]


def role_of(key: str) -> Optional[str]:
    """The name of the role whose credentials these are."""
    from moto.sts.models import sts_backends

    assumed = sts_backends[ACCOUNT]["aws"].assumed_roles
    return next((one.role_arn.split("/")[-1] for one in reversed(assumed) if one.access_key_id == key), None)


def permitted(role: str, action: str, resource: str) -> bool:
    """Whether the role's policies, inline and managed, allow it and none denies it."""
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.iam.models import iam_backends

    backend = iam_backends[ACCOUNT]["aws"]
    inline = [backend.get_role_policy(role, name)[1] for name in backend.list_role_policies(role)]
    managed, _ = backend.list_attached_role_policies(role)
    results = {IAMPolicy(policy).is_action_permitted(action, resource) for policy in [*inline, *managed]}
    return PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results


def needs(environ: dict[str, Any]) -> Iterator[Need]:
    """What a request does."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if not target:
        yield from _needs_of_s3(environ)
        return
    service, operation = target.split(".", 1)
    body = json.loads(_body(environ) or b"{}")
    if service == "AmazonSQS":
        yield f"sqs:{operation.removesuffix('Batch')}", queue_arn(body.get("QueueUrl", ""))
    elif service == "secretsmanager":
        yield f"secretsmanager:{operation}", body.get("SecretId", "")
    elif service.startswith("AmazonEC2ContainerService"):
        yield from _needs_of_ecs(operation, body)
    else:
        yield target, "*"


def _needs_of_ecs(operation: str, body: dict[str, Any]) -> Iterator[Need]:
    from moto.ecs.models import ecs_backends

    if operation != "RunTask":
        yield f"ecs:{operation}", body.get("task", "*")
        return
    definition = ecs_backends[ACCOUNT][REGION].describe_task_definition(body["taskDefinition"])
    yield "ecs:RunTask", definition.arn
    for name in ("task_role_arn", "execution_role_arn"):
        role = getattr(definition, name, None)
        if role:
            yield "iam:PassRole", role


def _needs_of_s3(environ: dict[str, Any]) -> Iterator[Need]:
    bucket, _, key = unquote(environ["PATH_INFO"].encode("latin-1").decode()).lstrip("/").partition("/")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    method, arn = environ["REQUEST_METHOD"], f"arn:aws:s3:::{bucket}"
    if not key:
        yield from _needs_of_bucket(method, query, arn, environ)
        return
    actions = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}
    action = actions.get(method, method)
    if "uploadId" in query:
        action = {"GET": "ListMultipartUploadParts", "DELETE": "AbortMultipartUpload"}.get(method, action)
    yield f"s3:{action}", f"{arn}/{key}"
    if action == "GetObject" and not _exists(bucket, key):
        # Whoever may not list is not told that it is not there.
        yield "s3:ListBucket", arn


def _needs_of_bucket(method: str, query: dict[str, list[str]], arn: str, environ: dict[str, Any]) -> Iterator[Need]:
    if method == "POST" and "delete" in query:
        for key in re.findall(r"<Key>(.*?)</Key>", _body(environ).decode()):
            yield "s3:DeleteObject", f"{arn}/{key}"
    elif method in ("GET", "HEAD"):
        yield "s3:ListBucketMultipartUploads" if "uploads" in query else "s3:ListBucket", arn
    else:
        yield f"s3:{method}", arn


def _exists(bucket: str, key: str) -> bool:
    from moto.s3.models import s3_backends

    found = s3_backends[ACCOUNT]["aws"].buckets.get(bucket)
    return found is None or found.keys.get(key) is not None


def _body(environ: dict[str, Any]) -> bytes:
    """The body, which stays there for who comes next."""
    import io

    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _refusal(
    environ: dict[str, Any], start_response: Callable[..., Any], action: str, resource: str
) -> Iterable[bytes]:
    message = f"not authorized to perform: {action} on resource: {resource}"
    if "HTTP_X_AMZ_TARGET" in environ:
        start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
        return [json.dumps({"__type": "AccessDeniedException", "message": message}).encode()]
    start_response("403 Forbidden", [("Content-Type", "application/xml")])
    return [f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>".encode()]
