"""The school's users as Cognito keeps them: who signs in, with which password and code, and with which roles.

Tokens come from Cognito itself over TLS and never leave the server, so what they say is read without checking a signature
(OpenID Connect Core 1.0, section 3.1.3.7, point 6).
"""

import base64
import json
import re
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError
from pydantic import BaseModel

from functions.console.access.roles import ROLES, Role
from shared.errors import IntegrationError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

Step = Literal["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"]


class SignInRefusedError(IntegrationError):
    """Somebody could not be let in. Why is not told: it would tell a stranger who has an account, or whose is locked."""

    code = "sign-in-refused"


class PasswordRefusedError(IntegrationError):
    """A new password does not follow the user pool's rules."""

    code = "password-refused"


class CodeRefusedError(IntegrationError):
    """The digits of an authenticator app are not those that it shows now, or Cognito keeps no secret for it any more."""

    code = "code-refused"


class Person(BaseModel):
    """Who signed in.

    Attributes:
        user: Cognito's own identifier, the same for good.
        refresh_token: With which Cognito says once more who they are; revoked at sign-out.
    """

    user: str
    email: str
    roles: tuple[Role, ...]
    refresh_token: str = ""


class NextStep(BaseModel):
    """What Cognito asks for before it lets somebody in.

    Attributes:
        user: As Cognito itself calls them. To a step it takes nothing else; an e-mail address only stands for it.
        secret: What an authenticator app is to be given, where it asks for one to be set up.
    """

    step: Step
    email: str
    user: str
    session: str
    secret: str = ""


class UserPool:
    """One school's user pool, seen from its one client, which only this program may use."""

    def __init__(self, client: "CognitoIdentityProviderClient", pool: str, client_id: str) -> None:
        self._client = client
        self._pool = pool
        self._client_id = client_id

    def sign_in(self, email: str, password: str) -> Person | NextStep:
        """Let somebody in by their password, or say what else is asked for.

        Raises:
            SignInRefusedError: Not with these; or too often tried.
        """
        if not _NAME.fullmatch(email):
            # To Cognito that would be a mistake of ours.
            raise _not_let_in()
        given = {"USERNAME": email, "PASSWORD": password}
        try:
            answer = self._client.admin_initiate_auth(
                UserPoolId=self._pool, ClientId=self._client_id, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=given
            )
        except ClientError as error:
            raise _refused(error) from None
        return self._outcome(answer, email)

    def answer(self, step: NextStep, response: dict[str, str]) -> Person | NextStep:
        """Answer what Cognito asked for.

        Raises:
            PasswordRefusedError: The new password does not follow the rules; the step may be tried again.
            CodeRefusedError: These are no digits, or not those of an app that is being set up; they may be tried again.
            SignInRefusedError: The answer is wrong, or came too late.
        """
        if step.step == "SOFTWARE_TOKEN_MFA" and not _DIGITS.fullmatch(response["SOFTWARE_TOKEN_MFA_CODE"]):
            raise _wrong_code()
        if step.step == "MFA_SETUP":
            session = self._verified(response.pop("USER_CODE", ""), {"Session": step.session})
            step = step.model_copy(update={"session": session})
        try:
            answer = self._client.admin_respond_to_auth_challenge(
                UserPoolId=self._pool,
                ClientId=self._client_id,
                ChallengeName=step.step,
                Session=step.session,
                ChallengeResponses={"USERNAME": step.user, **response},
            )
        except ClientError as error:
            refused = _password_refused(error) if step.step == "NEW_PASSWORD_REQUIRED" else None
            raise refused or _refused(error) from None
        return self._outcome(answer, step.email)

    def again(self, refresh_token: str) -> Person:
        """Ask who somebody is now, and with which roles.

        Raises:
            SignInRefusedError: They were signed out, removed or blocked.
        """
        return _person(self._refreshed(refresh_token), refresh_token)

    def sign_out(self, refresh_token: str) -> None:
        """Make a refresh token worthless."""
        try:
            self._client.revoke_token(Token=refresh_token, ClientId=self._client_id)
        except ClientError as error:
            raise _refused(error) from None

    def change_password(self, refresh_token: str, old: str, new: str) -> None:
        """Give a person who is signed in another password.

        Raises:
            PasswordRefusedError: It does not follow the rules.
            SignInRefusedError: The old one is wrong, or they were signed out.
        """
        try:
            self._client.change_password(AccessToken=self._access(refresh_token), PreviousPassword=old, ProposedPassword=new)
        except ClientError as error:
            raise _password_refused(error) or _refused(error) from None

    def begin_authenticator(self, refresh_token: str) -> str:
        """Return a new secret for the authenticator app of a person who is signed in. It counts once it is verified.

        Raises:
            CodeRefusedError: The user pool knows of no authenticator apps.
            SignInRefusedError: They were signed out.
        """
        return str(self._associated({"AccessToken": self._access(refresh_token)})["SecretCode"])

    def finish_authenticator(self, refresh_token: str, code: str) -> None:
        """Ask for the app's digits at each sign-in from now on, if these are they.

        Raises:
            CodeRefusedError: They are not.
            SignInRefusedError: They were signed out.
        """
        token = self._access(refresh_token)
        self._verified(code, {"AccessToken": token})
        self._client.set_user_mfa_preference(
            AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )

    def _access(self, refresh_token: str) -> str:
        return str(self._refreshed(refresh_token)["AccessToken"])

    def _refreshed(self, refresh_token: str) -> Any:  # noqa: ANN401 - tokens, as Cognito's own types
        given = {"REFRESH_TOKEN": refresh_token}
        try:
            answer = self._client.admin_initiate_auth(
                UserPoolId=self._pool, ClientId=self._client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=given
            )
        except ClientError as error:
            # That too much was asked says nothing of who is signed in: they are not put out for it.
            raise (error if error.response["Error"]["Code"] in _TOO_MUCH else _refused(error)) from None
        return answer["AuthenticationResult"]

    def _outcome(self, answer: Any, email: str) -> Person | NextStep:  # noqa: ANN401 - two shapes of one answer
        if "AuthenticationResult" in answer:
            return _person(answer["AuthenticationResult"], answer["AuthenticationResult"]["RefreshToken"])
        user = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", email)
        step = NextStep(step=answer["ChallengeName"], email=email, user=user, session=answer["Session"])
        if step.step != "MFA_SETUP":
            return step
        found = self._associated({"Session": step.session})
        return step.model_copy(update={"session": found["Session"], "secret": found["SecretCode"]})

    def _associated(self, whose: Any) -> Any:  # noqa: ANN401 - by a token or by a session, as Cognito's own types
        try:
            return self._client.associate_software_token(**whose)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _WRONG_CODE:
                raise _refused(error) from None
            raise CodeRefusedError(
                "No authenticator app can be set up here.", remedy="Whoever runs this turned them off (ConsoleMfa)."
            ) from None

    def _verified(self, code: str, whose: Any) -> str:  # noqa: ANN401 - as above
        """Return the session to go on with, if there is one."""
        if not _DIGITS.fullmatch(code):
            raise _wrong_code()
        try:
            answer = self._client.verify_software_token(UserCode=code, **whose)
        except ClientError as error:
            raise _code_refused(error) or _refused(error) from None
        return str(answer.get("Session", ""))


