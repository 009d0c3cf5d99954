"""Nobody may do more than its step needs: the template's policies, statement by statement."""

import re

import boto3

from shared import keys
from tests.house.cloudformation import FED_BY_QUEUES, FUNCTIONS, ROOT, as_list, places, resources, statements, target, template

WILDCARDS_AWS_DEMANDS = {
    ("FunctionBasics", "Trace"): "X-Ray knows no resources",
}
"""Statements whose resource is `*`, and why."""


CALLS_OPEROO = {"ApplyRecords", "PullMedical"}


def test_no_policy_allows_every_resource() -> None:
    """No statement of ours has the resource `*`, except where AWS knows no other."""
    holders = [*resources("AWS::IAM::Role"), *resources("AWS::IAM::ManagedPolicy")]
    loose = {
        (name, statement.get("Sid", ""))
        for name in holders
        for statement in statements(name)
        if any(one == "*" for one in as_list(statement["Resource"]))
        or any(action.endswith("*") for action in as_list(statement["Action"]))
    }
    assert loose == set(WILDCARDS_AWS_DEMANDS)


def test_no_role_borrows_a_policy_of_aws() -> None:
    """Managed policies of AWS allow all queues and logs of the account; only that for network interfaces has no substitute."""
    borrowed = [
        policy
        for role in resources("AWS::IAM::Role").values()
        for policy in role.get("ManagedPolicyArns", [])
        if policy not in ({"Ref": "FunctionBasics"}, {"Ref": "RelayPolicy"})
    ]
    assert len(borrowed) == len(CALLS_OPEROO)
    for policy in borrowed:
        assert policy["Fn::If"][0] == "HasFixedAddress"
        assert policy["Fn::If"][1]["Fn::Sub"].endswith("/AWSLambdaENIManagementAccess")


def test_keys_in_policies_are_those_in_the_code() -> None:
    """Each place in the bucket that a policy names is a prefix or key that `shared.keys` builds."""
    prefixes = {value for value in vars(keys).values() if isinstance(value, str) and value.endswith("/")}
    known = {f"{prefix}*" for prefix in (*prefixes, "manifests/", f"{keys.CHUNKS}codes/")}
    known |= {keys.HEARTBEAT, keys.MEDICAL_FIELDS}
    for name in [*resources("AWS::IAM::Role"), *resources("AWS::IAM::ManagedPolicy")]:
        assert places(name, "s3:GetObject") | places(name, "s3:PutObject") <= known, name


def test_each_function_may_touch_what_its_step_needs() -> None:
    """Only mapping writes mapped records, only who calls Operoo reads the token, only what is medical sees what is medical."""
    reads = {name: places(f"{name}Role", "s3:GetObject") for name in FUNCTIONS}
    writes = {name: places(f"{name}Role", "s3:PutObject") for name in FUNCTIONS}
    assert reads == {
        "AcceptManifests": {"manifests/*", "chunks/*", keys.HEARTBEAT, "medical/*", "receipts/*", "uploads/*"},
        "MapRows": {"chunks/*"},
        "StageRecords": {"mapped/*", "uploads/records/*"},
        "PlanRun": set(),
        "ListRecords": set(),
        # What is medical it shows to the role medical alone.
        "Console": {
            "photos/*",
            keys.HEARTBEAT,
            "manifests/request/*",
            "uploads/drafts/*",
            "manifests/snapshot/*",
            "chunks/codes/*",
            "receipts/*",
            "medical/*",
            "attachments/*",
        },
        "ApplyRecords": {"photos/*"},
        "PullMedical": {
            keys.MEDICAL_FIELDS,
            "manifests/snapshot/*",
            "chunks/codes/*",
            "write-backs/*",
            "receipts/*",
            "medical/*",
            "uploads/*",
        },
        "RecordReceipts": {"receipts/*", "medical/*"},
    }
    assert writes == {name: set() for name in FUNCTIONS} | {
        "Console": {"manifests/request/*", "uploads/drafts/*", "uploads/medical/*", "uploads/records/*"},
        "AcceptManifests": {"answers/*"},
        "MapRows": {"mapped/*"},
        "StageRecords": {"withdrawn/*"},
        "PullMedical": {"write-backs/*", "withdrawn/*", "medical/*", "attachments/*"},
        "RecordReceipts": {"answers/*", "receipts/*", "medical/*"},
    }
    secret = {
        name
        for name in FUNCTIONS
        for one in statements(f"{name}Role")
        if "secretsmanager:GetSecretValue" in as_list(one["Action"])
    }
    assert secret == CALLS_OPEROO


