"""Makes a request of what somebody marked and typed in the form of a case. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.console.medical.changes import Describer, read, tables, typed
from functions.records.case import CaseItem, MedicalCase
from shared.manifests import ItemEdit, ReviewManifest
from shared.wording import counted


@dataclass(frozen=True)
class Given:
    """What a form says.

    Attributes:
        reject_all: Nothing is to be written.
        items: The items that are to be written, by number.
        parts: The columns of them that are, as `3:column`.
        values: What is typed for a column, by the same name.
    """

    reject_all: bool
    items: frozenset[int]
    parts: frozenset[str]
    values: tuple[tuple[str, str], ...]


def as_manifest(case: MedicalCase, given: Given) -> ReviewManifest:
    """Return the request. What a form does not show of an item goes with the item.

    Raises:
        EditRefusedError: A value is not of its column's kind.
    """
    shown = {item.number: [change.column for change in item.changes] for item in Describer({}, None).items(case.items)}
    reject, columns = set[int](), dict[int, tuple[str, ...]]()
    for item in case.items:
        changed = [name for name in shown.get(item.number, ()) if name in item.row.new]
        left = tuple(name for name in changed if f"{item.number}:{name}" not in given.parts)
        if item.number not in given.items or (changed and len(left) == len(changed)):
            reject.add(item.number)
        elif left:
            columns[item.number] = left
    if given.reject_all or len(reject) == len(case.items):
        return ReviewManifest(kind="review", student=case.student, version=case.version, reject_all=True)
    accepted = [item for item in case.items if item.number not in reject]
    return ReviewManifest(
        kind="review",
        student=case.student,
        version=case.version,
        reject=tuple(sorted(reject)),
        accept=tuple(item.number for item in accepted if item.rejected or item.rejected_columns),
        reject_columns=columns,
        edit=tuple(edit for item in accepted for edit in _edits(item, columns.get(item.number, ()), dict(given.values))),
    )


def _edits(item: CaseItem, left: tuple[str, ...], values: dict[str, str]) -> list[ItemEdit]:
    """Return the values of an item that somebody typed over."""
    found = []
    for name, value in item.row.new.items():
        text = values.get(f"{item.number}:{name}")
        if text is None or name in left:
            continue
        column = tables()[item.row.table].by_name[name]
        if text.replace("\r\n", "\n") != typed(column, value):
            found.append(ItemEdit(item=item.number, column=name, value=read(item.number, item.row, name, text)))
    return found


def told(case: MedicalCase, wish: ReviewManifest) -> str:
    """Return what was decided, by numbers and without a word of what it is about."""
    if wish.reject_all:
        return f"rejected all {len(case.items)} items"
    written = [item.number for item in case.items if item.number not in wish.reject]
    done = {
        "written": written,
        "rejected": wish.reject,
        "written in part": sorted(wish.reject_columns),
        "edited": sorted({one.item for one in wish.edit}),
    }
    return ", ".join(f"{_listed(numbers)} {what}" for what, numbers in done.items() if numbers)


def said(case: MedicalCase, wish: ReviewManifest) -> str:
    """Return the same for whoever decided: how many items are written, and how many are not."""
    left = len(case.items) if wish.reject_all else len(wish.reject)
    parts = [
        counted(len(case.items) - left, "item is written", "items are written"),
        *([counted(left, "is left as Synergetic has it", "are left as Synergetic has them")] if left else []),
    ]
    return f"Decided: {', '.join(parts) if left < len(case.items) else 'nothing is written'}."


def _listed(numbers: Sequence[int]) -> str:
    return f"{'item' if len(numbers) == 1 else 'items'} {' '.join(map(str, numbers))}"
