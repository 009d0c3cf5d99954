"""What people have begun and not confirmed: it lies in the bucket under a name that nobody guesses, and goes after a week."""

from typing import Literal, TypeVar
from uuid import uuid4

from pydantic import BaseModel

from functions.runtime.wiring import exchange
from functions.store.exchange import MissingObjectError
from shared.errors import IntegrationError
from shared.owners import Kind

DRAFT = "^[0-9a-f]{32}$"


class UploadDraft(BaseModel):
    """A spreadsheet that somebody uploaded.

    Attributes:
        titles: Of the columns, as they stand in the file.
        fields: Which of our fields each column is.
        numbers: Of the rows, as a spreadsheet program shows them.
        done: What was said when it was confirmed; empty until then.
    """

    kind: Kind
    titles: list[str]
    fields: list[str]
    numbers: list[int]
    rows: list[list[str]]
    done: str = ""


class PersonDraft(BaseModel):
    """A student or member of staff whom somebody enters by hand.

    Attributes:
        id: Of the record that is edited; empty of a new one.
        values: Texts by field, as they were entered.
    """

    kind: Literal["student", "staff"]
    id: str = ""
    values: dict[str, str]
    done: str = ""


class GroupDraft(BaseModel):
    """A group that somebody makes or edits.

    Attributes:
        id: Of the group that is edited; empty of a new one.
        seen: The digest of the group as it was when the editing began.
    """

    id: str = ""
    seen: str = ""
    name: str
    members: list[str] = []
    staff: list[str] = []
    done: str = ""


class DraftGoneError(IntegrationError):
    """What somebody had begun is not there any more."""

    code = "draft-gone"


class DoneAlreadyError(IntegrationError):
    """What somebody confirms was confirmed before."""

    code = "done-already"


Draft = TypeVar("Draft", UploadDraft, PersonDraft, GroupDraft)


def begin(draft: BaseModel) -> str:
    """Store something that was begun, and return the name under which it lies."""
    name = uuid4().hex
    exchange().put_draft(name, draft)
    return name


def keep(name: str, draft: BaseModel) -> None:
    """Store how far it has come."""
    exchange().put_draft(name, draft)


def find(model: type[Draft], name: str) -> Draft:
    """Return what was begun.

    Raises:
        DraftGoneError: It is not there, or is something else.
    """
    try:
        return exchange().draft(model, name)
    except (MissingObjectError, ValueError):
        raise DraftGoneError("This is not there any more, and nothing was done.", remedy="Begin it anew.") from None


def find_open(model: type[Draft], name: str) -> Draft:
    """Return what was begun and not confirmed yet.

    Raises:
        DraftGoneError: It is not there.
        DoneAlreadyError: It was confirmed before.
    """
    draft = find(model, name)
    if draft.done:
        raise DoneAlreadyError("This was done already, and was not done again.", remedy="Begin anew to do something else.")
    return draft
