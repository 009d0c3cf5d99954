"""A student or member of staff whom Synergetic does not have: entered by hand, looked at, and then confirmed."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Form, Path, Query
from pydantic import BaseModel

from functions.console.manual import sending
from functions.console.manual.checking import Effect, Numbered, Outcome
from functions.console.manual.drafts import PersonDraft
from functions.console.manual.editing import form_of, named, new_number, values_of
from functions.console.manual.manual_only import brought, require_brought
from functions.console.web import drafts
from functions.console.web.drafts import DRAFT
from functions.console.web.pages import Done, FormKey, Pages
from shared.owners import number_of
from shared.records import Group

pages = Pages()
Name = Annotated[str, Path(pattern=DRAFT)]
PersonKind = Literal["student", "staff"]


class FormField(BaseModel):
    """A field of the form and what stands in it."""

    field: str
    title: str
    value: str


class Person(BaseModel):
    """The form, and what would happen.

    Attributes:
        draft: Under which the form lies once it was sent; empty before.
        id: Of who is edited; empty of somebody new.
        effect: What confirming would do; empty before the form was sent.
        reasons: Why it cannot be done.
        warnings: What to look at first.
        mails: Somebody would be asked by e-mail, once the profile is selected.
        select: They are to be selected as well.
        seen: What stands for what is shown.
    """

    kind: PersonKind
    draft: str = ""
    id: str = ""
    fields: list[FormField]
    effect: Effect | Literal[""] = ""
    reasons: list[str] = []
    warnings: list[str] = []
    mails: bool = False
    select: bool = False
    seen: str = ""
    done: str = ""


@pages.page("/custom/person", "custom_person.html.j2", role="administrator")
def person(kind: PersonKind, record: Annotated[str, Query(max_length=200)] = "") -> Person:
    """Show the form: empty, or with what is known of somebody whom a person brought.

    Raises:
        NotBroughtError: Nobody brought them.
    """
    values: dict[str, str] = {}
    if record:
        found = brought(kind, record).record()
        values = values_of(found) if not isinstance(found, Group) else {}
    return Person(kind=kind, id=record, fields=_fields(kind, values))


@pages.action("/custom/person", role="administrator")
def look(
    kind: Annotated[PersonKind, Form()],
    values: Annotated[list[str], Form(max_length=40, description="The fields' texts, in the order of the form.")],
    forms: FormKey,  # noqa: ARG001 - checked before
    record: Annotated[str, Form(max_length=200)] = "",
    select: Annotated[Literal["yes", ""], Form(description="Also select them, once it is confirmed.")] = "",
) -> Done:
    """Take what was entered, to be looked at; nothing is changed yet.

    Raises:
        NotBroughtError: Nobody brought who is to be edited.
    """
    if record:
        require_brought(kind, record)
    draft = PersonDraft(kind=kind, id=record, values=_entered(kind, record, values), select=select == "yes")
    return Done(said="", see=f"/custom/person/{drafts.begin(draft)}")


def _entered(kind: PersonKind, record: str, values: list[str]) -> dict[str, str]:
    given = named(kind, values)
    if record:
        given["number"] = number_of(record)
    elif not given.get("number", "").strip():
        given["number"] = new_number()
    return given


@pages.page("/custom/person/<name>", "custom_person.html.j2", role="administrator")
def looked(name: Name) -> Person:
    """Show what confirming would do."""
    draft = drafts.find(PersonDraft, name)
    outcome = _outcome(draft)
    checked = outcome.rows[0]
    return Person.model_validate(
        {
            "kind": draft.kind,
            "draft": name,
            "id": draft.id,
            "fields": _fields(draft.kind, draft.values),
            "effect": checked.effect,
            "reasons": checked.reasons,
            "warnings": checked.warnings,
            "mails": bool(outcome.asked),
            "select": draft.select,
            "seen": sending.seen(outcome.given) if outcome.given else "",
            "done": draft.done,
        }
    )


@pages.action("/custom/person/<name>", role="administrator")
def confirm(
    name: Name,
    seen: Annotated[str, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
    select: Annotated[Literal["yes", ""], Form(description="Also select them.")] = "",
    values: Annotated[list[str], Form(max_length=40, description="The fields' texts by now: others are looked at first.")] = [],  # noqa: B006
) -> Done:
    """Bring the person to the staging area; or, if what was entered is not what was looked at, show what that would do.

    Raises:
        ChangedSinceError: Something else would be done than was shown.
        DoneAlreadyError: It was done before.
    """
    draft = drafts.find_open(PersonDraft, name)
    if values and (entered := _entered(draft.kind, draft.id, values)) != draft.values:
        drafts.keep(name, draft.model_copy(update={"values": entered, "select": select == "yes"}))
        return Done(said="You changed what you had looked at. Nothing is saved yet.", see=f"/custom/person/{name}")
    outcome = _outcome(draft)
    sending.require_seen(outcome.given, seen)
    sending.bring(outcome.given, "custom", who=pages.visit().who, select=select == "yes")
    said = f"Saved: {outcome.rows[0].name}. It is in the list within a minute."
    drafts.keep(name, draft.model_copy(update={"done": said}))
    return Done(said=said, see="/custom")


def _fields(kind: PersonKind, values: dict[str, str]) -> list[FormField]:
    return [FormField(field=one.field, title=one.title, value=values.get(one.field, "")) for one in form_of(kind)]


def _outcome(draft: PersonDraft) -> Outcome:
    cells = {field: [value] for field, value in draft.values.items()}
    return sending.checker().check(draft.kind, [Numbered(1, cells)])
