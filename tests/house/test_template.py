"""The template keeps the rules of this house: what CloudFormation would be given is read and looked over, resource by resource."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from functions.settings import Settings
from local.stack.template import LEFT_OUT, Template, read_template, translate, without
from shared import keys

ROOT = Path(__file__).parents[2]
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
FUNCTIONS = ["AcceptManifests", "MapRows", "StageRecords", "PlanRun", "ApplyRecords"]

WILDCARDS_AWS_DEMANDS = {
    ("FunctionBasics", "Trace"): "X-Ray knows no resources",
}
"""Statements whose resource is `*`, and why."""

METRICS_WATCHED = {"ManifestRefused", "ApplyFailed", "ApplyStopped", "HoldsOpened", "RelayHeartbeat"}


@cache
def template() -> Template:
    """Return what CloudFormation is given."""
    return translate(read_template(ROOT / "template.yaml"), region="ap-southeast-2")


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, by logical ID."""
    return {name: one["Properties"] for name, one in template()["Resources"].items() if one["Type"] == kind}


def target(reference: dict[str, Any]) -> str:
    """Return the logical ID that a Ref or GetAtt names."""
    name = reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0]
    assert isinstance(name, str)
    return name


def as_list(value: Any) -> list[Any]:
    """Return a value that may stand alone or in a list as a list."""
    return value if isinstance(value, list) else [value]


def statements(name: str) -> Iterator[dict[str, Any]]:
    """Yield the statements of a role's or managed policy's own policies."""
    properties = template()["Resources"][name]["Properties"]
    for document in [one["PolicyDocument"] for one in properties.get("Policies", [])] + [properties.get("PolicyDocument")]:
        yield from document["Statement"] if document else []


def places(name: str, action: str) -> set[str]:
    """Return where in the Exchange bucket a role or policy may do something."""
    found: set[str] = set()
    for statement in statements(name):
        if action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
                found |= {text.removeprefix("${ExchangeBucket.Arn}/")} if "ExchangeBucket" in text else set()
    return found


