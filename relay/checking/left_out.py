"""Who and what the row sets would leave unused, counted by reason: what an office manager asks about first.

The stack's own settings decide in the end whom Operoo asks; these counts go by its defaults. One pass over the rows, none of
which is kept.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from relay.checking.report import Finding, Verdict, well
from relay.database.connection import Session
from relay.reading.school import School
from shared.manifests import RowSetName
from shared.synergetic.values import clean_flag, clean_text

_TOPIC = "left out"
_KNOWN_PHOTOS = {"", "jpg", "jpeg", "png", "gif"}
_ASKED_TYPES = "SC"
Named = Callable[[str], object]


def look_at_left_out(session: Session, school: School, students: int) -> Iterator[Finding]:
    """Say how many students nobody would be asked about, which contacts are barred, and which photos are of an unknown type.

    Args:
        session: The connection.
        school: The school as the connected database has it.
        students: How many current students there are.

    Raises:
        IntegrationError: The rows cannot be read.
    """
    barred: Counter[str] = Counter()
    with_contact, askable = set(), set()
    for row in _rows(session, school, "contacts"):
        student = row("student_id")
        with_contact.add(student)
        reason = _barred(row)
        if reason is None:
            askable.add(student)
        else:
            barred[reason] += 1
    yield from _students(students, len(with_contact), len(askable))
    if barred:
        told = "; ".join(f"{count:,} {reason}" for reason, count in sorted(barred.items()))
        yield Finding(_TOPIC, Verdict.NOTE, f"Contacts who are not asked: {told}.")
    yield _photos(session, school)


def _students(students: int, with_contact: int, askable: int) -> Iterator[Finding]:
    if not students:
        return
    if askable >= students:
        yield well(_TOPIC, f"For each of the {students:,} students there is somebody to send Operoo's request to.")
        return
    yield Finding(
        _TOPIC,
        Verdict.NOTE,
        f"For {students - askable:,} of {students:,} students there is nobody to send Operoo's request to: "
        f"{students - with_contact:,} have no contact, {with_contact - askable:,} none who may be asked by e-mail.",
        "Enter an e-mail address for a contact who gets mail, in Synergetic.",
    )


def _barred(row: Named) -> str | None:
    if not clean_text(row("contact_type")).upper().startswith(_ASKED_TYPES):
        return "are no student contacts (SC)"
    if clean_flag(row("deceased")):
        return "are deceased"
    if not clean_flag(row("normal_mail")):
        return "get no mail about the student"
    if not (clean_text(row("email")) or clean_text(row("work_email"))):
        return "have no e-mail address"
    return None


def _photos(session: Session, school: School) -> Finding:
    types = Counter(clean_text(row("photo_type")).lower().lstrip(".") for row in _rows(session, school, "photos"))
    unknown = sum(count for kind, count in types.items() if kind not in _KNOWN_PHOTOS)
    if not unknown:
        return well(
            _TOPIC, f"No photo is of a type that Operoo does not take, as far as {sum(types.values()):,} say what they are."
        )
    return Finding(
        _TOPIC,
        Verdict.NOTE,
        f"{unknown:,} of {sum(types.values()):,} photos say that they are neither JPEG, PNG nor GIF.",
        "They are left out if their bytes are not one of these either.",
    )


def _rows(session: Session, school: School, name: RowSetName) -> Iterator[Named]:
    source = school.source(name)
    places = {column: place for place, column in enumerate(source.columns)}
    for rows in session.batches(source.select, doing=f"Reading {name}"):
        for row in rows:
            yield _named(row, places)


def _named(row: Sequence[object], places: dict[str, int]) -> Named:
    return lambda column: row[places[column]]
