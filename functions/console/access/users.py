"""Who may come in, and with which roles: the school's owners look after that, through Cognito.

An e-mail address stands for a person towards Cognito, which takes it wherever it takes its own identifier.
"""

import secrets
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError
from pydantic import BaseModel

from functions.console.access.roles import ROLES, Role
from shared.errors import IntegrationError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import AdminCreateUserResponseTypeDef, UserTypeTypeDef

State = Literal["active", "invited", "blocked"]
_NO_EMAIL = frozenset({"InvalidParameterException", "CodeDeliveryFailureException", "LimitExceededException"})
_INVITED = "FORCE_CHANGE_PASSWORD"


class UserExistsError(IntegrationError):
    """Somebody was invited who is there already."""

    code = "user-exists"


class EmailRefusedError(IntegrationError):
    """Somebody was invited at what is no e-mail address."""

    code = "email-refused"


class LastOwnerError(IntegrationError):
    """Nobody would be left who looks after the school's users and settings."""

    code = "last-owner"


class User(BaseModel):
    """Somebody who may come in.

    Attributes:
        id: Cognito's identifier, the same for good.
        state: `invited` has not signed in yet with a password of their own; `blocked` cannot sign in.
    """

    id: str
    email: str
    roles: tuple[Role, ...]
    state: State
    since: str


class Users:
    """The users of one school's user pool."""

    def __init__(self, client: "CognitoIdentityProviderClient", pool: str) -> None:
        self._client = client
        self._pool = pool

    def all(self) -> list[User]:
        """Return everybody, by e-mail address."""
        held: dict[str, set[Role]] = {}
        for role in ROLES:
            members = self._client.get_paginator("list_users_in_group").paginate(UserPoolId=self._pool, GroupName=role)
            for user in (user for page in members for user in page["Users"]):
                held.setdefault(user["Username"], set()).add(role)
        users = self._client.get_paginator("list_users").paginate(UserPoolId=self._pool)
        found = []
        for one in (one for page in users for one in page["Users"]):
            roles = tuple(role for role in ROLES if role in held.get(one["Username"], ()))
            found.append(_user(one, roles))
        return sorted(found, key=lambda user: user.email.casefold())

    def as_now(self, user: User) -> User | None:
        """Return somebody as Cognito knows them now, if they are there: its lists follow some seconds later."""
        try:
            found = self._client.admin_get_user(UserPoolId=self._pool, Username=user.id)
        except self._client.exceptions.UserNotFoundException:
            return None
        groups = self._client.get_paginator("admin_list_groups_for_user").paginate(UserPoolId=self._pool, Username=user.id)
        held = {group.get("GroupName") for page in groups for group in page["Groups"]}
        state = _state(found["UserStatus"], enabled=found["Enabled"])
        return user.model_copy(update={"roles": tuple(role for role in ROLES if role in held), "state": state})

    def invite(self, email: str) -> User:
        """Let somebody in, and return them, without roles yet; Cognito sends them a password for the first time.

        Raises:
            UserExistsError: They are there already.
            EmailRefusedError: Cognito does not take it for an e-mail address, or sends no more e-mails today.
        """
        made = self._create(email, "Nobody was invited.", UserAttributes=_attributes(email), DesiredDeliveryMediums=["EMAIL"])
        return _user(made["User"], ())

    def _create(self, email: str, if_unsent: str, **given: Any) -> "AdminCreateUserResponseTypeDef":  # noqa: ANN401 - as Cognito's
        try:
            return self._client.admin_create_user(UserPoolId=self._pool, Username=email, **given)
        except ClientError as error:
            if error.response["Error"]["Code"] in _NO_EMAIL:
                raise EmailRefusedError(
                    f"Cognito can send no e-mail to this address now. {if_unsent}",
                    remedy="Look for a slip of the pen. If there is none, try again tomorrow: it sends few e-mails a day.",
                ) from None
            if error.response["Error"]["Code"] != "UsernameExistsException":
                raise
            raise _exists() from None

    def set_roles(self, user: User, roles: set[Role]) -> None:
        """Give somebody just these roles."""
        for role in ROLES:
            if role in roles and role not in user.roles:
                self._client.admin_add_user_to_group(UserPoolId=self._pool, Username=user.email, GroupName=role)
            elif role not in roles and role in user.roles:
                self._client.admin_remove_user_from_group(UserPoolId=self._pool, Username=user.email, GroupName=role)

    def block(self, user: User) -> None:
        """Let somebody in no more, and put them out wherever they are signed in."""
        self._client.admin_disable_user(UserPoolId=self._pool, Username=user.email)
        self.sign_out(user)

    def remove(self, user: User) -> None:
        """Forget somebody for good, and with them wherever they are signed in."""
        self._client.admin_delete_user(UserPoolId=self._pool, Username=user.email)

    def unblock(self, user: User) -> None:
        """Let somebody in again."""
        self._client.admin_enable_user(UserPoolId=self._pool, Username=user.email)

    def reset_password(self, user: User) -> None:
        """Make somebody's password worthless, and have Cognito send them one for the first time, as at the beginning.

        Raises:
            EmailRefusedError: It sends no more e-mails today; their password is worthless all the same.
        """
        unknown = f"{secrets.token_urlsafe(32)}-Aa1"
        self._client.admin_set_user_password(UserPoolId=self._pool, Username=user.email, Password=unknown, Permanent=False)
        self.sign_out(user)
        self._send_first_password(user)

    def _send_first_password(self, user: User) -> None:
        unsent = "They wait for a first password, and cannot come in."
        self._create(user.email, unsent, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"])

    def reset_authenticator(self, user: User) -> None:
        """Ask somebody for no digits of an app any more, as theirs is lost.

        Where a pool demands an app of everybody, Cognito forgets nobody's: there somebody is made and invited anew.

        Raises:
            EmailRefusedError: Cognito sends no more e-mails today; they are there anew, with the roles that they had.
        """
        if self._client.get_user_pool_mfa_config(UserPoolId=self._pool).get("MfaConfiguration") == "ON":
            self._make_anew(user)
            return
        self._client.admin_set_user_mfa_preference(
            UserPoolId=self._pool,
            Username=user.email,
            SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False},
        )
        self.sign_out(user)

    def _make_anew(self, user: User) -> None:
        self.remove(user)
        # The e-mail comes last: what it may fail for costs nobody their roles.
        self._create(user.email, "", UserAttributes=_attributes(user.email), MessageAction="SUPPRESS")
        self.set_roles(user.model_copy(update={"roles": ()}), set(user.roles))
        if user.state == "blocked":
            self.block(user)
        self._send_first_password(user)

    def sign_out(self, user: User) -> None:
        """Put somebody out wherever they are signed in: their sessions here end as Cognito is asked the next time."""
        self._client.admin_user_global_sign_out(UserPoolId=self._pool, Username=user.email)

    def has_authenticator(self, email: str) -> bool:
        """Return whether somebody is asked for the digits of an app."""
        found = self._client.admin_get_user(UserPoolId=self._pool, Username=email)
        return "SOFTWARE_TOKEN_MFA" in found.get("UserMFASettingList", ())


