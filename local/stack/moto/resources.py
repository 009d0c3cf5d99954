"""What moto's CloudFormation does not know and our template needs. Importing this room teaches it; only moto's own process may.

moto finds the class of a resource type among the direct subclasses of `CloudFormationModel`, and the last one defined wins.
Each class here says what moto lacks; on the day moto has it, the class can go.
"""

from typing import Any

from moto.awslambda.models import EventSourceMapping
from moto.cloudformation import parsing as _moto_models_come_first  # noqa: F401 - ours must be defined after moto's own
from moto.core.common_models import CloudFormationModel
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import FakeBucket, s3_backends
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends

Json = dict[str, Any]


class NotifyingBucket(CloudFormationModel):
    """A bucket with its event notifications and versioning, which moto's CloudFormation drops. Nothing expires here."""

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "BucketName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type."""
        return "AWS::S3::Bucket"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether GetAtt may ask for `attr`."""
        return FakeBucket.has_cfn_attr(attr)

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Json, account_id: str, region_name: str, **kwargs: object
    ) -> FakeBucket:
        """Create it."""
        bucket = FakeBucket.create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        properties = cloudformation_json["Properties"]
        backend = s3_backends[account_id]["aws"]
        if "VersioningConfiguration" in properties:
            backend.put_bucket_versioning(bucket.name, properties["VersioningConfiguration"]["Status"])
        wanted = properties.get("NotificationConfiguration", {}).get("QueueConfigurations", [])
        backend.put_bucket_notification_configuration(bucket.name, {"QueueConfiguration": [_as_in_api(one) for one in wanted]})
        return bucket


def _as_in_api(wanted: Json) -> Json:
    rules = wanted.get("Filter", {}).get("S3Key", {}).get("Rules")
    given = {"Queue": wanted["Queue"], "Event": [wanted["Event"]]}
    return {**given, "Filter": {"S3Key": {"FilterRule": rules}}} if rules else given


class PolledQueue(CloudFormationModel):
    """An event source mapping that only stands in Lambda's list: moto would run the function in Docker on each message."""

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it: none."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type."""
        return "AWS::Lambda::EventSourceMapping"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether GetAtt may ask for `attr`."""
        return attr == "Id"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Json, account_id: str, region_name: str, **kwargs: object
    ) -> EventSourceMapping:
        """Create it and take it off its queue or table."""
        mapping = EventSourceMapping.create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        tables: Any = dynamodb_backends[account_id][region_name].tables.values()
        for source in (*sqs_backends[account_id][region_name].queues.values(), *tables):
            source.lambda_event_source_mappings.pop(mapping.function_arn, None)
        return mapping


class TemplatedSecret(CloudFormationModel):
    """A secret, which moto's CloudFormation does not know. It has no value until somebody puts one."""

    def __init__(self, arn: str) -> None:
        self.physical_resource_id = arn

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type."""
        return "AWS::SecretsManager::Secret"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether GetAtt may ask for `attr`."""
        return attr == "Id"

    def get_cfn_attribute(self, _attribute_name: str) -> str:
        """Return the ARN, the one attribute there is."""
        return self.physical_resource_id

    def is_created(self) -> bool:
        """Tell that it is there at once."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Json, account_id: str, region_name: str, **_kwargs: object
    ) -> "TemplatedSecret":
        """Create it."""
        backend = secretsmanager_backends[account_id][region_name]
        properties = cloudformation_json["Properties"]
        secret, _ = backend._add_secret(  # noqa: SLF001 - the public way answers JSON text
            resource_name, description=properties.get("Description"), kms_key_id=properties.get("KmsKeyId")
        )
        return cls(secret.arn)


_NOT_GIVEN: dict[str, Any] = dict.fromkeys(("kms_key_arn", "start_date", "end_date", "action_after_completion"))


class TemplatedSchedule(CloudFormationModel):
    """A schedule of EventBridge Scheduler, which moto's CloudFormation does not know."""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type."""
        return "AWS::Scheduler::Schedule"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether GetAtt may ask for `attr`."""
        return attr == "Arn"

    def is_created(self) -> bool:
        """Tell that it is there at once."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Json, account_id: str, region_name: str, **_kwargs: object
    ) -> "TemplatedSchedule":
        """Create it."""
        properties = cloudformation_json["Properties"]
        scheduler_backends[account_id][region_name].create_schedule(
            name=resource_name,
            group_name=properties.get("GroupName", "default"),
            description=properties.get("Description"),
            schedule_expression=properties["ScheduleExpression"],
            schedule_expression_timezone=properties.get("ScheduleExpressionTimezone"),
            flexible_time_window=properties["FlexibleTimeWindow"],
            target=properties["Target"],
            state=properties.get("State"),
            **_NOT_GIVEN,
        )
        return cls(resource_name)


class TemplatedHttpApi(CloudFormationModel):
    """An HTTP API, which moto's CloudFormation does not know. It has a name only: `local.stack.http_api` serves it."""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it: none that must be unique."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type."""
        return "AWS::ApiGatewayV2::Api"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether GetAtt may ask for `attr`."""
        return attr == "ApiEndpoint"

    def get_cfn_attribute(self, _attribute_name: str) -> str:
        """Return its address in AWS, which it has not."""
        return f"https://{self.physical_resource_id}.invalid"

    def is_created(self) -> bool:
        """Tell that it is there at once."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Json,  # noqa: ARG003 - moto gives them by name
        account_id: str,  # noqa: ARG003
        region_name: str,  # noqa: ARG003
        **_kwargs: object,
    ) -> "TemplatedHttpApi":
        """Create it."""
        return cls(resource_name)