_TOO_MUCH = frozenset({"TooManyRequestsException", "LimitExceededException"})
# Whatever else goes wrong is no answer about a person: it is an error of ours or of AWS, and must be seen as one.
_ANSWERS = frozenset({
    "NotAuthorizedException",
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
    "CodeMismatchException",
    "ExpiredCodeException",
    "TooManyFailedAttemptsException",
    "ResourceNotFoundException",
    *_TOO_MUCH,
})  # fmt: skip


def _refused(error: ClientError) -> Exception:
    return _not_let_in() if error.response["Error"]["Code"] in _ANSWERS else error


def _not_let_in() -> SignInRefusedError:
    return SignInRefusedError(
        "That did not work.",
        remedy="Look at e-mail address, password and code. After some tries wait a quarter of an hour. Who still cannot come "
        "in asks the school's owner of this console.",
    )


def _password_refused(error: ClientError) -> Exception | None:
    if error.response["Error"]["Code"] not in _UNFIT_PASSWORD:
        return None
    return PasswordRefusedError(
        "This password is too easy to guess, or holds what no password may hold.",
        remedy="Take 12 to 256 characters with capital and small letters and digits, and no blanks.",
    )


_NAME = re.compile(r"[^\s\x00-\x1f\x7f]{1,128}")
_DIGITS = re.compile(r"[0-9]{6}")
# Too simple by the pool's rules; or not of the form that passwords have for Cognito at all.
_UNFIT_PASSWORD = frozenset({"InvalidPasswordException", "InvalidParameterException"})
_WRONG_CODE = frozenset({
    "EnableSoftwareTokenMFAException",
    "CodeMismatchException",
    "InvalidParameterException",
    "SoftwareTokenMFANotFoundException",
})  # fmt: skip


def _code_refused(error: ClientError) -> Exception | None:
    return _wrong_code() if error.response["Error"]["Code"] in _WRONG_CODE else None


def _wrong_code() -> CodeRefusedError:
    return CodeRefusedError(
        "These are not the digits that the app shows now.",
        remedy="Wait for the next ones and type them at once. If it goes on, look whether the phone's clock is right.",
    )


def _person(result: Any, refresh_token: str) -> Person:  # noqa: ANN401 - as above
    payload = result["IdToken"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    held = claims.get("cognito:groups", ())
    roles = tuple(role for role in ROLES if role in held)
    return Person(user=claims["sub"], email=claims.get("email", ""), roles=roles, refresh_token=refresh_token)
