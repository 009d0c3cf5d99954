"""What an administrator's request about medical updates sets in motion. Each is checked whole before anything of it is done.

Here only the ledger and the cases are looked at. What follows is done by the one function that asks the relay, in order.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from functions.accept_manifests.wording import amounts, people_of, whole
from functions.operoo.errors import RefusedFileError
from functions.operoo.medical_file import LARGEST_FILE
from functions.records.case import CaseItem, MedicalCase
from functions.runtime.wiring import exchange, ledger_table, medical_queue, records_table, settings
from functions.store.exchange import MissingObjectError, TooLargeError
from shared.errors import RefusedManifestError, RejectedRecordError
from shared.keys import case_key, receipt_key
from shared.manifests import CodesManifest, ItemEdit, MedicalManifest, ReviewManifest, UndoManifest
from shared.medical.values import clean_text
from shared.messages import LARGEST_MESSAGE, DecideCase, Edit, PullMedical, SetCodes, UndoWriteBack, body_of
from shared.receipts import WriteReceipt, WrittenRow
from shared.synergetic.writing import contract_tables
from shared.writeback.comparing import check_fits
from shared.writeback.rows import Value

MedicalRequest = MedicalManifest | ReviewManifest | UndoManifest | CodesManifest
_GROUP = "medical"


def carry_out_medical(request: MedicalRequest, *, run: str, order: str) -> str:
    """Carry out a request and return what was set in motion, in plain words and without anything medical.

    Raises:
        RefusedManifestError: This school is in one-way mode, or the request names what is not there; nothing of it was done.
    """
    if settings().medical_updates == "off":
        raise RefusedManifestError(
            "This school does not write back: medical updates are off.",
            remedy="Set the parameter MedicalUpdates in samconfig.toml to automatic or review, and deploy.",
            code="medical-updates-off",
        )
    match request:
        case MedicalManifest():
            return _pull(request, run)
        case ReviewManifest():
            return _review(request, run)
        case UndoManifest():
            return _undo(request, run)
        case CodesManifest():
            return _codes(request, run, order)


def _send(message: PullMedical | DecideCase | UndoWriteBack | SetCodes, run: str) -> None:
    if len(body_of(message).encode()) > LARGEST_MESSAGE:
        raise RefusedManifestError(
            f"This asks for more than is done in one go: more than {LARGEST_MESSAGE // 1000} kB.",
            remedy="Upload it in several parts, one after the other.",
            code="manifest-invalid",
        )
    medical_queue().send([message], group=_GROUP, once=f"{run}-{message.type}")


def _pull(request: MedicalManifest, run: str) -> str:
    if not request.file and not _asks_operoo():
        raise RefusedManifestError(
            "Operoo's interface is not asked for medical profiles at this school.",
            remedy="Upload a spreadsheet of Operoo's and name it as `file`, or set medical.source in the Operoo settings.",
            code="medical-source-none",
        )
    found = records_table().get_many("student", request.students)
    unlinked = [one for one in request.students if one not in found or not found[one].two_way]
    if unlinked:
        raise RefusedManifestError(
            f"{len(unlinked)} of the {len(request.students)} students are not synchronised with Operoo.",
            remedy="List Synergetic IDs of students who are selected and were applied.",
            code="record-unknown",
        )
    whom = people_of({"student": request.students}) or whole(["student"])
    said = _file(request.file) if request.file else f"read from Operoo: {whom}"
    wish = PullMedical(
        why="asked for", students=request.students, file=request.file, anew=request.anew, request=run, by=request.by
    )
    _send(wish, run)
    return said


def _asks_operoo() -> bool:
    return settings().operoo_settings.medical.source != "none"


def _file(key: str) -> str:
    from functions.operoo.medical_file import read_medical_file  # noqa: PLC0415 - spreadsheets are seldom read

    try:
        file = read_medical_file(exchange().read(key, at_most=LARGEST_FILE), settings().operoo_settings.medical)
    except (MissingObjectError, TooLargeError) as error:
        # What somebody called it may be a child's name, and must not get into a log.
        why = "it is not there" if isinstance(error, MissingObjectError) else error
        raise RefusedManifestError(
            f"The spreadsheet cannot be read: {why}.", remedy="Upload it under uploads/ first.", code="spreadsheet-missing"
        ) from None
    except RefusedFileError as error:
        raise RefusedManifestError(error.what, remedy=error.remedy, code=error.code) from None
    left_out = amounts((file.unnumbered, "row without a student's number", "rows without a student's number"))
    found = people_of({"student": file.readings}) or "nobody"
    return f"read from the spreadsheet: {found}{f'; left out: {left_out}' if left_out else ''}"


def _review(request: ReviewManifest, run: str) -> str:
    entry, case = ledger_table().entry(request.student), _case(request.student, request.version)
    waits = entry.version == request.version and entry.state == "review"
    if case is not None and not waits and (entry.version > request.version or entry.state == "idle"):
        # The same wish again, or the same upload: a crash may have come between the deed and the note of it.
        return "this change does not wait for a decision any more, and nothing is done"
    if case is None or not waits:
        raise RefusedManifestError(
            f"No change of version {request.version} of this student waits for a decision.",
            remedy="Take student and version from the case, under medical/ in the bucket.",
            code="review-unknown",
        )
    student = records_table().get_many("student", [request.student]).get(request.student)
    if student is None or not student.two_way:
        raise RefusedManifestError(
            "This student is not synchronised any more, so nothing of theirs is written, and the change is closed.",
            remedy="Select the student again: what the family says is then asked for anew.",
            code="review-deselected",
        )
    rows = {item.number: item.row for item in case.items}
    _check_items(request, rows)
    before = [item.number for item in case.items if item.rejected and item.number not in _named(request)]
    reject = tuple(rows) if request.reject_all else tuple(sorted({*request.reject, *before}))
    edits = tuple(Edit(item=one.item, column=one.column, value=_cleaned(one.value)) for one in request.edit)
    columns = {number: names for number, names in _left_out(request, case.items) if number not in reject}
    decision = DecideCase(
        student=request.student,
        version=request.version,
        reject=reject,
        rejected_columns=columns,
        edits=edits,
        by=request.by,
    )
    _send(decision, run)
    return amounts(
        (len(rows) - len(reject), "item to be written", "items to be written"),
        (len(reject), "item rejected", "items rejected"),
        (len(edits), "value edited", "values edited"),
    )


def _case(student: str, version: int) -> MedicalCase | None:
    try:
        return exchange().document(MedicalCase, case_key(f"medical-{student}-{version}"))
    except MissingObjectError:
        return None


def _named(request: ReviewManifest) -> set[int]:
    """Return the items that a person decides about now although they rejected the same before."""
    return {*request.accept, *request.reject_columns, *(one.item for one in request.edit)}


def _left_out(request: ReviewManifest, items: Iterable[CaseItem]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the columns of items that are not written: rejected now, or before and neither accepted nor edited now."""
    edited = {(one.item, one.column) for one in request.edit}
    for item in items:
        before = () if item.number in request.accept else item.rejected_columns
        stay = (name for name in before if (item.number, name) not in edited)
        if names := dict.fromkeys((*request.reject_columns.get(item.number, ()), *stay)):
            yield item.number, tuple(names)


