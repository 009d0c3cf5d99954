"""Codes for families' words, tried on one real student before a person confirms them. For the role `medical` alone."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Form, Path, Query
from pydantic import BaseModel

from functions.console.medical.changes import Item
from functions.console.medical.coding import givable, require_given
from functions.console.medical.reading import Who, case_of, cases_of, describer, receipt, school_codes, students
from functions.console.medical.trying import Known, Said, Written, beyond, concerns, with_codes, written
from functions.console.web import drafts
from functions.console.web.drafts import DRAFT, Draft
from functions.console.web.pages import Done, FormKey, Pages
from functions.records.case import MedicalCase
from functions.records.chosen_settings import MedicalUpdates
from functions.records.ledger import Entry
from functions.runtime.wiring import ledger_table, lists, settings
from shared.medical.codes import CodeBook, CodeKind
from shared.medical.profile import MedicalProfile, ParkedItem
from shared.writeback.rows import Image

pages = Pages()
# So many students are looked at for one whose family says such a word; so many at once.
_MOST, _AT_ONCE = 60, 15


class CodesDraft(Draft):
    """Codes that somebody chose: for the page that shows them, as no address may hold a word of a family's.

    Attributes:
        takes_back: The word is to stand for that code no longer.
    """

    kinds: list[CodeKind]
    words: list[str]
    codes: list[str]
    takes_back: bool = False


class TriedWord(BaseModel):
    """A word, and what it stands for: a code of the school's, or nothing and the code of why."""

    kind: CodeKind
    word: str
    code: str
    before: str
    why_before: str
    after: str
    why_after: str


class CodesTrial(BaseModel):
    """What codes would do, for a person to confirm.

    Attributes:
        updates: `automatic` writes what follows; in `review` a person decides about it first; `off` does nothing.
        student: On whom it is tried; nothing if nobody was found whose family says one of the words.
        unknown: Nothing that a family states is known of the student who was asked for.
        more: What would be written then, and is not now.
        less: What is to be written now, and would not be then.
        parked_before: What of the family's word waits for a code, or cannot be read.
        parked_after: The same then.
    """

    draft: str
    updates: MedicalUpdates
    takes_back: bool
    words: list[TriedWord]
    student: Who | None = None
    unknown: bool = False
    more: list[Item] = []
    less: list[Item] = []
    parked_before: list[ParkedItem] = []
    parked_after: list[ParkedItem] = []


@pages.action("/medical/codes/try", role="medical")
def begin(
    kind: Annotated[list[CodeKind], Form(description="One for each word.")],
    word: Annotated[list[str], Form()],
    code: Annotated[list[str], Form(description="One for each word; an empty one leaves the word as it is.")],
    forms: FormKey,  # noqa: ARG001 - checked before
    take_back: Annotated[str, Form(description="`yes`: the first word is to stand for its code no longer.")] = "",
) -> Done:
    """Show what codes for words would do; nothing is changed yet.

    Raises:
        MedicalOffError: Medical updates are off.
        NoSuchCodeError: A code is none of the school's.
        CodesChangedError: A word stands for another one by now.
    """
    if take_back == "yes":
        require_given(kind[0], word[0], code[0])
        draft = CodesDraft(kinds=kind[:1], words=word[:1], codes=code[:1], takes_back=True)
    else:
        kinds, words, codes = (list(some) for some in zip(*givable(kind, word, code), strict=True))
        draft = CodesDraft.model_validate({"kinds": kinds, "words": words, "codes": codes})
    return Done(said="", see=f"/medical/codes/try/{drafts.begin(draft)}")


@pages.page("/medical/codes/try/<name>", "medical_codes_try.html.j2", role="medical")
def show(
    name: Annotated[str, Path(pattern=DRAFT)],
    student: Annotated[str, Query(pattern=r"^[0-9]{0,19}$", description="On whom; anybody whom it is about if empty.")] = "",
) -> CodesTrial:
    """Show what codes would do: to the words, and to what is written of one real student."""
    draft = drafts.find(CodesDraft, name)
    wanted: list[Said] = list(zip(draft.kinds, draft.words, draft.codes, strict=True))
    said = [(kind, word, "" if draft.takes_back else code) for kind, word, code in wanted]
    before = CodeBook(school_codes(), ledger_table().codes())
    after = with_codes(before, said)
    trial = CodesTrial(
        draft=name,
        updates=settings().medical_updates,
        takes_back=draft.takes_back,
        words=[_tried(one, before, after) for one in wanted],
    )
    case = _case(student) if student else next(_concerned(before, after), None)
    if case is None or case.profile is None:
        return trial.model_copy(update={"unknown": bool(student)})
    return trial.model_copy(update=_on(case.profile, before, after))


def _tried(said: Said, before: CodeBook, after: CodeBook) -> TriedWord:
    kind, word, code = said
    old, new = before.match(kind, word), after.match(kind, word)
    return TriedWord(
        kind=kind,
        word=word,
        code=code,
        before=_told(before, kind, old.found),
        why_before=old.code,
        after=_told(after, kind, new.found),
        why_after=new.code,
    )


def _told(book: CodeBook, kind: CodeKind, code: str | None) -> str:
    found = (one for one in book.tables.get(kind, ()) if code and one.code.strip() == code)
    return next((f"{one.description or code} ({code})" for one in found), "")


def _case(student: str) -> MedicalCase | None:
    return case_of(ledger_table().entry(student))


def _concerned(before: CodeBook, after: CodeBook) -> Iterator[MedicalCase]:
    """Yield whom codes are about, first those for whom a word waits, looking into no more than some."""
    first = dict.fromkeys(ledger_table().uncoded())
    linked = (line.id for line in lists().all("student") if line.link == "linked" and line.id not in first)
    asked = (entry for entry in _entries(chain(first, linked)) if entry.request)
    entries = islice(asked, _MOST)
    while some := list(islice(entries, _AT_ONCE)):
        yield from (case for case in cases_of(some) if case.profile and concerns(case.profile, before, after))


def _entries(students: Iterator[str]) -> Iterator[Entry]:
    while some := list(islice(students, _AT_ONCE)):
        yield from ledger_table().entries(some).values()


def _on(profile: MedicalProfile, before: CodeBook, after: CodeBook) -> dict[str, object]:
    """Return what codes would do to what is written of a student."""
    student = profile.student
    entry = ledger_table().entry(student)
    looked = receipt(entry.seen)
    known = Known(profile, (looked.shown if looked else None) or Image(), frozenset(entry.declined))
    now, then = (written(known, book, settings().write_back_policies) for book in (before, after))
    return {
        "student": students([student])[student],
        "more": _items(student, then, now),
        "less": _items(student, now, then),
        "parked_before": list(now.mapped.parked),
        "parked_after": list(then.mapped.parked),
    }


def _items(student: str, one: Written, other: Written) -> list[Item]:
    return describer(student, one.before, one.after).items(beyond(one, other))
