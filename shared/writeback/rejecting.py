"""What a person does not want written: the steps that are left out because of it, and the columns that steps leave out."""

from collections.abc import Sequence
from dataclasses import replace

from shared.writeback.case import Case
from shared.writeback.comparing import is_nothing, key_of, nothing
from shared.writeback.conflicts import without
from shared.writeback.declined import declined_columns, is_declined
from shared.writeback.plan import Rejected, Step
from shared.writeback.rows import Value
from shared.writeback.tables import WriteTable


def without_rejected(case: Case, steps: Sequence[Step]) -> tuple[list[Step], list[Step], list[Step]]:
    """Return what of the steps a person did not reject, the steps that are left out, and what is left out of others.

    Left out is what a person rejected, now or before, and what needs it.
    """
    found = [(step, _rest(case, step)) for step in steps]
    done, held = without(case, [rest or step for step, rest in found], [step for step, rest in found if rest is None])
    return done, held, [_trimmed(step, rest) for step, rest in found if rest is not None and rest is not step and rest in done]


def _rest(case: Case, step: Step) -> Step | None:
    """Return a step without what a person rejected of it; None if nothing is left."""
    table = case.tables[step.table]
    if is_declined(step, step.values, case.declined):
        return None
    meant = [one for one in case.rejected if _means(table, one, step)]
    if step.kind == "delete" or not all(one.columns for one in meant):
        return None if meant else step
    columns = frozenset(name for one in meant for name in one.columns) & {*step.values, *step.parents}
    columns |= declined_columns(table, step, step.values, case.declined)
    if not columns:
        return step
    values = _inserted(table, step, columns) if step.kind == "insert" else _without(step, columns)
    return replace(step, values=values) if values else None


def _means(table: WriteTable, rejected: Rejected, step: Step) -> bool:
    if rejected.table != step.table:
        return False
    if rejected.ref and rejected.ref == step.ref:
        return True
    return bool(rejected.where and step.where) and key_of(table, rejected.where) == key_of(table, step.where)


def _trimmed(step: Step, rest: Step) -> Step:
    """Return what was left out of a step."""
    return replace(step, values={name: value for name, value in step.values.items() if rest.values.get(name) != value})


def _without(step: Step, columns: frozenset[str]) -> dict[str, Value]:
    return {name: value for name, value in step.values.items() if name not in columns}


def _inserted(table: WriteTable, step: Step, columns: frozenset[str]) -> dict[str, Value]:
    """Return what a new row is to hold, with nothing in the columns; no value if it would be no row of that thing."""
    if columns & table.known_by:
        return {}
    values = {name: nothing(table.by_name[name]) if name in columns else value for name, value in step.values.items()}
    says = (not is_nothing(table.by_name[name], value) for name, value in values.items() if name != table.owner)
    return values if any(says) else {}
