"""Signing in and out: password, a new one at the first time, and the code of an authenticator app where that is asked for."""

from http import HTTPStatus
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Form, Query
from aws_lambda_powertools.shared.cookies import Cookie
from pydantic import BaseModel

from functions.console.access.user_pool import (
    CodeRefusedError,
    NextStep,
    PasswordRefusedError,
    Person,
    SignInRefusedError,
    Step,
)
from functions.console.access.visits import begin, end, step_of
from functions.console.accounts.authenticator import Authenticator, authenticator
from functions.console.web.addresses import own_address
from functions.console.web.cookies import session_cookie, session_in
from functions.console.web.pages import Done, FormKey, Pages, wants_html
from functions.runtime.wiring import audit_trail, user_pool
from functions.store.audit import AuditEntry

pages = Pages()
_TEMPLATE = "sign_in.html.j2"
_ANSWERS: dict[Step, str] = {
    "NEW_PASSWORD_REQUIRED": "NEW_PASSWORD",
    "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
    "MFA_SETUP": "USER_CODE",
}
Text = Annotated[str, Form(min_length=1, max_length=300)]
To = Annotated[str, Form(description="The page that somebody wanted to see, which they then go on to.")]


_UNDONE = "You were signed out meanwhile, and what you sent was not done. Sign in, look, and send it once more."


class SignIn(BaseModel):
    """The page to sign in on.

    Attributes:
        to: The page that somebody wanted to see, if it is one of ours.
        email: What they typed, if that did not let them in.
        step: What is asked for after the password, or nothing.
        problem: Why the last try, or what was sent before, did not succeed, or nothing.
        app: What an authenticator app is to be given, where one is to be set up.
        forms: To a program that is signed in: the key that all its forms must carry.
    """

    to: str = ""
    email: str = ""
    step: str = ""
    problem: str = ""
    app: Authenticator | None = None
    forms: str = ""


@pages.door("/sign-in", _TEMPLATE)
def sign_in_page(
    to: Annotated[str, Query(description="The page to go on to.")] = "",
    undone: Annotated[Literal["", "yes"], Query(description="Something was sent, and was not done.")] = "",
) -> SignIn:
    """Ask for e-mail address and password."""
    return SignIn(to=own_address(to), problem=_UNDONE if undone else "")


@pages.door("/sign-in", _TEMPLATE, sends=True)
def sign_in(email: Text, password: Text, to: To = "") -> Response[SignIn]:
    """Let somebody in, or ask for the next step."""
    try:
        return _let_in(user_pool().sign_in(email.strip(), password), own_address(to))
    except SignInRefusedError as refusal:
        again = SignIn(to=own_address(to), email=email, problem=str(refusal))
        return _page(again, HTTPStatus.UNAUTHORIZED)


@pages.door("/sign-in/step", _TEMPLATE, sends=True)
def take_step(answer: Text, to: To = "") -> Response[SignIn]:
    """Take the step that was asked for: a new password, or a code."""
    token = _token()
    step = step_of(token)
    try:
        outcome = user_pool().answer(step, {_ANSWERS[step.step]: answer.strip()})
    except (PasswordRefusedError, CodeRefusedError) as refusal:
        again = SignIn(to=own_address(to), step=step.step, problem=str(refusal), app=_app(step))
        return _page(again, HTTPStatus.UNPROCESSABLE_ENTITY)
    except SignInRefusedError as refusal:
        end(token)
        again = SignIn(to=own_address(to), email=step.email, problem=str(refusal))
        return _page(again, HTTPStatus.UNAUTHORIZED)
    return _let_in(outcome, own_address(to))


@pages.action("/sign-out", role=None)
def sign_out(forms: FormKey) -> Done:  # noqa: ARG001 - checked before
    """Sign out."""
    visit = pages.visit()
    end(visit.token)
    audit_trail().note(AuditEntry(who=visit.who, what="sign out"))
    return Done(said="You are signed out.", see="/sign-in")


def _let_in(outcome: Person | NextStep, to: str) -> Response[SignIn]:
    headers = pages.current_event.headers
    # The step that was taken, or the session of whoever signs in again: this browser has no way back to it.
    end(_token())
    token, session = begin(outcome)
    cookie = session_cookie(token, headers)
    if isinstance(outcome, NextStep):
        return _page(SignIn(to=to, step=outcome.step, app=_app(outcome)), cookie=cookie)
    audit_trail().note(AuditEntry(who=session.email, what="sign in"))
    if not wants_html(headers):
        return _page(SignIn(forms=session.forms), cookie=cookie)
    response = _page(SignIn(), HTTPStatus.SEE_OTHER, cookie=cookie)
    response.headers["Location"] = to or "/"
    return response


def _app(step: NextStep) -> Authenticator | None:
    return authenticator(step.email, step.secret) if step.secret else None


def _page(page: SignIn, status: HTTPStatus = HTTPStatus.OK, *, cookie: Cookie | None = None) -> Response[SignIn]:
    return Response(status_code=status, content_type="application/json", body=page, cookies=[cookie] if cookie else [])


def _token() -> str:
    return session_in(pages.current_event.resolved_cookies_field, pages.current_event.headers)
