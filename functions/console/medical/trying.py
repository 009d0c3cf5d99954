"""Works out what would be written of one student with other codes for families' words. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.records.case import CaseItem
from shared.medical.codes import CodeBook, CodeKind, normal
from shared.medical.profile import MedicalProfile
from shared.receipts import WrittenRow, written_rows
from shared.synergetic.medical_rows import Mapped, desired_rows
from shared.synergetic.writing import contract_tables
from shared.writeback.applying import applied
from shared.writeback.case import Case
from shared.writeback.plan import Policies
from shared.writeback.planning import plan
from shared.writeback.rows import Image

Said = tuple[CodeKind, str, str]
"""A kind, a word, and the code that it is to stand for; none where that is taken back."""


@dataclass(frozen=True)
class Known:
    """What is known of a student.

    Attributes:
        profile: What the family states.
        seen: The student's rows, as the relay told of them last; nothing if it never did.
        declined: What stands for what a person did not want written.
    """

    profile: MedicalProfile
    seen: Image
    declined: frozenset[str]


@dataclass(frozen=True)
class Written:
    """What would be written of a student.

    Attributes:
        mapped: What the family states, in the school's codes.
        before: The student's rows.
        after: The same once it is written.
        rows: Each row that it is about.
    """

    mapped: Mapped
    before: Image
    after: Image
    rows: tuple[WrittenRow, ...]


def with_codes(book: CodeBook, said: Sequence[Said]) -> CodeBook:
    """Return a school's codes with other ones for some words."""
    kinds = {kind for kind, _, _ in said}
    changed = {kind: {normal(word): code for one, word, code in said if one == kind} for kind in kinds}
    overrides = dict(book.overrides)
    for kind, words in changed.items():
        left = {word: code for word, code in book.overrides.get(kind, {}).items() if normal(word) not in words}
        overrides[kind] = left | {word: code for word, code in words.items() if code}
    return CodeBook(book.tables, overrides)


def concerns(profile: MedicalProfile, before: CodeBook, after: CodeBook) -> bool:
    """Return whether a family's word means something else by other codes."""
    return desired_rows(profile, before) != desired_rows(profile, after)


def written(student: Known, book: CodeBook, policies: Policies) -> Written:
    """Return what would be written of a student by some codes, as far as is known here: the relay looks before it writes."""
    mapped, tables = desired_rows(student.profile, book), contract_tables()
    planned = plan(Case(tables, student.seen, mapped.desired, seen=student.seen, policies=policies, declined=student.declined))
    return Written(mapped, student.seen, applied(tables, planned, {}), tuple(written_rows(tables, planned)))


def beyond(one: Written, other: Written) -> list[CaseItem]:
    """Return what one would write and the other would not."""
    rows = (row for row in one.rows if row not in other.rows)
    return [CaseItem(number=number, row=row) for number, row in enumerate(rows, start=1)]
