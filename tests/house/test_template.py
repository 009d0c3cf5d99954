"""The template's queues, tables, bucket, network and parameters keep the rules of this house."""

from typing import Any

import pytest

from functions.console.access.roles import ROLES
from functions.pull_medical.handler import GROUP
from local.stack.streams import wanted_keys
from local.stack.template import LEFT_OUT, without
from shared import keys
from shared.messages import Apply, PullMedical
from shared.owners import KINDS
from tests.house.cloudformation import FED_BY_QUEUES, resources, target, template

APPLY = ("ApplyQueue", "operoo", Apply)
PULL = ("MedicalQueue", GROUP, PullMedical)


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
    for mapping in _queue_mappings():
        queue, function = target(mapping["EventSourceArn"]), target(mapping["FunctionName"])
        assert queues[queue]["VisibilityTimeout"] >= 6 * functions[function]["Timeout"], function


def test_each_function_that_a_queue_feeds_reports_failures_one_by_one() -> None:
    """Partial batch responses are on for every one of them."""
    mappings = _queue_mappings()
    assert sorted(target(mapping["FunctionName"]) for mapping in mappings) == sorted(FED_BY_QUEUES)
    for mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BatchSize"] <= 10


def test_the_lists_follow_the_staging_area_from_its_beginning() -> None:
    """The stream tells keys and nothing else, of records and nothing else, and a batch that fails comes again in halves."""
    assert resources("AWS::DynamoDB::Table")["RecordsTable"]["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}
    (mapping,) = [one for one in resources("AWS::Lambda::EventSourceMapping").values() if one not in _queue_mappings()]
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["RecordsTable", "StreamArn"]}
    assert (mapping["StartingPosition"], mapping["BisectBatchOnFunctionError"]) == ("TRIM_HORIZON", True)
    assert set(wanted_keys(mapping["FilterCriteria"])) == {f"{kind}#" for kind in KINDS}
    # Of a batch that is given up, the lists would never hear again: none is, and an alarm tells that they fall behind.
    assert not {"MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "DestinationConfig"} & set(mapping)


def test_passwords_are_long_and_nobody_lets_themselves_in() -> None:
    """Accounts are made by an owner; a client without our credentials cannot try passwords."""
    pool = resources("AWS::Cognito::UserPool")["UserPool"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    invitation = pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]["Fn::Sub"]
    assert "{username}" in invitation
    assert "{####}" in invitation
    assert [one["Name"] for one in pool["AccountRecoverySetting"]["RecoveryMechanisms"]] == ["admin_only"]
    client = resources("AWS::Cognito::UserPoolClient")["UserPoolClient"]
    assert set(client["ExplicitAuthFlows"]) == {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert {group["GroupName"] for group in resources("AWS::Cognito::UserPoolGroup").values()} == set(ROLES)


def test_a_pool_without_authenticator_apps_names_none() -> None:
    """Cognito takes no kind of second factor along with OFF."""
    enabled = resources("AWS::Cognito::UserPool")["UserPool"]["EnabledMfas"]
    assert enabled == {"Fn::If": ["HasMfa", ["SOFTWARE_TOKEN_MFA"], {"Ref": "AWS::NoValue"}]}
    assert template()["Conditions"]["HasMfa"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ConsoleMfa"}, "OFF"]}]}


def test_everything_at_rest_is_under_the_schools_key() -> None:
    """Queues, tables, bucket and secret are encrypted with the stack's own key, which rotates."""
    assert resources("AWS::KMS::Key")["ExchangeKey"]["EnableKeyRotation"] is True
    for queue in resources("AWS::SQS::Queue").values():
        assert target(queue["KmsMasterKeyId"]) == "ExchangeKey"
    for table in resources("AWS::DynamoDB::Table").values():
        assert target(table["SSESpecification"]["KMSMasterKeyId"]) == "ExchangeKey"
    assert target(resources("AWS::SecretsManager::Secret")["OperooToken"]["KmsKeyId"]) == "ExchangeKey"


def test_alarms_are_heard_where_the_schools_key_is_turned_off() -> None:
    """Then the relay falls silent like all else, and what tells of it must not need the key."""
    assert "KmsMasterKeyId" not in resources("AWS::SNS::Topic")["AlarmTopic"]
    services = [one["Principal"].get("Service") for one in resources("AWS::KMS::Key")["ExchangeKey"]["KeyPolicy"]["Statement"]]
    assert services == [None, "s3.amazonaws.com"]


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
        keys.SNAPSHOTS: 400,
        keys.MAPPED: 7,
        f"{keys.ANSWERS}snapshot/": 400,
        keys.UPLOADS: 7,
        keys.WITHDRAWN: 43,
        keys.REQUESTS: {"Ref": "KeepMedicalDays"},
        **{key: {"Ref": "KeepMedicalDays"} for key in (keys.WRITE_BACKS, keys.RECEIPTS, keys.CASES, keys.ATTACHMENTS)},
    }
    (general,) = [rule for rule in rules if "Prefix" not in rule]
    assert general["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert general["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] <= 7


def test_what_was_withdrawn_outlives_every_message() -> None:
    """One may wait on the return queue, with its dead letters, and, sent again from there, on the queue once more."""
    queues = resources("AWS::SQS::Queue")
    on_queue, dead = (queues[name]["MessageRetentionPeriod"] for name in ("ReturnQueue", "ReturnDeadLetters"))
    rules = resources("AWS::S3::Bucket")["ExchangeBucket"]["LifecycleConfiguration"]["Rules"]
    (days,) = (rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == keys.WITHDRAWN)
    assert days * 86400 > on_queue + dead + on_queue


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


def test_two_schools_of_one_account_share_no_name() -> None:
    """What has a name of its own has the stack's in it; what lies within something of the school's need not."""
    within = {"AWS::Cognito::UserPoolGroup", "AWS::Cognito::UserPoolClient", "AWS::ApiGatewayV2::Stage"}
    of_others = {"FunctionName", "MetricName", "ServiceName"}
    names = {
        (logical, key): value
        for logical, one in template()["Resources"].items()
        if one["Type"] not in within
        for key, value in one.get("Properties", {}).items()
        if key.endswith("Name") and key not in of_others
    }
    assert {"LayerName", "BucketName", "QueueName", "UserPoolName", "AliasName"} <= {key for _, key in names}
    for where, name in names.items():
        assert "${AWS::StackName}" in name["Fn::Sub"], where


def test_tables_are_on_demand_and_can_be_restored() -> None:
    """Tables are paid by request, recoverable to a point in time, keyed pk and sk, and outlive the stack."""
    tables = resources("AWS::DynamoDB::Table")
    assert sorted(tables) == ["ConsoleTable", "LedgerTable", "RecordsTable", "RunsTable"]
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    indexes = {
        (name, index["IndexName"]): [key["AttributeName"] for key in index["KeySchema"]]
        for name, table in tables.items()
        for index in table.get("GlobalSecondaryIndexes", ())
    }
    assert indexes == {
        ("RecordsTable", "worklist"): ["work", "id"],
        ("RunsTable", "history"): ["pk", "at"],
        ("LedgerTable", "worklist"): ["work", "student"],
        ("LedgerTable", "uncoded"): ["uncoded", "student"],
    }


@pytest.mark.parametrize(
    "name",
    ["ExchangeKey", "ExchangeBucket", "RecordsTable", "RunsTable", "LedgerTable", "ConsoleTable", "UserPool", "OperooToken"],
)
def test_data_outlives_the_stack(name: str) -> None:
    """Deleting or replacing a resource that holds data keeps it."""
    resource = template()["Resources"][name]
    assert resource["DeletionPolicy"] in {"Retain", "RetainExceptOnCreate"}
    assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_fixed_address_costs_nothing_unless_asked_for() -> None:
    """Everything of the network is made only under its condition, and only functions that call Operoo are in it."""
    for name, resource in template()["Resources"].items():
        if resource["Type"].startswith("AWS::EC2::"):
            assert resource["Condition"] == "HasFixedAddress", name
    inside = {name for name, one in resources("AWS::Lambda::Function").items() if "VpcConfig" in one}
    assert inside == {"ApplyRecords", "PullMedical"}
    assert template()["Parameters"]["FixedAddress"]["Default"] == "off"


def test_schedules_go_through_the_queues() -> None:
    """There is one way into applying and pulling: schedules send to the queue, in the message group that all others use."""
    schedules = resources("AWS::Scheduler::Schedule")
    for name, schedule in schedules.items():
        queue, group, message = PULL if name == "MedicalSchedule" else APPLY
        assert target(schedule["Target"]["Arn"]) == queue
        assert schedule["Target"]["SqsParameters"] == {"MessageGroupId": group}
        assert message.model_validate_json(schedule["Target"]["Input"])
        assert resources("AWS::SQS::Queue")[queue]["ContentBasedDeduplication"] is True
    assert "State" not in schedules["MedicalSchedule"]
    assert template()["Parameters"]["MedicalUpdates"]["Default"] == "off"
    asking = {name for name, one in schedules.items() if '"overwrite_groups":true' in one["Target"]["Input"]}
    assert asking == {"OverwriteSchedule"}


def test_each_parameter_says_what_it_is() -> None:
    """Parameters have a description, and all but free numbers a limit on what may be given."""
    for name, parameter in template()["Parameters"].items():
        assert parameter["Description"], name
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), name
        assert "Default" in parameter, name


def test_only_the_listed_types_are_left_out_locally() -> None:
    """The local stack leaves out of the template exactly what it lists, and each of those types is there to be left out."""
    types = {one["Type"] for one in template()["Resources"].values()}
    assert set(LEFT_OUT) <= types
    kept = {one["Type"] for one in without(template(), LEFT_OUT)["Resources"].values()}
    assert kept == types - set(LEFT_OUT)


def _queue_mappings() -> list[dict[str, Any]]:
    queues = resources("AWS::SQS::Queue")
    mappings = resources("AWS::Lambda::EventSourceMapping").values()
    return [mapping for mapping in mappings if target(mapping["EventSourceArn"]) in queues]
