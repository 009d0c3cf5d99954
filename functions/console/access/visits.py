"""Who is behind a request: reads the session of its cookie, asks Cognito again from time to time, and checks role and form."""

import hmac
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from functions.console.access.roles import ROLES, Role, allows
from functions.console.access.user_pool import NextStep, Person, SignInRefusedError
from functions.runtime.observability import account, logger
from functions.runtime.wiring import sessions, user_pool
from functions.store.sessions import Session
from shared.errors import IntegrationError

# So long may somebody who was blocked, or whose roles were taken, go on.
ASK_AGAIN = timedelta(minutes=5)
LASTS = timedelta(hours=10)
_STEP_LASTS = timedelta(minutes=10)


class NotSignedInError(IntegrationError):
    """A page was asked for by nobody, or by somebody whose session has ended."""

    code = "not-signed-in"


class NotAllowedError(IntegrationError):
    """Somebody asked for what none of their roles allows."""

    code = "not-allowed"


class ForgedFormError(IntegrationError):
    """A form came without what only our own pages know."""

    code = "form-expired"


class Visit:
    """A request of somebody who is signed in."""

    def __init__(self, token: str, session: Session) -> None:
        self.token = token
        self.session = session

    @property
    def who(self) -> str:
        """Return the person's e-mail address."""
        return self.session.email

    @property
    def roles(self) -> tuple[Role, ...]:
        """Return what they may do."""
        return tuple(role for role in ROLES if role in self.session.roles)

    def may(self, role: Role) -> bool:
        """Return whether they may do what a role is wanted for."""
        return allows(self.roles, role)

    def keep_secret(self, secret: str) -> None:
        """Remember what this person's authenticator app is to be given, until it is set up; of nothing, forget it."""
        self.session = self.session.model_copy(update={"secret": secret})
        sessions().put(self.token, self.session)

    def require(self, role: Role) -> None:
        """Go on only if they may.

        Raises:
            NotAllowedError: They may not.
        """
        if not self.may(role):
            raise NotAllowedError(
                f"This needs the role {role}, which you do not have.", remedy="An owner of this console can give it to you."
            )

    def require_form(self, given: str) -> None:
        """Go on only if a form came from one of our pages in this session.

        Raises:
            ForgedFormError: It did not.
        """
        if not self.session.forms or not hmac.compare_digest(given.encode(), self.session.forms.encode()):
            raise forged()


def forged() -> ForgedFormError:
    """Return what is raised for a form that is not one of our pages'."""
    return ForgedFormError(
        "This form is no longer valid, and nothing was done.", remedy="Go back, load the page again, and do it once more."
    )


def visit_of(token: str) -> Visit:
    """Return the visit that a cookie stands for.

    Raises:
        NotSignedInError: It stands for none.
    """
    session = sessions().get(token) if token else None
    if session is None or session.step:
        raise NotSignedInError("You are not signed in.", remedy="Sign in first.")
    if datetime.now(UTC) - session.asked_at > ASK_AGAIN:
        session = _asked_again(token, session)
    return Visit(token, session)


def _asked_again(token: str, session: Session) -> Session:
    try:
        person = user_pool().again(session.refresh_token)
    except SignInRefusedError:
        sessions().end(token)
        raise NotSignedInError("You were signed out.", remedy="Sign in again.") from None
    session = session.model_copy(update={"roles": person.roles, "asked_at": datetime.now(UTC)})
    sessions().put(token, session)
    return session


def begin(outcome: Person | NextStep) -> tuple[str, Session]:
    """Begin a session, or the next step of signing in; return the text for its cookie, and the session."""
    now = datetime.now(UTC)
    if isinstance(outcome, Person):
        return sessions().begin(
            Session(
                user=outcome.user,
                email=outcome.email,
                roles=outcome.roles,
                refresh_token=outcome.refresh_token,
                asked_at=now,
                ends_at=now + LASTS,
            )
        )
    step = {"user": outcome.user, "email": outcome.email, "step": outcome.step, "step_session": outcome.session}
    kept = {**step, "secret": outcome.secret, "asked_at": now, "ends_at": now + _STEP_LASTS}
    return sessions().begin(Session.model_validate(kept))


def step_of(token: str) -> NextStep:
    """Return the step of signing in that a cookie stands for.

    Raises:
        NotSignedInError: It stands for none, or too much time has passed.
    """
    session = sessions().get(token) if token else None
    if session is None or not session.step:
        raise NotSignedInError("Signing in took too long.", remedy="Start again.")
    step = {"step": session.step, "user": session.user, "email": session.email}
    return NextStep.model_validate({**step, "session": session.step_session, "secret": session.secret})


def end(token: str) -> None:
    """Sign somebody out, here and at Cognito. They are out as it is: what Cognito might refuse was kept here alone."""
    session = sessions().get(token) if token else None
    if session is None:
        return
    sessions().end(token)
    if session.refresh_token:
        try:
            user_pool().sign_out(session.refresh_token)
        except (SignInRefusedError, BotoCoreError, ClientError) as error:
            logger().warning("refresh token not revoked", **account(error))
