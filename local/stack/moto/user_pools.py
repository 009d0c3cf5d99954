"""Cognito's user pools, of which moto's CloudFormation knows nothing. As in `local.stack.moto.resources`, which see."""

from typing import Any

from moto.cognitoidp.models import cognitoidp_backends
from moto.core.common_models import CloudFormationModel

Json = dict[str, Any]
_LIFETIMES = ("AccessTokenValidity", "IdTokenValidity", "RefreshTokenValidity")


class TemplatedUserPool(CloudFormationModel):
    """A user pool."""

    def __init__(self, pool_id: str, arn: str) -> None:
        self.physical_resource_id = pool_id
        self._arn = arn

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "UserPoolName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type."""
        return "AWS::Cognito::UserPool"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether GetAtt may ask for `attr`."""
        return attr == "Arn"

    def get_cfn_attribute(self, _attribute_name: str) -> str:
        """Return the ARN, the one attribute there is."""
        return self._arn

    def is_created(self) -> bool:
        """Tell that it is there at once."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Json, account_id: str, region_name: str, **_kwargs: object
    ) -> "TemplatedUserPool":
        """Create it, with its demand for a second factor."""
        properties = cloudformation_json["Properties"]
        backend = cognitoidp_backends[account_id][region_name]
        pool = backend.create_user_pool(resource_name, dict(properties))
        wanted = properties.get("MfaConfiguration", "OFF")
        backend.set_user_pool_mfa_config(pool.id, {}, {"Enabled": wanted != "OFF"}, wanted)
        return cls(pool.id, pool.arn)


class TemplatedUserPoolClient(CloudFormationModel):
    """A client of a user pool."""

    def __init__(self, client_id: str) -> None:
        self.physical_resource_id = client_id

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "ClientName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type."""
        return "AWS::Cognito::UserPoolClient"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether GetAtt may ask for `attr`."""
        return attr == "ClientId"

    def is_created(self) -> bool:
        """Tell that it is there at once."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Json, account_id: str, region_name: str, **_kwargs: object
    ) -> "TemplatedUserPoolClient":
        """Create it."""
        properties = {"ClientName": resource_name, **cloudformation_json["Properties"]}
        # A number in the template may come as text.
        properties |= {name: int(properties[name]) for name in _LIFETIMES if name in properties}
        pool = properties.pop("UserPoolId")
        secret = properties.pop("GenerateSecret", False)
        client = cognitoidp_backends[account_id][region_name].create_user_pool_client(pool, secret, properties)
        return cls(client.id)


class TemplatedUserPoolGroup(CloudFormationModel):
    """A group of a user pool."""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "GroupName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type."""
        return "AWS::Cognito::UserPoolGroup"

    @classmethod
    def has_cfn_attr(cls, _attr: str) -> bool:
        """Tell whether GetAtt may ask for an attribute."""
        return False

    def is_created(self) -> bool:
        """Tell that it is there at once."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Json, account_id: str, region_name: str, **_kwargs: object
    ) -> "TemplatedUserPoolGroup":
        """Create it."""
        properties = cloudformation_json["Properties"]
        name = properties.get("GroupName", resource_name)
        backend = cognitoidp_backends[account_id][region_name]
        backend.create_group(properties["UserPoolId"], name, properties.get("Description", ""), "", 0)
        return cls(name)
