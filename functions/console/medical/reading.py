"""Reads what the medical pages show: where a student stands, what stands behind it, and the school's codes."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from pydantic import BaseModel

from functions.console.medical.changes import Codes, Describer
from functions.records.case import MedicalCase
from functions.records.ledger import Entry
from functions.records.list_lines import Line
from functions.runtime.wiring import exchange, lists, records_table, snapshot_line
from functions.store.codes import code_book
from functions.store.exchange import MissingObjectError
from functions.store.snapshots import newest_snapshot
from shared.keys import case_key, receipt_key
from shared.receipts import WriteReceipt
from shared.records import Student
from shared.writeback.rows import Image

_AT_ONCE = 8


class Who(BaseModel):
    """A student, as the medical pages name one."""

    id: str
    name: str = ""
    year_level: str = ""
    photo: str = ""
    cloud: bool = False


def students(ids: Collection[str]) -> dict[str, Who]:
    """Return who students are; of one that the lists do not have, the number alone."""
    wanted = set(ids)
    found = {line.id: who(line) for line in lists().all("student") if line.id in wanted}
    return {one: found.get(one, Who(id=one)) for one in ids}


def who(line: Line) -> Who:
    """Return a student of a list."""
    return Who(id=line.id, name=line.name, year_level=line.year_level, photo=line.photo, cloud=line.link == "linked")


def case_of(entry: Entry) -> MedicalCase | None:
    """Return what stands behind the last message about a student; None if there is none, or it has expired."""
    if not entry.request:
        return None
    try:
        return exchange().document(MedicalCase, case_key(entry.request))
    except MissingObjectError:
        return None


def cases_of(entries: Collection[Entry]) -> list[MedicalCase]:
    """Return what stands behind the last messages about some students."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return [case for case in threads.map(case_of, entries) if case is not None]


def receipt(under: str) -> WriteReceipt | None:
    """Return the receipt under a digest; None if there is none, or it has expired."""
    try:
        return exchange().document(WriteReceipt, receipt_key(under)) if under else None
    except MissingObjectError:
        return None


def describer(student: str, before: Image | None, after: Image | None) -> Describer:
    """Return who puts a student's rows into words."""
    return Describer(school_codes(), before, after, _people_of(student))


def _people_of(student: str) -> dict[str, str]:
    """Return the names of those whom a student's rows may name by number: contacts, and staff."""
    staged = records_table().get("student", student)
    record = staged.record() if staged is not None and staged.content else None
    contacts = record.contacts if isinstance(record, Student) else ()
    names = {one.id: f"{one.name.preferred or one.name.given} {one.name.surname}".strip() for one in contacts}
    return {line.id: line.name for line in lists().all("staff")} | {one: name for one, name in names.items() if name}


def school_codes() -> Codes:
    """Return the school's codes as the relay stated them last; none in one-way mode."""
    head = snapshot_line().head()
    return _codes(head.manifest_digest) if head else {}


# A snapshot's codes are read once: what lies under a digest stays the same.
@lru_cache(maxsize=1)
def _codes(_manifest_digest: str) -> Codes:
    manifest = newest_snapshot(snapshot_line(), exchange())
    book = code_book(exchange(), manifest, {}) if manifest else None
    return book.tables if book else {}
