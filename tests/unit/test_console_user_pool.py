"""Signing in as Cognito itself has it, where the Cognito of the other tests (moto) is laxer."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from functions.console.access.user_pool import (
    CodeRefusedError,
    NextStep,
    PasswordRefusedError,
    SignInRefusedError,
    UserPool,
)
from functions.console.access.users import EmailRefusedError, User, Users

EMAIL, COGNITOS = "known@school.example", "0b1c2d3e-0000-4000-8000-000000000000"
SESSION = "a session of Cognito's own"
STEP = NextStep(step="NEW_PASSWORD_REQUIRED", email=EMAIL, user=COGNITOS, session=SESSION)


@pytest.fixture
def cognito() -> Iterator[Stubber]:
    """Return a Cognito that answers what it is told to, and nothing else."""
    client = boto3.client("cognito-idp", region_name="ap-southeast-2", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def pool(cognito: Stubber) -> UserPool:
    """Return the user pool behind it."""
    client: Any = cognito.client
    return UserPool(client, "ap-southeast-2_Pool", "client")


def answered(step: str, **responses: str) -> dict[str, object]:
    """Return what Cognito is to be given for a step."""
    given = {"UserPoolId": "ap-southeast-2_Pool", "ClientId": "client", "ChallengeName": step, "Session": SESSION}
    return {**given, "ChallengeResponses": {"USERNAME": COGNITOS, **responses}}


def test_a_step_is_taken_under_cognitos_own_name(cognito: Stubber) -> None:
    """An e-mail address only stands for a person; the answer to the password says as whom Cognito knows them."""
    parameters = {"USER_ID_FOR_SRP": COGNITOS, "requiredAttributes": "[]"}
    asked = {"ChallengeName": "NEW_PASSWORD_REQUIRED", "ChallengeParameters": parameters, "Session": SESSION}
    cognito.add_response("admin_initiate_auth", asked)
    step = pool(cognito).sign_in(EMAIL, "first")
    assert step == STEP
    then = {"ChallengeName": "SOFTWARE_TOKEN_MFA", "ChallengeParameters": {"USER_ID_FOR_SRP": COGNITOS}, "Session": SESSION}
    cognito.add_response("admin_respond_to_auth_challenge", then, answered("NEW_PASSWORD_REQUIRED", NEW_PASSWORD="second"))
    assert pool(cognito).answer(STEP, {"NEW_PASSWORD": "second"}) == STEP.model_copy(update={"step": "SOFTWARE_TOKEN_MFA"})


@pytest.mark.parametrize("email", ["", " ", "known @school.example", "a\x00b", "a" * 129])
def test_what_can_be_nobodys_name_is_not_asked_about(cognito: Stubber, email: str) -> None:
    """Cognito calls it a wrong parameter, as if the mistake were ours, and an alarm would sound."""
    with pytest.raises(SignInRefusedError):
        pool(cognito).sign_in(email, "Sample-School-1")


@pytest.mark.parametrize("code", ["InvalidPasswordException", "InvalidParameterException"])
def test_a_password_of_no_form_is_one_that_is_refused(cognito: Stubber, code: str) -> None:
    """A blank in it, or 257 characters, are a wrong parameter to Cognito."""
    cognito.add_client_error("admin_respond_to_auth_challenge", code)
    with pytest.raises(PasswordRefusedError):
        pool(cognito).answer(STEP, {"NEW_PASSWORD": "correct horse battery staple"})
    token = {"AuthenticationResult": {"AccessToken": "token"}}
    cognito.add_response("admin_initiate_auth", token)
    cognito.add_client_error("change_password", code)
    with pytest.raises(PasswordRefusedError):
        pool(cognito).change_password("refresh", "old", "correct horse battery staple")


def test_what_are_no_digits_are_not_sent(cognito: Stubber) -> None:
    """A step ends with a wrong answer; with a slip of the pen it need not."""
    step = STEP.model_copy(update={"step": "SOFTWARE_TOKEN_MFA"})
    with pytest.raises(CodeRefusedError):
        pool(cognito).answer(step, {"SOFTWARE_TOKEN_MFA_CODE": "12345O"})


@pytest.mark.parametrize("state", ["active", "blocked"])
def test_a_lost_app_that_everybody_needs_is_lost_with_the_account(cognito: Stubber, state: str) -> None:
    """Where a pool demands an app, Cognito forgets nobody's: they are made anew, with their roles, and blocked if they were."""
    user = User.model_validate({"id": COGNITOS, "email": EMAIL, "roles": ("viewer", "medical"), "state": state, "since": ""})
    who = {"UserPoolId": "ap-southeast-2_Pool", "Username": EMAIL}
    cognito.add_response("get_user_pool_mfa_config", {"MfaConfiguration": "ON"}, {"UserPoolId": who["UserPoolId"]})
    cognito.add_response("admin_delete_user", {}, who)
    attributes = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
    cognito.add_response("admin_create_user", {}, {**who, "UserAttributes": attributes, "MessageAction": "SUPPRESS"})
    for role in ("viewer", "medical"):
        cognito.add_response("admin_add_user_to_group", {}, {**who, "GroupName": role})
    if state == "blocked":
        cognito.add_response("admin_disable_user", {}, who)
        cognito.add_response("admin_user_global_sign_out", {}, who)
    cognito.add_client_error("admin_create_user", "LimitExceededException")
    client: Any = cognito.client
    # Only the e-mail is lost where Cognito sends no more today.
    with pytest.raises(EmailRefusedError):
        Users(client, "ap-southeast-2_Pool").reset_authenticator(user)


def test_a_reset_password_whose_email_is_not_sent_is_told_in_words(cognito: Stubber) -> None:
    """Cognito sends few a day."""
    user = User.model_validate({"id": COGNITOS, "email": EMAIL, "roles": (), "state": "active", "since": ""})
    cognito.add_response("admin_set_user_password", {})
    cognito.add_response("admin_user_global_sign_out", {})
    cognito.add_client_error("admin_create_user", "LimitExceededException")
    client: Any = cognito.client
    with pytest.raises(EmailRefusedError, match="They wait for a first password"):
        Users(client, "ap-southeast-2_Pool").reset_password(user)


def test_too_many_questions_put_nobody_out(cognito: Stubber) -> None:
    """That is no answer about a person; at the door it sounds like any other refusal."""
    cognito.add_client_error("admin_initiate_auth", "TooManyRequestsException")
    with pytest.raises(SignInRefusedError):
        pool(cognito).sign_in(EMAIL, "Sample-School-1")
    cognito.add_client_error("admin_initiate_auth", "TooManyRequestsException")
    with pytest.raises(ClientError):
        pool(cognito).again("refresh")
