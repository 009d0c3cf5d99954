"""What people have begun and not confirmed: it lies in the bucket under a name that nobody guesses, and goes after a week."""

from typing import TypeVar
from uuid import uuid4

from pydantic import BaseModel

from functions.runtime.wiring import exchange
from functions.store.exchange import MissingObjectError
from shared.errors import IntegrationError

DRAFT = "^[0-9a-f]{32}$"


class Draft(BaseModel):
    """Something that was begun.

    Attributes:
        done: What was said when it was confirmed; empty until then.
    """

    done: str = ""


class DraftGoneError(IntegrationError):
    """What somebody had begun is not there any more."""

    code = "draft-gone"


class DoneAlreadyError(IntegrationError):
    """What somebody confirms was confirmed before."""

    code = "done-already"


SomeDraft = TypeVar("SomeDraft", bound=Draft)


def begin(draft: Draft) -> str:
    """Store something that was begun, and return the name under which it lies."""
    name = uuid4().hex
    exchange().put_draft(name, draft)
    return name


def keep(name: str, draft: Draft) -> None:
    """Store how far it has come."""
    exchange().put_draft(name, draft)


def find(model: type[SomeDraft], name: str) -> SomeDraft:
    """Return what was begun.

    Raises:
        DraftGoneError: It is not there, or is something else.
    """
    try:
        return exchange().draft(model, name)
    except (MissingObjectError, ValueError):
        raise DraftGoneError("This is not there any more, and nothing was done.", remedy="Start again.") from None


def find_open(model: type[SomeDraft], name: str) -> SomeDraft:
    """Return what was begun and not confirmed yet.

    Raises:
        DraftGoneError: It is not there.
        DoneAlreadyError: It was confirmed before.
    """
    draft = find(model, name)
    if draft.done:
        raise DoneAlreadyError("This was done already, and was not done again.", remedy="Start again to do something else.")
    return draft
