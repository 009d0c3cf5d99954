"""One's own account: password, authenticator app, signing out everywhere. For everybody who is signed in."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Form
from pydantic import BaseModel

from functions.console.access.roles import TOLD, Role
from functions.console.access.users import User
from functions.console.access.visits import end
from functions.console.accounts.authenticator import Authenticator, authenticator
from functions.console.web.pages import Done, FormKey, Pages
from functions.runtime.wiring import audit_trail, user_pool, users
from functions.store.audit import AuditEntry
from shared.errors import IntegrationError

pages = Pages()
Text = Annotated[str, Form(min_length=1, max_length=300)]


class Account(BaseModel):
    """One's own account.

    Attributes:
        roles: What each role that one has may do.
        authenticator: One is asked for the digits of an app.
        app: What the app is to be given, while one is being set up.
    """

    email: str
    roles: dict[Role, str]
    authenticator: bool
    app: Authenticator | None


class NoSecretError(IntegrationError):
    """Digits came of an app that was never begun to be set up, or too long ago."""

    code = "code-refused"


@pages.page("/account", "account.html.j2", role=None)
def show() -> Account:
    """Show one's own account."""
    visit = pages.visit()
    secret = visit.session.secret
    return Account(
        email=visit.who,
        roles={role: TOLD[role] for role in visit.roles},
        authenticator=users().has_authenticator(visit.who),
        app=authenticator(visit.who, secret) if secret else None,
    )


@pages.action("/account/password", role=None)
def change_password(
    old: Text,
    new: Text,
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Change one's own password.

    Raises:
        PasswordRefusedError: The new one does not follow the rules.
        SignInRefusedError: The old one is wrong.
    """
    user_pool().change_password(pages.visit().session.refresh_token, old, new)
    _note("change password", after="changed")
    return Done(said="Your password is changed.", see="/account")


@pages.action("/account/authenticator/begin", role=None)
def begin(forms: FormKey) -> Done:  # noqa: ARG001 - checked before
    """Begin to set up an authenticator app, or another one in its place."""
    visit = pages.visit()
    visit.keep_secret(user_pool().begin_authenticator(visit.session.refresh_token))
    return Done(said="Now give this to the app, and type the digits that it shows.", see="/account#app")


@pages.action("/account/authenticator", role=None)
def finish(
    answer: Text,
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Set up the authenticator app, if these are the digits that it shows.

    Raises:
        CodeRefusedError: They are not.
    """
    visit = pages.visit()
    if not visit.session.secret:
        raise NoSecretError("No app is being set up.", remedy="Start again on the page of your account.")
    user_pool().finish_authenticator(visit.session.refresh_token, answer.replace(" ", ""))
    visit.keep_secret("")
    _note("set up authenticator app", after="asked for at each sign-in")
    return Done(said="Your app is set up. From now on you are asked for its digits when you sign in.", see="/account")


@pages.action("/account/sign-out", role=None)
def sign_out_everywhere(forms: FormKey) -> Done:  # noqa: ARG001 - checked before
    """Sign out everywhere, also at browsers that one has no longer."""
    visit = pages.visit()
    _note("sign out everywhere", after="signed out everywhere")
    end(visit.token)
    users().sign_out(User(id=visit.session.user, email=visit.who, roles=visit.roles, state="active", since=""))
    return Done(said="You are signed out everywhere within five minutes.", see="/sign-in")


def _note(what: str, *, after: str) -> None:
    visit = pages.visit()
    audit_trail().note(AuditEntry(who=visit.who, what=f"account: {what}", to=visit.who, after=after))
