"""Notes every request that a function makes to AWS, and which permissions each wants.

Benchmarks count them, and tests hold them against the template's policies, which nothing here enforces.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.loaders import Loader
from botocore.session import get_session

_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_ACTIONS = {"SendMessageBatch": "SendMessage", "ChangeMessageVisibilityBatch": "ChangeMessageVisibility"}
Json = dict[str, Any]


class Call(NamedTuple):
    """One request.

    Attributes:
        service: As boto3 names it.
        operation: As the service names it.
        wants: The IAM actions it needs, each with what on: a table (or `table/index`), a queue's URL, a secret, `bucket/key`.
    """

    service: str
    operation: str
    wants: tuple[tuple[str, str], ...]


def record(path: Path, loader: Loader) -> None:
    """Append a line for each request that boto3's default session makes in this process from now on.

    Args:
        path: The file.
        loader: Has read what botocore knows of the services, or will.
    """
    session = get_session()
    session.register_component("data_loader", loader)
    boto3.setup_default_session(botocore_session=session)
    assert boto3.DEFAULT_SESSION is not None
    lines = path.open("a", encoding="utf-8", buffering=1)

    def note(params: Json, model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own model of the operation
        service, operation = model.service_model.service_name, model.name
        if model.auth_type == "none":
            return  # nobody signs it, so no role has to allow it
        lines.write(json.dumps(Call(service, operation, tuple(wanted(service, operation, params)))) + "\n")

    boto3.DEFAULT_SESSION.events.register("before-parameter-build", note)


def read(path: Path) -> list[Call]:
    """Return what was noted, in order."""
    if not path.exists():
        return []
    noted = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Call(service, operation, tuple((action, what) for action, what in wants)) for service, operation, wants in noted]


def wanted(service: str, operation: str, params: Json) -> Iterator[tuple[str, str]]:
    """Yield the permissions a request needs."""
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            for verb, write in item.items():
                yield f"dynamodb:{_WRITES[verb]}", write["TableName"]
    elif "RequestItems" in params:
        for table in params["RequestItems"]:
            yield f"dynamodb:{operation}", table
    elif "VersionId" in params:
        yield f"{service}:{operation}Version", _what(params)
    else:
        yield f"{service}:{_ACTIONS.get(operation, operation)}", _what(params)


def _what(params: Json) -> str:
    for name in ("QueueUrl", "SecretId", "UserPoolId"):
        if name in params:
            return str(params[name])
    first, rest = ("TableName", "IndexName") if "TableName" in params else ("Bucket", "Key")
    return "/".join(str(params[name]) for name in (first, rest) if name in params)