def test_the_functions_are_the_ones_we_know() -> None:
    """There is no function that the tests below do not look at."""
    assert sorted(resources("AWS::Lambda::Function")) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_its_handler_under_its_own_name(name: str) -> None:
    """The handler lies in the folder of the function's name in snake case, and is there."""
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    assert resources("AWS::Lambda::Function")[name]["Handler"] == f"functions.{folder}.handler.lambda_handler"
    assert find_spec(f"functions.{folder}.handler")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_runs_as_the_house_runs(name: str) -> None:
    """One runtime, arm64, traced, with the shared layer and a role of its own."""
    function = resources("AWS::Lambda::Function")[name]
    assert function["Runtime"] == "python3.14"
    assert function["Architectures"] == ["arm64"]
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert [target(layer)[:11] for layer in function["Layers"]] == ["SharedLayer"]
    assert target(function["Role"]) == f"{name}Role"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_a_log_group_that_forgets(name: str) -> None:
    """Logs go to a group of the function's own with a retention."""
    group = target(resources("AWS::Lambda::Function")[name]["LoggingConfig"]["LogGroup"])
    assert group == f"{name}Logs"
    assert resources("AWS::Logs::LogGroup")[group]["RetentionInDays"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_reads_what_it_is_given(name: str) -> None:
    """Every environment variable is one that the settings read, or Powertools' own."""
    given = set(resources("AWS::Lambda::Function")[name]["Environment"]["Variables"])
    assert given >= POWERTOOLS
    assert given - POWERTOOLS <= {field.upper() for field in Settings.model_fields}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_given_what_it_asks_for(name: str) -> None:
    """Every setting that a function's modules ask the wiring for is in its environment."""
    function = resources("AWS::Lambda::Function")[name]
    asked = {setting.upper() for module in _modules(function["Handler"].rpartition(".")[0]) for setting in _asks(module)}
    assert asked <= set(function["Environment"]["Variables"])


def _source(module: str) -> ast.Module:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def _modules(start: str) -> set[str]:
    """Return the modules of `functions` that one imports, directly or not; the wiring itself is nobody's need."""
    found, open_ends = {start}, [start]
    while open_ends:
        for node in ast.walk(_source(open_ends.pop())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("functions."):
                new = {node.module} - found - {"functions.wiring"}
                found |= new
                open_ends += new
    return found


def _asks(module: str) -> set[str]:
    """Return the settings behind what a module calls of the wiring."""
    needs = {
        node.name: set(re.findall(r"'(\w+)'", ast.unparse(node))) & set(Settings.model_fields)
        for node in ast.walk(_source("functions.wiring"))
        if isinstance(node, ast.FunctionDef)
    }
    tree = _source(module)
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "functions.wiring"
        for alias in node.names
    }
    asked = set(re.findall(r"settings\(\)\.(\w+)", ast.unparse(tree))) & set(Settings.model_fields)
    return asked.union(*(needs[name] for name in called & imported))


def test_each_queue_has_dead_letters_that_are_kept_long_enough() -> None:
    """A queue is either somebody's dead letters, kept 14 days, or has dead letters of its own, of the same sort as itself."""
    queues = resources("AWS::SQS::Queue")
    for name, queue in queues.items():
        if name.endswith("DeadLetters"):
            assert queue["MessageRetentionPeriod"] == 14 * 86400, name
            continue
        dead = target(queue["RedrivePolicy"]["deadLetterTargetArn"])
        assert dead == name.removesuffix("Queue") + "DeadLetters"
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 3
        assert queues[dead].get("FifoQueue", False) == queue.get("FifoQueue", False)


def test_a_message_is_not_handed_out_twice_while_its_function_runs() -> None:
    """A queue's visibility timeout is at least 6 times that of the function it feeds."""
    functions, queues = resources("AWS::Lambda::Function"), resources("AWS::SQS::Queue")
    for mapping in resources("AWS::Lambda::EventSourceMapping").values():
        queue, function = target(mapping["EventSourceArn"]), target(mapping["FunctionName"])
        assert queues[queue]["VisibilityTimeout"] >= 6 * functions[function]["Timeout"], function


def test_each_function_is_fed_by_a_queue_and_reports_failures_one_by_one() -> None:
    """Partial batch responses are on for every function."""
    mappings = resources("AWS::Lambda::EventSourceMapping").values()
    assert sorted(target(mapping["FunctionName"]) for mapping in mappings) == sorted(FUNCTIONS)
    for mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BatchSize"] <= 10


def test_everything_at_rest_is_under_the_schools_key() -> None:
    """Queues, tables, bucket, secret and alarm topic are encrypted with the stack's own key, which rotates."""
    assert resources("AWS::KMS::Key")["ExchangeKey"]["EnableKeyRotation"] is True
    for queue in resources("AWS::SQS::Queue").values():
        assert target(queue["KmsMasterKeyId"]) == "ExchangeKey"
    for table in resources("AWS::DynamoDB::Table").values():
        assert target(table["SSESpecification"]["KMSMasterKeyId"]) == "ExchangeKey"
    assert target(resources("AWS::SecretsManager::Secret")["OperooToken"]["KmsKeyId"]) == "ExchangeKey"
    assert target(resources("AWS::SNS::Topic")["AlarmTopic"]["KmsMasterKeyId"]) == "ExchangeKey"


def test_the_bucket_is_closed_versioned_and_forgets() -> None:
    """No public access, TLS only, KMS with a bucket key, versions, and a lifecycle for what is no longer needed."""
    bucket = resources("AWS::S3::Bucket")["ExchangeBucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["BucketKeyEnabled"] is True
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    (statement,) = resources("AWS::S3::BucketPolicy")["ExchangeBucketPolicy"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule} == {
        keys.CHUNKS: 90,
        keys.PHOTOS: 365,
        keys.SNAPSHOTS: 90,
        keys.MAPPED: 7,
        f"{keys.ANSWERS}snapshot/": 90,
    }
    (general,) = [rule for rule in rules if "Prefix" not in rule]
    assert general["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert general["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] <= 7


def test_manifests_and_heartbeats_and_nothing_else_come_in_as_events() -> None:
    """The bucket tells the intake queue of both prefixes, and the queue takes it from this bucket alone."""
    bucket = resources("AWS::S3::Bucket")["ExchangeBucket"]
    configurations = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert {target(one["Queue"]) for one in configurations} == {"IntakeQueue"}
    prefixes = {one["Filter"]["S3Key"]["Rules"][0]["Value"] for one in configurations}
    assert prefixes == {"manifests/", "heartbeat/"}
    assert all(key.startswith(tuple(prefixes)) for key in (keys.SNAPSHOTS, keys.REQUESTS, keys.HEARTBEAT))
    (statement,) = resources("AWS::SQS::QueuePolicy")["IntakeQueuePolicy"]["PolicyDocument"]["Statement"]
    source = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert source.endswith(f":::{bucket['BucketName']['Fn::Sub']}")


def test_tables_are_on_demand_and_can_be_restored() -> None:
    """Both tables are paid by request, recoverable to a point in time, keyed pk and sk, and outlive the stack."""
    tables = resources("AWS::DynamoDB::Table")
    assert sorted(tables) == ["RecordsTable", "RunsTable"]
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    (index,) = tables["RecordsTable"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "worklist"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["work", "id"]
    assert tables["RunsTable"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize("name", ["ExchangeKey", "ExchangeBucket", "RecordsTable", "RunsTable", "OperooToken"])
def test_data_outlives_the_stack(name: str) -> None:
    """Deleting or replacing a resource that holds data keeps it."""
    resource = template()["Resources"][name]
    assert resource["DeletionPolicy"] in {"Retain", "RetainExceptOnCreate"}
    assert resource["UpdateReplacePolicy"] == "Retain"


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
    """Managed policies of AWS allow all queues and logs of the account; only the one for network interfaces has no substitute."""
    borrowed = [
        policy
        for role in resources("AWS::IAM::Role").values()
        for policy in role.get("ManagedPolicyArns", [])
        if policy != {"Ref": "FunctionBasics"}
    ]
    (only,) = borrowed
    assert only["Fn::If"][0] == "HasFixedAddress"
    assert only["Fn::If"][1]["Fn::Sub"].endswith("/AWSLambdaENIManagementAccess")


def test_keys_in_policies_are_those_in_the_code() -> None:
    """Each place in the bucket that a policy names is a prefix or key that `shared.keys` builds."""
    known = {f"{prefix}*" for prefix in (keys.CHUNKS, keys.PHOTOS, keys.SNAPSHOTS, keys.MAPPED, keys.ANSWERS, "manifests/")}
    for name in [*resources("AWS::IAM::Role"), *resources("AWS::IAM::ManagedPolicy")]:
        assert places(name, "s3:GetObject") | places(name, "s3:PutObject") <= known | {keys.HEARTBEAT}, name


def test_each_function_may_touch_what_its_step_needs() -> None:
    """Only mapping writes mapped records, only accepting answers, only applying reads photos and the token."""
    reads = {name: places(f"{name}Role", "s3:GetObject") for name in FUNCTIONS}
    writes = {name: places(f"{name}Role", "s3:PutObject") for name in FUNCTIONS}
    assert reads == {
        "AcceptManifests": {"manifests/*", "chunks/*"},
        "MapRows": {"chunks/*"},
        "StageRecords": {"mapped/*"},
        "PlanRun": set(),
        "ApplyRecords": {"photos/*"},
    }
    assert writes == {name: set() for name in FUNCTIONS} | {"AcceptManifests": {"answers/*"}, "MapRows": {"mapped/*"}}
    secret = {
        name for name in FUNCTIONS for one in statements(f"{name}Role") if "secretsmanager:GetSecretValue" in as_list(one["Action"])
    }
    assert secret == {"ApplyRecords"}


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
    """The relay puts chunks, photos, snapshots and its heartbeat, finds and reads snapshots, hears the return queue, uses the key."""
    assert places("RelayPolicy", "s3:PutObject") == {
        f"{keys.CHUNKS}*",
        f"{keys.PHOTOS}*",
        f"{keys.SNAPSHOTS}*",
        keys.HEARTBEAT,
    }
    assert places("RelayPolicy", "s3:GetObject") == {f"{keys.SNAPSHOTS}*"}
    actions = {action for one in statements("RelayPolicy") for action in as_list(one["Action"])}
    assert actions == {
        "s3:PutObject",
        "s3:GetObject",
        "s3:ListBucket",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "kms:GenerateDataKey",
        "kms:Decrypt",
    }
    (listing,) = [one for one in statements("RelayPolicy") if one["Action"] == "s3:ListBucket"]
    assert listing["Condition"] == {"StringEquals": {"s3:prefix": keys.SNAPSHOTS}}
    assert not template()["Resources"].keys() & {"RelayAccessKey"}


def test_an_alarm_sounds_for_each_queue_of_dead_letters() -> None:
    """Dead letters raise an alarm as soon as there is one."""
    watched = {
        target(alarm["Dimensions"][0]["Value"])
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    assert watched == {name for name in resources("AWS::SQS::Queue") if name.endswith("DeadLetters")}


def test_alarms_watch_the_metrics_that_the_functions_count() -> None:
    """Each alarm of our own namespace is on a metric that some function counts, under the dimension that Powertools gives it."""
    ours = {
        alarm["MetricName"]: alarm
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "OperooSynergetic"
    }
    assert set(ours) == METRICS_WATCHED
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py"))
    assert set(re.findall(r'count\("(\w+)"', code)) >= METRICS_WATCHED
    for alarm in ours.values():
        assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    for function in resources("AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "OperooSynergetic"


def test_silence_of_the_relay_is_an_alarm() -> None:
    """No heartbeat is no data, and that counts as bad; everywhere else no data is good."""
    for name, alarm in resources("AWS::CloudWatch::Alarm").items():
        assert alarm["TreatMissingData"] == ("breaching" if name == "RelaySilentAlarm" else "notBreaching")
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]


def test_the_fixed_address_costs_nothing_unless_asked_for() -> None:
    """Everything of the network is made only under its condition, and only the function that calls Operoo is in it."""
    for name, resource in template()["Resources"].items():
        if resource["Type"].startswith("AWS::EC2::"):
            assert resource["Condition"] == "HasFixedAddress", name
    inside = {name for name, one in resources("AWS::Lambda::Function").items() if "VpcConfig" in one}
    assert inside == {"ApplyRecords"}
    assert template()["Parameters"]["FixedAddress"]["Default"] == "off"


def test_apply_is_asked_for_on_a_schedule_through_its_queue() -> None:
    """There is one way into apply: the schedule sends to the queue, in the message group that all others use."""
    (schedule,) = resources("AWS::Scheduler::Schedule").values()
    assert target(schedule["Target"]["Arn"]) == "ApplyQueue"
    assert schedule["Target"]["SqsParameters"] == {"MessageGroupId": "operoo"}
    assert resources("AWS::SQS::Queue")["ApplyQueue"]["ContentBasedDeduplication"] is True


def test_each_parameter_says_what_it_is() -> None:
    """Parameters have a description, and all but free numbers a limit on what may be given."""
    for name, parameter in template()["Parameters"].items():
        assert parameter["Description"], name
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), name
        assert "Default" in parameter, name


def test_only_the_listed_types_are_left_out_locally() -> None:
    """What the local stack leaves out of the template is exactly what it lists, and each of those types is there to be left out."""
    types = {one["Type"] for one in template()["Resources"].values()}
    assert set(LEFT_OUT) <= types
    kept = {one["Type"] for one in without(template(), LEFT_OUT)["Resources"].values()}
    assert kept == types - set(LEFT_OUT)