def test_each_function_may_send_where_its_environment_points() -> None:
    """A queue's URL in the environment and the permission to send to it go together."""
    for name in FUNCTIONS:
        variables = resources("AWS::Lambda::Function")[name]["Environment"]["Variables"]
        pointed = {target(value) for key, value in variables.items() if key.endswith("_QUEUE_URL")}
        allowed = {
            target(resource)
            for one in statements(f"{name}Role")
            if "sqs:SendMessage" in as_list(one["Action"])
            for resource in as_list(one["Resource"])
        }
        assert pointed == allowed, name


def test_each_function_may_use_the_tables_its_environment_names() -> None:
    """A table's name in the environment and a permission on it go together."""
    for name in FUNCTIONS:
        variables = resources("AWS::Lambda::Function")[name]["Environment"]["Variables"]
        named = {target(value) for key, value in variables.items() if key.endswith("_TABLE")}
        allowed = {
            target(resource)
            for one in statements(f"{name}Role")
            if any(action.startswith("dynamodb:") for action in as_list(one["Action"]))
            for resource in as_list(one["Resource"])
            if "Fn::GetAtt" in resource
        }
        assert named == allowed, name


def test_each_function_may_do_to_a_table_what_its_step_does() -> None:
    """Who only looks may not write, few may take anything away, and an index is queried and nothing else."""
    tables = ("RecordsTable", "RunsTable", "LedgerTable", "ConsoleTable")
    assert {name: {table: _doing(name, table) for table in tables if _doing(name, table)} for name in FUNCTIONS} == {
        "AcceptManifests": {
            "RecordsTable": {"BatchGetItem", "Query"},
            "RunsTable": {"GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"},
            "LedgerTable": {"GetItem", "Query"},
            "ConsoleTable": {"Query"},
        },
        "MapRows": {},
        "StageRecords": {
            "RecordsTable": {"BatchGetItem", "Query", "PutItem"},
            # A transaction holds only while the claim stands.
            "RunsTable": {"GetItem", "Query", "PutItem", "UpdateItem", "ConditionCheckItem"},
        },
        "PlanRun": {
            "RecordsTable": {"BatchGetItem", "Query", "PutItem"},
            "RunsTable": {"GetItem", "Query", "PutItem", "UpdateItem"},
            "ConsoleTable": {"Query"},
        },
        "ApplyRecords": {
            "RecordsTable": {"BatchGetItem", "Query", "PutItem"},
            "RunsTable": {"GetItem", "Query", "PutItem", "DeleteItem"},
            "ConsoleTable": {"Query"},
        },
        "PullMedical": {
            "RecordsTable": {"BatchGetItem", "Query"},
            "RunsTable": {"GetItem", "PutItem", "DeleteItem"},
            "LedgerTable": {"GetItem", "BatchGetItem", "Query", "PutItem"},
            "ConsoleTable": {"Query"},
        },
        "RecordReceipts": {"RunsTable": {"GetItem", "UpdateItem"}, "LedgerTable": {"GetItem", "PutItem"}},
        "ListRecords": {
            "RecordsTable": {"BatchGetItem", "Query"},
            "ConsoleTable": {"GetItem", "PutItem", "UpdateItem"},
        },
        "Console": {
            "RecordsTable": {"BatchGetItem", "Query"},
            "RunsTable": {"GetItem", "Query"},
            "LedgerTable": {"GetItem", "BatchGetItem", "Query"},
            "ConsoleTable": {"GetItem", "Query", "PutItem", "DeleteItem"},
        },
    }
    indexes = {
        (name, action)
        for name in FUNCTIONS
        for one in statements(f"{name}Role")
        for action in as_list(one["Action"])
        if any("/index/" in str(resource) for resource in as_list(one["Resource"]))
    }
    assert indexes == {(name, "dynamodb:Query") for name in ("PlanRun", "ApplyRecords", "PullMedical", "Console")}