def _user(one: "UserTypeTypeDef", roles: tuple[Role, ...]) -> User:
    email = next((part.get("Value", "") for part in one.get("Attributes", ()) if part["Name"] == "email"), "")
    state = _state(one["UserStatus"], enabled=one["Enabled"])
    return User(id=one["Username"], email=email, roles=roles, state=state, since=one["UserCreateDate"].isoformat())


def _state(status: str, *, enabled: bool) -> State:
    return "blocked" if not enabled else "invited" if status == _INVITED else "active"


def _attributes(email: str) -> list[dict[str, str]]:
    return [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]


def _exists() -> UserExistsError:
    return UserExistsError(
        "Somebody with this e-mail address is there already.",
        remedy="Give them other roles, or reset their password, in the list.",
    )


def check_is_new(users: list[User], email: str) -> None:
    """Check that nobody is there with an e-mail address.

    Raises:
        UserExistsError: Somebody is.
    """
    if any(one.email.casefold() == email.casefold() for one in users):
        raise _exists()


def check_owner_is_left(users: list[User], but: User) -> None:
    """Check that the school has an owner besides somebody; one who never signed in may never do.

    Raises:
        LastOwnerError: It has none.
    """
    if "owner" in but.roles and not any("owner" in one.roles and one.state == "active" and one.id != but.id for one in users):
        raise LastOwnerError(
            "This is the last owner, and without one nobody could let anybody in. Nothing was done.",
            remedy="Make somebody else an owner first, and let them sign in once.",
        )
