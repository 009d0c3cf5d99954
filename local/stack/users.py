"""People who may come in to the console of a stack on this machine, which sends nobody a temporary password."""

from collections.abc import Collection
from typing import Any


def let_in(client: Any, pool: str, email: str, roles: Collection[str], password: str) -> None:  # noqa: ANN401 - a boto3 client
    """Make an account with a password that need not be changed; `client` is one of `cognito-idp`."""
    client.admin_create_user(UserPoolId=pool, Username=email, MessageAction="SUPPRESS")
    client.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
    for role in roles:
        client.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=role)
