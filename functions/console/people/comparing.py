"""Compares what the school states of a record with what Operoo has, field by field. Pure functions.

Operoo itself is not asked: a page must not wait for it, nor spend the school's budget of calls. What it showed when something
was sent last is kept with the record; of what it did not show, what was sent stands there, and a page that shows it says so.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel

from functions.console.web.wording import group_type_in_words
from functions.operoo.mapping import fields_of, values_of
from functions.operoo.settings import OperooSettings
from functions.records.staged import Shown, StagedRecord
from shared.digests import digest
from shared.errors import RejectedRecordError
from shared.records import RECORD_TYPES, Group, Photo, Record, Staff, Student
from shared.wording import day

Sent = Literal["never", "same", "older", "not kept"]


class Detail(BaseModel):
    """One thing that is known of a record.

    Attributes:
        name: What it is.
        school: What the school says of it.
        operoo: What Operoo has, or was sent last if it showed nothing; None if this is never sent, or it is not known.
        sent: What was sent, where Operoo showed something else afterwards.
        shown: Operoo itself showed it.
        differs: What Operoo has is something else.
    """

    name: str
    school: str
    operoo: str | None = None
    sent: str | None = None
    shown: bool = False
    differs: bool = False


class Comparison(BaseModel):
    """What the school says, beside what Operoo has.

    Attributes:
        sent: `never` if Operoo has nothing by us now; `same` if what was sent last is what the school says; `older` if not;
            `not kept` if it is not known any more what it was.
        past: The school has it no more.
        other_settings: How Operoo is spoken to was changed since, so what Operoo has may differ from what is shown.
        shown_at: When Operoo itself showed what it has; empty if it never did, so that only what was sent is known.
        had: What Operoo had until then, where that was something else.
        only_here: What the school says that Operoo is not told.
    """

    sent: Sent
    past: bool = False
    other_settings: bool = False
    shown_at: str = ""
    details: list[Detail] = []
    had: list[Detail] = []
    only_here: list[Detail] = []


NAMES = {
    "first_name": "First name",
    "last_name": "Last name",
    "preferred_first_name": "Preferred first name",
    "preferred_last_name": "Preferred last name",
    "middle_names": "Middle names",
    "request_email": "E-mail address that is asked",
    "request_mobile": "Mobile number that is asked",
    "contacts": "Contacts",
    "name": "Name",
}
_OF_STAFF = {"request_email": "E-mail address", "request_mobile": "Mobile number"}
_NOT_SHOWN = frozenset({"members", "staff", "parent"})
_SILENT = "a number that is not shown here"
# What was left out when something was sent last, by the problem that came of it.
_LEFT_OUT = {
    "operoo-address": ("request_email",),
    "no-request-email": ("request_email", "request_mobile"),
    "no-staff-email": ("request_email",),
}


class _There(NamedTuple):
    """What was sent, what Operoo has as far as that is known (None is not known), and what it showed of that."""

    sent: Mapping[str, object]
    has: Mapping[str, object]
    shown: Shown


def compare(staged: StagedRecord, settings: OperooSettings) -> Comparison:
    """Return what the school says of a record beside what Operoo has; empty if it never could be mapped."""
    if not staged.content:
        return Comparison(sent="never")
    record, sent = staged.record(), _sent(staged)
    had = _had(staged, sent)
    now, then = _values(record, settings), _values(had, settings) if had is not None else None
    there = _there(staged, record, then) if then is not None else None
    names = [name for name in now if not _is_told(name, record, [now, *((there.sent, there.has) if there else ())])]
    details = [_detail(record, name, now[name], there) for name in names]
    return Comparison(
        sent=sent,
        past=not staged.present,
        other_settings=had is not None and _is_spoken_to_otherwise(staged, had, settings),
        shown_at=staged.shown.at if any(detail.shown for detail in details) else "",
        details=[*details, *_photo(record, staged, sent)],
        had=_had_otherwise(staged, record) if there is not None else [],
        only_here=_only_here(record),
    )


def _sent(staged: StagedRecord) -> Sent:
    if staged.link != "linked":
        return "never"
    if staged.digest == staged.applied:
        return "same"
    return "older" if staged.applied and staged.applied_content else "not kept"


def _had(staged: StagedRecord, sent: Sent) -> Record | None:
    if sent == "same":
        return staged.record()
    return RECORD_TYPES[staged.kind].model_validate_json(staged.applied_content) if sent == "older" else None


def _values(record: Record, settings: OperooSettings) -> Mapping[str, object]:
    """Return what Operoo would be told of a record, also if something is missing for which it would be refused.

    Silent numbers are left out: even where Operoo is sent them, they are not for a page.
    """
    contacts = settings.contacts.model_copy(update={"send_silent_numbers": False})
    lenient = settings.model_copy(update={"require_request_email": False, "require_staff_email": False, "contacts": contacts})
    try:
        return values_of(record, lenient)
    except RejectedRecordError:
        return {}


def _is_spoken_to_otherwise(staged: StagedRecord, had: Record, settings: OperooSettings) -> bool:
    """Tell whether other fields would be made today of what was sent: not of a group, which names whom Operoo has."""
    if isinstance(had, Group) or _unsent(staged):
        return False
    try:
        return digest(fields_of(had, settings)) != staged.applied_fields
    except RejectedRecordError:
        return True


def _unsent(staged: StagedRecord) -> tuple[str, ...]:
    """Return what was left out when something was sent last, so that only Operoo could say what it has of it."""
    return _LEFT_OUT.get(staged.problem.code, ()) if staged.problem is not None else ()


def _is_told(name: str, record: Record, values: Sequence[Mapping[str, object]]) -> bool:
    """Return whether other lines say the same: of staff first and last name do, and most people are called by their names."""
    same_as = {"preferred_first_name": "first_name", "preferred_last_name": "last_name"}.get(name)
    if same_as is not None:
        return all(some.get(name) == some.get(same_as) for some in values)
    return name in _NOT_SHOWN or (isinstance(record, Staff) and name == "name")


def _there(staged: StagedRecord, record: Record, sent: Mapping[str, object]) -> _There:
    unsent = _unsent(staged)
    sent = {name: value for name, value in sent.items() if name not in unsent}
    has = {**sent, **dict.fromkeys(unsent), **_for_a_page(record, staged.shown.has)}
    return _There(sent, has, staged.shown)


def _had_otherwise(staged: StagedRecord, record: Record) -> list[Detail]:
    had = _for_a_page(record, staged.shown.had)
    names = [name for name in had if not _is_told(name, record, [had])]
    return [Detail(name=_label(record, name), school="", operoo=had[name]) for name in names]


def _for_a_page(record: Record, texts: Mapping[str, str]) -> dict[str, str]:
    """Return what Operoo has as it may be shown: a silent number may be the one that it was told once."""
    silent = {
        "student": isinstance(record, Student) and any(one.silent_mobile or one.silent_phone for one in record.contacts),
        "staff": isinstance(record, Staff) and record.silent_mobile,
    }
    is_hidden = silent.get(record.kind) and texts.get("request_mobile")
    return {**texts, **({"request_mobile": _SILENT} if is_hidden else {})}


def _label(record: Record, name: str) -> str:
    return (_OF_STAFF if isinstance(record, Staff) else {}).get(name) or NAMES[name]


def _detail(record: Record, name: str, now: object, there: _There | None) -> Detail:
    detail = Detail(name=_label(record, name), school=_shown(now))
    if there is None:
        return detail
    has = there.has.get(name, "")
    if has is None:
        return detail.model_copy(update={"differs": True})
    shown, is_other = there.shown, name in there.shown.has
    differs = _shown(has).casefold() != detail.school.casefold() if is_other else now != has
    # Of a list only its length is shown, which may be the same.
    as_before = ", as they were before" if differs and isinstance(has, list) else ""
    told = {
        "operoo": _shown(has) + as_before,
        "sent": _shown(there.sent[name]) if is_other and name in there.sent else None,
        "shown": bool(shown.at) and name not in shown.unseen and not isinstance(has, list),
        "differs": differs,
    }
    return detail.model_copy(update=told)


def _shown(value: object) -> str:
    return str(len(value)) if isinstance(value, list) else str(value)


def _photo(record: Record, staged: StagedRecord, sent: Sent) -> list[Detail]:
    if isinstance(record, Group):
        return []
    said = "yes" if record.photo else "none"
    if sent == "never":
        return [Detail(name="Photo", school=said)]
    newest = _is_newest(record.photo, staged.applied_photo)
    operoo = "none" if not staged.applied_photo else "the same" if newest else "an older one"
    return [Detail(name="Photo", school=said, operoo=operoo, differs=not newest)]


def _is_newest(photo: Photo | None, sent: str) -> bool:
    return (photo.digest if photo else "") == sent


def _only_here(record: Record) -> list[Detail]:
    match record:
        case Student():
            told = {
                "Year level": record.year_level,
                "Campus": record.campus,
                "House": record.house,
                "Form": record.form,
                "Tutor group": record.tutor,
                "Date of birth": day(record.birth_date) if record.birth_date else "",
                "Status": record.status,
                "Boarder": "yes" if record.boarder else "",
                "Own e-mail address": record.email,
                "Own mobile number": record.mobile,
            }
        case Staff():
            told = {"Staff code": record.code}
        case Group():
            told = {"Code": record.code, "Kind": group_type_in_words(record.type).capitalize(), "Year level": record.year_level}
            told["Campus"] = record.campus
    return [Detail(name=name, school=value) for name, value in told.items() if value]
