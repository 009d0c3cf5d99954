"""Who is signed in to the console, and who is half-way through signing in.

The cookie holds a random text, and the table only its digest: whoever reads the table cannot come in with what is there.
"""

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from functions.store.conflicts import ChangedMeanwhileError, translate_conflicts
from functions.store.items import ItemTable
from shared.digests import sha256

_BYTES = 32


class Session(BaseModel):
    """One person at one browser.

    Attributes:
        secret: For an authenticator app that is being set up.
        forms: What each of their forms must carry: a page elsewhere cannot know it.
        asked_at: When Cognito was last asked who they are.
        ends_at: When they must sign in again, whatever they do meanwhile.
    """

    user: str = ""
    email: str
    roles: tuple[str, ...] = ()
    refresh_token: str = ""
    step: str = ""
    step_session: str = ""
    secret: str = ""
    forms: str = ""
    asked_at: datetime
    ends_at: datetime


class Sessions(ItemTable):
    """The sessions. `client` is a DynamoDB client that takes and gives Python values; `table` is the Console table."""

    def begin(self, session: Session) -> tuple[str, Session]:
        """Store a new session; return the text for its cookie, and the session with the key of its forms."""
        token = secrets.token_urlsafe(_BYTES)
        begun = session.model_copy(update={"forms": secrets.token_urlsafe(_BYTES)})
        self._client.put_item(TableName=self._table, Item=_item(token, begun))
        return token, begun

    def put(self, token: str, session: Session) -> None:
        """Store a session as it is now; one that ended meanwhile stays ended."""
        with suppress(ChangedMeanwhileError), translate_conflicts():
            self._client.put_item(TableName=self._table, Item=_item(token, session), ConditionExpression="attribute_exists(pk)")

    def get(self, token: str) -> Session | None:
        """Return the session of a cookie, None if there is none, or it has ended."""
        item = self._get(**_key(token))
        session = Session.model_validate(item) if item else None
        return session if session is not None and session.ends_at > datetime.now(UTC) else None

    def end(self, token: str) -> None:
        """Forget a session."""
        self._client.delete_item(TableName=self._table, Key=_key(token))


def _item(token: str, session: Session) -> dict[str, Any]:
    """Return a session as the table keeps it. DynamoDB forgets it some time after its end."""
    expires_at = int((session.ends_at + timedelta(days=1)).timestamp())
    return {**session.model_dump(mode="json"), **_key(token), "expires_at": expires_at}


def _key(token: str) -> dict[str, str]:
    return {"pk": f"session#{sha256(token.encode())}", "sk": "session"}