def test_the_console_may_do_to_users_what_its_code_asks_for() -> None:
    """Each call of Cognito that wants a permission has one, and no other is given."""
    client = boto3.client("cognito-idp", region_name="ap-southeast-2")
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions/console").rglob("*.py"))
    called = re.findall(r"_client\.(?:get_paginator\(\"(\w+)\"\)|(\w+)\()", code)
    operations = {client.meta.method_to_api_mapping[paged or once] for paged, once in called if once != "get_paginator"}
    models = map(client.meta.service_model.operation_model, operations)
    (users,) = [one for one in statements("ConsoleRole") if one["Sid"] == "Users"]
    assert {f"cognito-idp:{model.name}" for model in models if model.auth_type != "none"} == set(users["Action"])


def test_who_is_fed_by_a_queue_may_take_from_it_what_lambda_takes() -> None:
    """Lambda receives, deletes and counts in the function's name; only a worker that hides its messages itself may do that."""
    for name in FED_BY_QUEUES:
        (receive,) = [one for one in statements(f"{name}Role") if one["Sid"] == "Receive"]
        hides = {"sqs:ChangeMessageVisibility"} if name in CALLS_OPEROO else set()
        assert set(receive["Action"]) == {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} | hides, name


def test_the_relay_may_state_what_is_and_nothing_else() -> None:
    """It puts what it states, heartbeat and receipts, reads snapshots and what it is to write, hears one queue, answers one."""
    assert places("RelayPolicy", "s3:PutObject") == {
        f"{keys.CHUNKS}*",
        f"{keys.PHOTOS}*",
        f"{keys.SNAPSHOTS}*",
        keys.HEARTBEAT,
        f"{keys.RECEIPTS}*",
    }
    assert places("RelayPolicy", "s3:GetObject") == {f"{keys.SNAPSHOTS}*", f"{keys.WRITE_BACKS}*"}
    actions = {action for one in statements("RelayPolicy") for action in as_list(one["Action"])}
    assert actions == {
        "s3:PutObject",
        "s3:GetObject",
        "s3:ListBucket",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:SendMessage",
        "kms:GenerateDataKey",
        "kms:Decrypt",
    }
    queues = {
        action: [target(one["Resource"]) for one in statements("RelayPolicy") if action in as_list(one["Action"])]
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:SendMessage")
    }
    assert queues == {
        "sqs:ReceiveMessage": ["ReturnQueue"],
        "sqs:DeleteMessage": ["ReturnQueue"],
        "sqs:SendMessage": ["ReceiptQueue"],
    }
    (listing,) = [one for one in statements("RelayPolicy") if one["Action"] == "s3:ListBucket"]
    assert listing["Condition"] == {"StringEquals": {"s3:prefix": [keys.SNAPSHOTS, keys.WITHDRAWN]}}
    assert not template()["Resources"].keys() & {"RelayAccessKey"}


def _doing(function: str, table: str) -> set[str]:
    """Return what a function may do to a table itself."""
    return {
        action.removeprefix("dynamodb:")
        for one in statements(f"{function}Role")
        if {"Fn::GetAtt": [table, "Arn"]} in as_list(one["Resource"])
        for action in as_list(one["Action"])
    }
