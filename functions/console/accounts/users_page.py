"""Who may come in, and with which roles. For owners."""

from collections.abc import Callable
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Form, Path
from pydantic import BaseModel

from functions.console.access.roles import ROLES, TOLD, Role
from functions.console.access.users import (
    EmailRefusedError,
    LastOwnerError,
    User,
    UserExistsError,
    check_is_new,
    check_owner_is_left,
)
from functions.console.web.pages import Done, FormKey, Pages
from functions.runtime.wiring import audit_trail
from functions.runtime.wiring import users as user_pool_users
from functions.store.audit import AuditEntry
from shared.errors import IntegrationError

pages = Pages()
UserId = Annotated[str, Path(pattern=r"^[0-9a-fA-F-]{36}$")]
Do = Literal["block", "unblock", "password", "authenticator", "sign-out", "remove"]
_SAID: dict[Do, tuple[str, str]] = {
    "block": ("blocked", "is blocked, and signed out everywhere within five minutes"),
    "unblock": ("may sign in", "may sign in again"),
    "password": ("password reset", "gets a new first password by e-mail, and was signed out everywhere"),
    "authenticator": (
        "no authenticator app",
        "is asked for the lost app no more. Who must have one gets a first password by e-mail, and sets up another",
    ),
    "sign-out": ("signed out everywhere", "is signed out everywhere within five minutes"),
    "remove": ("removed", "is removed, and signed out everywhere within five minutes"),
}


class People(BaseModel):
    """Everybody who may come in.

    Attributes:
        roles: What each role may do.
        address: Where they sign in.
    """

    users: list[User]
    roles: dict[Role, str]
    address: str


class OneUser(BaseModel):
    """Somebody who may come in.

    Attributes:
        authenticator: They are asked for the digits of an app.
        me: It is who looks.
    """

    user: User
    roles: dict[Role, str]
    authenticator: bool
    me: bool


class UserChangedError(IntegrationError):
    """Somebody's roles are not what was shown any more."""

    code = "user-changed"


@pages.page("/users", "users.html.j2", role="owner")
def show() -> People:
    """Show who may come in."""
    headers = pages.current_event.headers
    address = f"{headers.get('x-forwarded-proto', 'https')}://{headers.get('host', '')}"
    return People(users=user_pool_users().all(), roles=TOLD, address=address)


@pages.action("/users", role="owner")
def invite(
    email: Annotated[str, Form(max_length=128, pattern=r"^\s*[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+\s*$")],
    forms: FormKey,  # noqa: ARG001 - checked before
    role: Annotated[list[Role], Form(description="What they may do.")] = [],  # noqa: B006 - is copied
) -> Done:
    """Let somebody in.

    Raises:
        UserExistsError: They are there already.
        EmailRefusedError: It is no e-mail address.
    """
    address = email.strip().lower()
    check_is_new(user_pool_users().all(), address)
    _note("invite", address, before="", after=_listed(set(role)))
    try:
        invited = user_pool_users().invite(address)
    except (EmailRefusedError, UserExistsError) as refusal:
        _note("invite", address, before=_listed(set(role)), after=f"not invited: {refusal.code}")
        raise
    user_pool_users().set_roles(invited, set(role))
    return Done(said=f"{address} is invited. The first password comes by e-mail, and holds for seven days.", see="/users")


@pages.page("/users/<user>", "user.html.j2", role="owner")
def one_user(user: UserId) -> OneUser:
    """Show one who may come in."""
    found = _find(user_pool_users().all(), user)
    return OneUser(
        user=found,
        roles=TOLD,
        authenticator=user_pool_users().has_authenticator(found.email),
        me=found.email.casefold() == pages.visit().who.casefold(),
    )


@pages.action("/users/<user>/roles", role="owner")
def set_roles(
    user: UserId,
    forms: FormKey,  # noqa: ARG001 - checked before
    role: Annotated[list[Role], Form(description="All that they may do from now on.")] = [],  # noqa: B006 - is copied
    seen: Annotated[list[Role], Form(description="All that they might do when that was looked at.")] = [],  # noqa: B006
) -> Done:
    """Give somebody just these roles.

    Raises:
        UserChangedError: Another owner gave them others meanwhile.
        LastOwnerError: Nobody would be left who looks after this.
    """
    everybody = user_pool_users().all()
    found = _find(everybody, user)
    if set(found.roles) != set(seen):
        raise UserChangedError(
            f"{found.email} was given other roles meanwhile, and nothing was done.", remedy="Look at the roles once more."
        )
    if "owner" not in role:
        check_owner_is_left(everybody, found)
    _note("set roles", found.email, before=_listed(set(found.roles)), after=_listed(set(role)))
    users = user_pool_users()
    users.set_roles(found, set(role))
    if "owner" not in role:
        changed = found.model_copy(update={"roles": tuple(role)})
        _take_back_unless_an_owner_is_left(found, lambda: users.set_roles(changed, set(found.roles)))
    return Done(said=f"{found.email}: {_listed(set(role))}. It holds within five minutes.", see="/users")


@pages.action("/users/<user>/do", role="owner")
def do(
    user: UserId,
    deed: Annotated[Do, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Block or remove somebody, let them in again, or have them begin anew.

    Raises:
        LastOwnerError: Nobody would be left who looks after this.
    """
    everybody = user_pool_users().all()
    found = _find(everybody, user)
    ends = deed in {"block", "remove"}
    if ends:
        check_owner_is_left(everybody, found)
    after, said = _SAID[deed]
    _note(deed, found.email, before=found.state, after=after)
    users = user_pool_users()
    {
        "block": users.block,
        "unblock": users.unblock,
        "password": users.reset_password,
        "authenticator": users.reset_authenticator,
        "sign-out": users.sign_out,
        # Who is gone cannot be brought back, should no owner be left: they are blocked first.
        "remove": users.block,
    }[deed](found)
    if ends:
        _take_back_unless_an_owner_is_left(found, lambda: users.unblock(found))
    if deed == "remove":
        users.remove(found)
    return Done(said=f"{found.email} {said}.", see="/users")


def _take_back_unless_an_owner_is_left(user: User, take_back: Callable[[], None]) -> None:
    """Look once more after the deed, at each owner: two may have taken it from each other while the list said nothing of it."""
    users = user_pool_users()
    listed = [one for one in users.all() if "owner" in one.roles and one.id != user.id]
    try:
        check_owner_is_left([now for one in listed if (now := users.as_now(one)) is not None], user)
    except LastOwnerError as refusal:
        take_back()
        _note("taken back", user.email, before="", after=f"as before: {refusal.code}")
        raise


def _find(users: list[User], user: str) -> User:
    found = next((one for one in users if one.id == user), None)
    if found is None:
        raise NotFoundError
    return found


def _listed(roles: set[Role]) -> str:
    return ", ".join(role for role in ROLES if role in roles) or "no role"


def _note(what: str, to: str, *, before: str, after: str) -> None:
    audit_trail().note(AuditEntry(who=pages.visit().who, what=f"user: {what}", to=to, before=before, after=after))
