"""Who and what the row sets would leave unused, counted by reason: what an office manager asks about first.

The stack's own settings decide in the end whom Operoo asks; these counts go by its defaults. One pass over the rows, none of
which is kept.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from relay.checking.report import Finding, Verdict, well
from relay.database.connection import Session
from relay.reading.photos import sniff
from relay.reading.school import School
from shared.synergetic.codes import LEFT_MEANING
from shared.synergetic.values import clean_flag, clean_text, is_email

_TOPIC = "left out"
_ASKED_TYPES = "SC"
_LEFT, _NOBODY = "have left", "are deceased, or no persons that Synergetic knows"
_GIVE_MEANING = (
    "If they are here, give their status a meaning in Synergetic, or name the meaning or the code in [synergetic.contract] "
    "(present_meanings, present_codes)."
)
_UNREADABLE = "have a value that cannot be read"
Row = Mapping[str, object]


def look_at_left_out(session: Session, school: School, students: int) -> Iterator[Finding]:
    """Say who is no current student, about whom nobody would be asked, who is barred, and which photos are of an unknown type.

    Args:
        session: The connection.
        school: The school as the connected database has it.
        students: How many current students there are.

    Raises:
        IntegrationError: The rows cannot be read.
    """
    yield from _not_current(session, school)
    barred: Counter[str] = Counter()
    with_contact, askable = set(), set()
    for row in _contacts(session, school):
        student = row["student_id"]
        with_contact.add(student)
        reason = _barred(row)
        if not reason:
            askable.add(student)
        else:
            barred[reason] += 1
    yield from _students(students, len(with_contact), len(askable))
    if barred:
        told = "; ".join(f"{count:,} {reason}" for reason, count in sorted(barred.items()))
        yield Finding(_TOPIC, Verdict.NOTE, f"Contacts who are not asked: {told}.")
    yield _photos(session, school)


def _not_current(session: Session, school: School) -> Iterator[Finding]:
    """Say how many with a row this year are no current students and why, and how many have several rows."""
    reasons: Counter[str] = Counter()
    several = 0
    counted = session.rows(school.queries.year_statuses(school.period), doing="Counting statuses")
    for *numbers, meaning in counted:
        which, present, alive, count = (int(str(number)) for number in numbers)
        if which != 1:
            several += count
        elif not (present and alive):
            reasons[_why_not(clean_text(meaning)) if alive else _NOBODY] += count
    if reasons:
        told = "; ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))
        remedy = _GIVE_MEANING if reasons.keys() - {_LEFT, _NOBODY} else ""
        yield Finding(_TOPIC, Verdict.NOTE, f"Have a row this year and are no current students: {told}.", remedy)
    if several:
        yield Finding(_TOPIC, Verdict.NOTE, f"{several:,} have several rows this year: the last that was entered counts.")


def _why_not(meaning: str) -> str:
    if not meaning:
        return "have a status without a meaning"
    return _LEFT if meaning.upper() == LEFT_MEANING else "have a status with another meaning"


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


def _barred(row: Row) -> str:
    """Say why a contact is not asked; of a column of another type, which another look tells of, not every value can be read."""
    try:
        return _reason(row)
    except ValueError:
        return _UNREADABLE


def _reason(row: Row) -> str:
    if not clean_text(row["contact_type"]).upper().startswith(_ASKED_TYPES):
        return "are no student contacts (SC)"
    if row["contact_id"] == row["student_id"]:
        return "are the student"
    if clean_flag(row["deceased"]):
        return "are deceased"
    if not clean_flag(row["normal_mail"]):
        return "get no mail about the student"
    mails = [text for name in ("email", "work_email") if (text := clean_text(row[name]))]
    if any(map(is_email, mails)):
        return ""
    return "have something else in place of an e-mail address" if mails else "have no e-mail address"


def _photos(session: Session, school: School) -> Finding:
    asked = school.queries.photo_beginnings(school.period, today=school.today)
    counted = [(_bytes(one), int(str(count))) for one, count in session.rows(asked, doing="Looking at photos")]
    photos = sum(count for _, count in counted)
    unknown = sum(count for beginning, count in counted if sniff(beginning) is None)
    if not unknown:
        return well(_TOPIC, f"Each of the {photos:,} photos is a JPEG, PNG or GIF.")
    what = f"{unknown:,} of {photos:,} photos are neither JPEG, PNG nor GIF, whatever the database calls them."
    return Finding(_TOPIC, Verdict.NOTE, what, "Have them loaded anew, if these people are to have a photo in Operoo.")


def _bytes(beginning: object) -> bytes:
    return beginning if isinstance(beginning, bytes) else bytes.fromhex(str(beginning))


def _contacts(session: Session, school: School) -> Iterator[Row]:
    source = school.source("contacts")
    for rows in session.batches(source.select, doing="Reading contacts"):
        yield from (dict(zip(source.columns, row, strict=True)) for row in rows)
