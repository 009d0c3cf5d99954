"""Medical: where one student stands, and what there is to decide. For the role `medical` alone."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Form, Query
from pydantic import BaseModel

from functions.console.asking import ask
from functions.console.medical.changes import Codes, Describer, Item, Left
from functions.console.medical.deciding import Given, as_manifest, said, told
from functions.console.medical.history import Step, StudentId, steps
from functions.console.medical.possible import reads, require_deciding, require_reading
from functions.console.medical.reading import Who, case_of, describer, receipt, school_codes, students
from functions.console.medical.stated import Fact, Stated, stated, unmapped
from functions.console.web.pages import Done, FormKey, Pages
from functions.records.case import MedicalCase
from functions.records.chosen_settings import MedicalUpdates
from functions.runtime.wiring import ledger_table, settings
from functions.store.audit import AuditEntry
from shared.errors import IntegrationError
from shared.manifests import MedicalManifest
from shared.medical.codes import Code, CodeKind
from shared.medical.profile import ParkedItem

pages = Pages()


class OneStudent(BaseModel):
    """Where one student stands, and what there is to decide.

    Attributes:
        state: `review` if something waits for a decision; else as the ledger has it.
        reads: The student can be read from Operoo now.
        decided: Who asks has just decided it, and it is about to be carried out.
        by: Who asked for the last message, or decided about it; nothing if it went by itself.
        said_by: Who in the family confirmed the profile last, and when they did.
        codes: The school's codes that an item's values are taken from.
        stated: All that the family states.
        unmapped: What Operoo states and has no place.
    """

    student: Who
    updates: MedicalUpdates
    reads: bool
    state: str
    decided: bool
    purpose: str
    version: int
    sent_at: str
    answered_at: str
    outcome: str
    code: str
    by: str
    said_by: str
    said_at: str
    items: list[Item]
    codes: Codes
    conflicts: list[Left]
    parked: list[ParkedItem]
    unwritten: list[Left]
    kept: list[Left]
    left_out: int
    stated: list[Stated]
    unmapped: list[Fact]
    history: list[Step]


class NotWaitingError(IntegrationError):
    """What was to be decided does not wait any more, or something newer does."""

    code = "review-unknown"


@pages.page("/medical/<student>", "medical_student.html.j2", role="medical")
def one_student(
    student: StudentId,
    decided: Annotated[int, Query(ge=0, description="The version that was decided just now.")] = 0,
) -> OneStudent:
    """Show where a student stands, and what there is to decide."""
    entry = ledger_table().entry(student)
    history = ledger_table().history(student)
    who = students([student])[student]
    if not (who.name or entry.version or history):
        raise NotFoundError
    case = case_of(entry) or MedicalCase(student=student)
    seen = receipt(case.receipt)
    words = describer(student, seen.before if seen else None, seen.after if seen else None)
    confirmed = case.profile.confirmed if case.profile else None
    said_by = confirmed.by.name or confirmed.by.email if confirmed else ""
    return OneStudent(
        student=who,
        updates=settings().medical_updates,
        reads=reads() and who.cloud,
        decided=entry.state == "review" and entry.version == decided,
        **entry.model_dump(include={"state", "purpose", "version", "sent_at", "answered_at", "outcome", "code", "by"}),
        said_by=said_by,
        said_at=str(confirmed.at or "") if confirmed else "",
        **_case(case, words),
        history=steps(history),
    )


def _case(case: MedicalCase, words: Describer) -> dict[str, object]:
    items = words.items(case.items, case.conflicts)
    return {
        "items": items,
        "codes": _choices(items),
        "conflicts": words.left(case.conflicts),
        "parked": list(case.parked),
        "unwritten": words.left(case.unwritten),
        "kept": words.left(case.kept),
        "left_out": sum(case.left_out.values()),
        "stated": stated(case.profile) if case.profile else [],
        "unmapped": unmapped(case.profile) if case.profile else [],
    }


def _choices(items: list[Item]) -> dict[CodeKind, tuple[Code, ...]]:
    """Return the codes in use of those kinds that the items hold."""
    kinds = {change.choices for item in items for change in item.changes if change.choices}
    return {kind: tuple(one for one in codes if one.active) for kind, codes in school_codes().items() if kind in kinds}


@pages.action("/medical/<student>", role="medical")
def decide(  # noqa: PLR0913, PLR0917 - the fields of one form
    student: StudentId,
    version: Annotated[int, Form(ge=1)],
    forms: FormKey,  # noqa: ARG001 - checked before
    decision: Annotated[Literal["write", "reject"], Form(description="`reject` is all of it.")] = "write",
    item: Annotated[list[int], Form(description="The items that are to be written.")] = [],  # noqa: B006 - is copied
    part: Annotated[list[str], Form(description="Of these, the columns to be written: `3:column`.")] = [],  # noqa: B006
    name: Annotated[list[str], Form(description="`3:column` for each value that follows.")] = [],  # noqa: B006
    value: Annotated[list[str], Form(description="What is to be written there.")] = [],  # noqa: B006
) -> Done:
    """Decide a change that waits: what is marked is written, as it stands in the form.

    Raises:
        MedicalOffError: Medical updates are off.
        NotSynchronisedError: The student was deselected meanwhile.
        NotWaitingError: It does not wait any more.
        EditRefusedError: A value is not of its column's kind.
    """
    require_deciding(student)
    entry = ledger_table().entry(student)
    case = case_of(entry)
    if entry.state != "review" or entry.version != version or case is None:
        raise NotWaitingError(
            "This change does not wait any more: it was decided, or something newer came. Nothing was done.",
            remedy="Look at the student again.",
        )
    given = Given(decision == "reject", frozenset(item), frozenset(part), tuple(zip(name, value, strict=False)))
    wish = as_manifest(case, given)
    ask(
        wish,
        AuditEntry(
            who=pages.visit().who,
            what="decide medical change",
            to=f"student {student}, version {version}",
            before="waits for a decision",
            after=told(case, wish),
        ),
    )
    return Done(said=said(case, wish), see=f"/medical/{student}?decided={version}")


@pages.action("/medical/<student>/read", role="medical")
def read_now(
    student: StudentId,
    forms: FormKey,  # noqa: ARG001 - checked before
    anew: Annotated[Literal["", "yes"], Form(description="Also what was rejected or taken back before.")] = "",
) -> Done:
    """Have one student's profile read from Operoo now.

    Raises:
        MedicalOffError: Medical updates are off.
        NotAskedError: Profiles come by spreadsheets.
        NotSynchronisedError: The student is not synchronised.
    """
    require_reading(student)
    wish = MedicalManifest(kind="medical", students=(student,), anew=bool(anew))
    after = "read again, also what was rejected or taken back" if anew else "read again"
    ask(
        wish,
        AuditEntry(
            who=pages.visit().who, what="read medical profile", to=f"student {student}", before="as read last", after=after
        ),
    )
    return Done(said="It is read from Operoo now. Give it a minute, and load this page again.", see=f"/medical/{student}")
