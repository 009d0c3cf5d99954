"""Resync: have it done again, all of it, what is made from one part of Synergetic, or one record; first what that means."""

from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Form, Query
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from functions.console.asking import ask_resync
from functions.console.operations.following import kinds_of
from functions.console.web.addresses import PLURALS
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.wording import minutes_for
from functions.records.list_lines import Line
from functions.runtime.wiring import lists, snapshot_line
from shared.errors import IntegrationError
from shared.manifests import ResyncManifest, RowSetName
from shared.owners import KINDS, Kind, is_manual, manual_id

pages = Pages()
What = Literal["all", "part", "one"]


class ResyncForm(BaseModel):
    """What is to be done again.

    Attributes:
        what: All, what is made from a part of Synergetic, or one record.
        row_set: That part.
        kind: Of the one record.
        id: Its identifier.
        step: Where to begin.
        full_read: The relay reads it again, too.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    what: What = "all"
    row_set: RowSetName = "students"
    kind: Kind = "student"
    id: str = Field(default="", max_length=200)
    step: Literal["map", "stage", "apply"] = "map"
    full_read: bool = False

    @field_validator("id")
    @classmethod
    def _trimmed(cls, given: str) -> str:
        return given.strip()

    def request(self) -> ResyncManifest:
        """Return the manifest that asks for it."""
        about: dict[str, object] = {}
        if self.what == "part":
            about = {"row_set": self.row_set}
        elif self.what == "one":
            about = {PLURALS[self.kind]: (self.id,)}
        return ResyncManifest.model_validate({"kind": "resync", "step": self.step, "full_read": self.reads, **about})

    @property
    def reads(self) -> bool:
        """Whether the relay reads again: no record is made from the tables of codes, so nothing else can be done with them.

        What a person brought, no relay can read.
        """
        if self.what == "one" and is_manual(self.id):
            return False
        return self.full_read or (self.what == "part" and self.row_set == "codes")


class Resync(BaseModel):
    """The page on which it is chosen.

    Attributes:
        newest: The newest reading that was accepted; 0 before the first.
    """

    wish: ResyncForm
    newest: int


class Outlook(BaseModel):
    """What a resync would do.

    Attributes:
        query: The wish, as an address says it.
        about: What it is about, in plain words.
        records: How many records are looked at.
        sent: How many are sent to Operoo again, if it begins there.
        minutes: How long that takes, at least.
    """

    wish: ResyncForm
    query: str
    about: str
    records: int
    sent: int
    minutes: int
    reads: bool


class NoSuchRecordError(IntegrationError):
    """An identifier was typed that the staging area does not have."""

    code = "no-such-record"


_PARTS: dict[RowSetName, str] = {
    "students": "students' own details",
    "contacts": "students' contacts",
    "staff": "staff",
    "groups": "groups",
    "memberships": "who is in which group",
    "teachers": "who leads which group",
    "photos": "photos",
    "codes": "the tables of codes for medical details",
}
_KIND_WORDS: dict[Kind, str] = {"student": "student", "staff": "member of staff", "group": "group"}


@pages.page("/resync", "resync.html.j2", role="administrator")
def choose(wish: Annotated[ResyncForm, Query()]) -> Resync:
    """Ask what is to be done again."""
    head = snapshot_line().head()
    return Resync(wish=wish, newest=head.sequence if head is not None else 0)


@pages.page("/resync/look", "resync_look.html.j2", role="administrator")
def look(wish: Annotated[ResyncForm, Query()]) -> Outlook:
    """Show what a resync would do.

    Raises:
        NoSuchRecordError: The one record is not there.
    """
    wish = _known(wish)
    about, lines = _meant(wish)
    sent = sum(line.present and line.selected for line in lines) if wish.step == "apply" else 0
    return Outlook(
        wish=wish,
        query=urlencode(wish.model_dump(exclude_defaults=True)),
        about=about,
        records=sum(line.present for line in lines),
        sent=sent,
        minutes=minutes_for(sent),
        reads=wish.reads,
    )


@pages.action("/resync", role="administrator")
def begin(
    forms: FormKey,  # noqa: ARG001 - checked before
    wished: Annotated[str, Form(max_length=4_000, description="The wish, as the address of `/resync/look` has it.")] = "",
) -> Done:
    """Begin a resync that was looked at.

    Raises:
        NoSuchRecordError: The one record is not there.
    """
    wish = _known(_read(wished))
    about, _ = _meant(wish)
    to = f"{wish.kind} {wish.id}" if wish.what == "one" else about
    return ask_resync(wish.request(), to=to, by=pages.visit().who)


def _read(wished: str) -> ResyncForm:
    """Return the wish that a form carries; one that was tampered with is answered like any other that cannot be read."""
    try:
        return ResyncForm.model_validate(dict(parse_qsl(wished)))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_input=False, include_context=False)) from None


def _known(wish: ResyncForm) -> ResyncForm:
    """Return a wish with the identifier of its one record: beside the name of what a person brought its number stands alone."""
    if wish.what != "one":
        return wish
    there = {line.id for line in lists().all(wish.kind)}
    known = next((one for one in (wish.id, manual_id(wish.id)) if one in there), None)
    if known is None:
        raise NoSuchRecordError(
            f"There is no {_KIND_WORDS[wish.kind]} with the number that was given.",
            remedy="Take the number that stands beside the name in the list; or use the button on the record's own page.",
        )
    return wish.model_copy(update={"id": known})


def _meant(wish: ResyncForm) -> tuple[str, list[Line]]:
    """Return what a wish is about in plain words, and the records that it is about."""
    if wish.what == "one":
        line = next(line for line in lists().all(wish.kind) if line.id == wish.id)
        return line.name, [line]
    kinds = kinds_of(wish.request()) if wish.what == "part" else KINDS
    about = f"what comes from {_PARTS[wish.row_set]}" if wish.what == "part" else "everything"
    return about, [line for kind in kinds for line in lists().all(kind)]
