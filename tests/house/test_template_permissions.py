"""Nobody may do more than its step needs: the template's policies, statement by statement."""

from shared import keys
from tests.house.cloudformation import FUNCTIONS, as_list, places, resources, statements, target, template

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
    for name in [*resources("AWS::IAM::Role"), *resources("AWS::IAM::ManagedPolicy")]:
        assert places(name, "s3:GetObject") | places(name, "s3:PutObject") <= known | {keys.HEARTBEAT}, name


def test_each_function_may_touch_what_its_step_needs() -> None:
    """Only mapping writes mapped records, only who calls Operoo reads the token, only what is medical sees what is medical."""
    reads = {name: places(f"{name}Role", "s3:GetObject") for name in FUNCTIONS}
    writes = {name: places(f"{name}Role", "s3:PutObject") for name in FUNCTIONS}
    assert reads == {
        "AcceptManifests": {"manifests/*", "chunks/*", keys.HEARTBEAT, "medical/*", "uploads/*"},
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
        "PullMedical": {"write-backs/*", "medical/*", "attachments/*"},
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
    assert listing["Condition"] == {"StringEquals": {"s3:prefix": keys.SNAPSHOTS}}
    assert not template()["Resources"].keys() & {"RelayAccessKey"}
