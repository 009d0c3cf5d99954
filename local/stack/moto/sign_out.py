"""What moto's Cognito leaves out of signing out and of beginning anew: tokens that are revoked, and invitations sent again.

On the day moto knows of them, this room can go.
"""

from typing import Any

from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpUser,
    CognitoIdpUserPool,
    UserStatus,
    cognitoidp_backends,
)
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult

_created_as_moto_does = CognitoIdpBackend.admin_create_user


def teach() -> None:
    """Teach it to moto, in this process."""
    CognitoIdpResponse.revoke_token = _revoke_token  # type: ignore[attr-defined]
    CognitoIdpUserPool.sign_out = _sign_out  # type: ignore[method-assign]
    CognitoIdpBackend.admin_create_user = _create  # type: ignore[method-assign,assignment]


def _revoke_token(self: CognitoIdpResponse) -> ActionResult:
    """Make a refresh token worthless. Nobody signs the request, so nothing says in which region the pool is."""
    token = self._get_param("Token")
    for account in cognitoidp_backends.values():
        for backend in account.values():
            for pool in backend.user_pools.values():
                if token in pool.refresh_tokens:
                    pool.refresh_tokens[token] = None
    return EmptyResult()


def _sign_out(self: CognitoIdpUserPool, username: str) -> None:
    """Make all tokens of a user worthless, by whichever of their names they signed in."""
    wanted = self._get_user(username)
    for token, found in list(self.refresh_tokens.items()):
        if found is not None and self._get_user(found[1]) is wanted:
            self.refresh_tokens[token] = None
    for token, (_, name) in list(self.access_tokens.items()):
        if self._get_user(name) is wanted:
            del self.access_tokens[token]


def _create(self: CognitoIdpBackend, user_pool_id: str, username: str, message_action: str, *given: Any) -> CognitoIdpUser:  # noqa: ANN401 - moto's own
    """Invite somebody; who is invited again is no second user, but must choose a password anew."""
    if message_action != "RESEND":
        return _created_as_moto_does(self, user_pool_id, username, message_action, *given)
    user = self.admin_get_user(user_pool_id, username)
    user.status = UserStatus.FORCE_CHANGE_PASSWORD
    return user
