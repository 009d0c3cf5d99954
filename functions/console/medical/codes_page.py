"""Words of the families' without a code of the school's, and which code they stand for. For the role `medical` alone."""

from collections import Counter
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Form
from pydantic import BaseModel

from functions.console.asking import ask
from functions.console.medical.changes import Codes
from functions.console.medical.coding import givable, in_use, require_given
from functions.console.medical.reading import cases_of
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.paging import PageNumber, paged
from functions.records.ledger import UNCODED, WordCode
from functions.runtime.wiring import ledger_table, lists, settings
from functions.store.audit import AuditEntry
from shared.manifests import CodesManifest
from shared.medical.codes import Code, CodeKind, normal
from shared.medical.profile import ParkedItem

pages = Pages()
# So many students' cases are looked into for a page, and so many of what was said last are shown.
_MOST = 60


class Uncoded(BaseModel):
    """A word that waits for a code.

    Attributes:
        students: For how many students, of those that were looked at.
        student: One of them, on whom can be seen what it is about.
        name: Theirs, as lists have it.
        candidates: Codes of the school that may be meant.
    """

    kind: CodeKind
    word: str
    code: str
    students: int
    student: str = ""
    name: str = ""
    candidates: list[Code]


class WordCodes(BaseModel):
    """Words and codes.

    Attributes:
        page: The words are those of a page of students.
        total: How many students have any such word.
        codes: The school's codes in use, by kind; none where the relay states none.
        off: Medical updates are off, so no word can be given a code.
        given: What holds now of what was said.
        said: All that was said, newest first, without a code where it was taken back.
    """

    uncoded: list[Uncoded]
    page: int
    pages: int
    total: int
    codes: Codes
    off: bool
    given: list[WordCode]
    said: list[WordCode]


@pages.page("/medical/codes", "medical_codes.html.j2", role="medical")
def show(page: PageNumber = 1) -> WordCodes:
    """Show which words wait for a code, and which have one."""
    part = paged(sorted(ledger_table().uncoded()), page, size=_MOST)
    cases = cases_of(ledger_table().entries(part.shown).values())
    codes = in_use()
    return WordCodes(
        uncoded=_uncoded([(case.student, one) for case in cases for one in case.parked], codes),
        page=part.page,
        pages=part.pages,
        total=part.total,
        codes=codes,
        off=settings().medical_updates == "off",
        given=sorted(ledger_table().words(), key=lambda one: (one.kind, one.word.casefold())),
        said=ledger_table().words_said()[: -_MOST - 1 : -1],
    )


def _uncoded(parked: list[tuple[str, ParkedItem]], codes: Codes) -> list[Uncoded]:
    found: dict[tuple[CodeKind, str], tuple[str, ParkedItem]] = {}
    counted: Counter[tuple[CodeKind, str]] = Counter()
    for student, one in parked:
        if one.code in UNCODED and one.kind and one.word:
            key = (one.kind, normal(one.word))
            found.setdefault(key, (student, one))
            counted[key] += 1
    names = {line.id: line.name for line in lists().all("student")} if found else {}
    return [
        Uncoded(
            kind=kind,
            word=one.word,
            code=one.code,
            students=counted[kind, word],
            student=student,
            name=names.get(student, student),
            candidates=[code for code in codes.get(kind, ()) if code.code.strip() in one.candidates],
        )
        for (kind, word), (student, one) in sorted(found.items(), key=lambda item: (-counted[item[0]], item[0]))
    ]


@pages.action("/medical/codes", role="medical")
def give(
    kind: Annotated[list[CodeKind], Form(description="One for each word.")],
    word: Annotated[list[str], Form()],
    code: Annotated[list[str], Form(description="One for each word; an empty one leaves the word as it is.")],
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Let words stand for codes of the school's.

    Raises:
        MedicalOffError: Medical updates are off.
        NoSuchCodeError: A code is none of the school's.
        CodesChangedError: Somebody else gave a word another one meanwhile.
    """
    chosen = givable(kind, word, code)
    codes: dict[CodeKind, dict[str, str]] = {}
    for one, said, wanted in chosen:
        codes.setdefault(one, {})[said] = wanted
    _ask(codes, "without a code", "given codes")
    return Done(said="The words have codes now. What waited for them follows within a few minutes.", see="/medical/codes")


@pages.action("/medical/codes/remove", role="medical")
def remove(
    kind: Annotated[CodeKind, Form()],
    word: Annotated[str, Form(min_length=1)],
    code: Annotated[str, Form(max_length=200, description="The code that it stands for.")],
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Take back that a word stands for a code.

    Raises:
        MedicalOffError: Medical updates are off.
        CodesChangedError: It stands for another one by now, or for none.
    """
    require_given(kind, word, code)
    _ask({kind: {word: ""}}, "given codes", "without a code")
    return Done(said="The word stands for that code no longer.", see="/medical/codes")


def _ask(codes: dict[CodeKind, dict[str, str]], before: str, after: str) -> None:
    to = ", ".join(f"{kind}: {len(words)} words" for kind, words in codes.items())
    deed = AuditEntry(who=pages.visit().who, what="codes for words", to=to, before=before, after=after)
    ask(CodesManifest(kind="codes", codes=codes), deed)
