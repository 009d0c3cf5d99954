"""What people have begun to bring, and not confirmed."""

from typing import Literal

from pydantic import Field

from functions.console.web.drafts import Draft
from shared.owners import Kind


class UploadDraft(Draft):
    """A spreadsheet that somebody uploaded.

    Attributes:
        titles: Of the columns, as they stand in the file.
        fields: Which of our fields each column is.
        numbers: Of the rows, as a spreadsheet program shows them.
    """

    kind: Kind
    titles: list[str]
    fields: list[str]
    numbers: list[int]
    rows: list[list[str]]


class PersonDraft(Draft):
    """A student or member of staff whom somebody enters by hand.

    Attributes:
        id: Of the record that is edited; empty of a new one.
        values: Texts by field, as they were entered.
        select: They are to be selected as well.
    """

    kind: Literal["student", "staff"]
    id: str = ""
    values: dict[str, str]
    select: bool = False


class GroupDraft(Draft):
    """A group that somebody makes or edits.

    Attributes:
        id: Of the group that is edited; empty of a new one.
        seen: The digest of the group as it was when the editing began.
        select: Whether it is to be selected at once, as it is marked by now.
    """

    id: str = ""
    seen: str = ""
    select: bool = False
    name: str
    members: list[str] = Field(default_factory=list)
    staff: list[str] = Field(default_factory=list)
