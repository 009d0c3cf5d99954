"""Compares what the school states of a record with what was last sent to Operoo, field by field. Pure functions.

Operoo itself is not asked: a page must not wait for it, nor spend the school's budget of calls. So what stands there is what
was sent, and a page that shows it says so.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from functions.console.web.wording import group_type_in_words
from functions.operoo.mapping import fields_of, values_of
from functions.operoo.settings import OperooSettings
from functions.records.staged import StagedRecord
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
        operoo: What was sent to Operoo; None if this is never sent, or it is not known.
        differs: What was sent is something else.
    """

    name: str
    school: str
    operoo: str | None = None
    differs: bool = False


class Comparison(BaseModel):
    """What the school says, beside what was sent.

    Attributes:
        sent: `never` if Operoo has nothing by us now; `same` if what was sent last is what the school says; `older` if not;
            `not kept` if it is not known any more what it was.
        past: The school has it no more.
        other_settings: How Operoo is spoken to was changed since, so what Operoo has may differ from what is shown.
        only_here: What the school says that Operoo is not told.
    """

    sent: Sent
    past: bool = False
    other_settings: bool = False
    details: list[Detail] = []
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


def compare(staged: StagedRecord, settings: OperooSettings) -> Comparison:
    """Return what the school says of a record beside what was sent; empty if it never could be mapped."""
    if not staged.content:
        return Comparison(sent="never")
    record, sent = staged.record(), _sent(staged)
    had = _had(staged, sent)
    now, then = _values(record, settings), _values(had, settings) if had is not None else None
    details = [_detail(record, name, now, then) for name in now if not _is_told(name, record, [now, then or now])]
    return Comparison(
        sent=sent,
        past=not staged.present,
        other_settings=had is not None and not isinstance(had, Group) and _digest(had, settings) != staged.applied_fields,
        details=[*details, *_photo(record, staged, sent)],
        only_here=_only_here(record),
    )


def _sent(staged: StagedRecord) -> Sent:
    if staged.link != "linked":
        return "never"
    if staged.digest == staged.applied:
        return "same"
    return "older" if staged.applied_content else "not kept"


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


def _digest(record: Record, settings: OperooSettings) -> str:
    try:
        return digest(fields_of(record, settings))
    except RejectedRecordError:
        return ""


def _is_told(name: str, record: Record, values: Sequence[Mapping[str, object]]) -> bool:
    """Return whether other lines say the same: of staff first and last name do, and most people are called by their names."""
    same_as = {"preferred_first_name": "first_name", "preferred_last_name": "last_name"}.get(name)
    if same_as is not None:
        return all(some.get(name) == some.get(same_as) for some in values)
    return name in _NOT_SHOWN or (isinstance(record, Staff) and name == "name")


def _detail(record: Record, name: str, now: Mapping[str, object], then: Mapping[str, object] | None) -> Detail:
    label = (_OF_STAFF if isinstance(record, Staff) else {}).get(name) or NAMES[name]
    school = _shown(now[name])
    if then is None:
        return Detail(name=label, school=school)
    before, differs = then.get(name, ""), now[name] != then.get(name, "")
    # Of a list only its length is shown, which may be the same.
    as_before = ", as they were before" if differs and isinstance(before, list) else ""
    return Detail(name=label, school=school, operoo=_shown(before) + as_before, differs=differs)


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