def _check_items(request: ReviewManifest, rows: dict[int, WrittenRow]) -> None:
    unknown = {*request.reject, *_named(request)} - rows.keys()
    if unknown:
        raise _wrong(f"there is no item {_listed(unknown)}")
    edited = [(one.item, one.column) for one in request.edit]
    held = [(number, name) for number, names in request.reject_columns.items() for name in names]
    strange = {number for number, name in (*edited, *held) if name not in rows[number].new}
    if strange:
        raise _wrong(f"a column is named that would not be written, at item {_listed(strange)}")
    _check_edits(request.edit, rows)
    both = {*request.reject} & _named(request)
    if both:
        raise _wrong(f"two things are said about item {_listed(both)}")


def _check_edits(edits: Iterable[ItemEdit], rows: dict[int, WrittenRow]) -> None:
    """Check that values stand for a family's, each of its column's kind; how much a column holds is known at the school."""
    tables = contract_tables()
    for one in edits:
        row = rows[one.item]
        table = tables[row.table]
        column = table.by_name[one.column]
        if not row.ref or column.refers or column.name == table.owner:
            raise _wrong(f"{one.column}, at item {one.item}, is nothing that a family states")
        try:
            if one.value is not None:
                check_fits(replace(column, length=None), _cleaned(one.value))
        except RejectedRecordError:
            raise _wrong(f"the value for {one.column}, at item {one.item}, is of another kind than the column") from None


def _cleaned(value: Value) -> Value:
    """Return a value as a family's is read: without what cannot be seen, and lines ended as Windows programs expect."""
    return clean_text(value).replace("\n", "\r\n") if isinstance(value, str) else value


def _wrong(what: str) -> RefusedManifestError:
    return RefusedManifestError(
        f"The decision does not fit its case: {what}.",
        remedy="Number and columns are as the case lists them, and values of the kind that stands there; a day is 2026-03-31.",
        code="review-invalid",
    )


def _listed(numbers: Collection[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _undo(request: UndoManifest, run: str) -> str:
    applied = {one.version: one for one in ledger_table().history(request.student) if one.outcome == "applied"}
    if request.version not in applied:
        raise RefusedManifestError(
            f"Nothing was written of this student under version {request.version}.",
            remedy="Take the version from the student's history; only what was applied can be taken back.",
            code="receipt-unknown",
        )
    try:
        exchange().document(WriteReceipt, receipt_key(applied[request.version].digest))
    except MissingObjectError:
        raise RefusedManifestError(
            f"The rows from before version {request.version} are no longer kept, so it cannot be taken back.",
            remedy="Correct it in Synergetic, or have the family say it anew.",
            code="receipt-unknown",
        ) from None
    _send(UndoWriteBack(student=request.student, version=request.version, by=request.by), run)
    return "what was written is taken back, unless somebody changed it since"


def _codes(request: CodesManifest, run: str, order: str) -> str:
    _send(SetCodes(order=order, by=request.by, codes=request.codes), run)
    _send(PullMedical(why="codes were set", request=run, by=request.by), run)
    follows = "medical profiles are read again" if _asks_operoo() else "they hold from the next spreadsheet on"
    words = amounts((sum(map(len, request.codes.values())), "word was given a code", "words were given codes"))
    words = words or "no word was named"
    return f"{words}; {follows}"
