"""One student's rows in the database: read, changed by a plan's steps, and read back, all within the caller's transaction."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime

from relay.writeback.database import ConstraintError, WriteSession
from relay.writeback.write_contract import WriteContract
from shared.errors import RejectedRecordError
from shared.synergetic.values import clean_flag, clean_id, clean_number
from shared.synergetic.write_statements import Change
from shared.writeback.applying import applied
from shared.writeback.comparing import differences, labelled
from shared.writeback.plan import Plan, Step
from shared.writeback.rows import Image, Row, Value
from shared.writeback.tables import WriteColumn, WriteTable


class StepForbiddenError(RejectedRecordError):
    """A constraint of the database's forbids one of the steps; the others may do without it."""

    def __init__(self, step: Step, error: ConstraintError) -> None:
        super().__init__(error.what, remedy=error.remedy, code=error.code)
        self.step = step


_REMEDY = "Nothing of this student was written. It is tried again; if it stays, look for a trigger on that table."


class StudentRows:
    """The rows of one student.

    Args:
        session: The connection, within a transaction.
        contract: What may be written, and how.
        student: The student's number.

    Raises:
        RejectedRecordError: Nobody in Synergetic can have that number.
    """

    def __init__(self, session: WriteSession, contract: WriteContract, student: str) -> None:
        self._session = session
        self._tables = contract.tables
        self._statements = contract.statements
        self._student = _number(student)

    def read(self) -> Image:
        """Return the rows as they are; nobody changes them until the transaction ends.

        Raises:
            IntegrationError: They cannot be read.
        """
        return Image(tables={table.name: tuple(self._read(table)) for table in self._tables})

    def _read(self, table: WriteTable) -> Iterator[Row]:
        statement = self._statements.read(table, self._student)
        for values in self._session.rows(statement, doing=f"Reading {self._statements.called(table.name)} of a student"):
            named = zip(table.columns, values, strict=True)
            yield Row(values={column.name: stored(column, value) for column, value in named})

    def write(self, plan: Plan) -> Image:
        """Do a plan's steps, and return the rows as they then are, with the items that they state.

        Raises:
            StepForbiddenError: A constraint forbids one of them.
            RejectedRecordError: The database does not take it, or does not hold afterwards what it was given.
            IntegrationError: It cannot be written.
        """
        numbers: dict[tuple[str, str], int] = {}
        for step in plan.steps:
            self._do(step, numbers)
        expected, found = applied(self._tables, plan, numbers), self.read()
        if differing := differences(self._tables, expected, found):
            told = ", ".join(f"{count} in {self._statements.called(table)}" for table, count in differing.items())
            raise RejectedRecordError(f"Rows differ from what was written: {told}.", remedy=_REMEDY, code="write-differs")
        return labelled(self._tables, found, expected)

    def _do(self, step: Step, numbers: dict[tuple[str, str], int]) -> None:
        table = self._tables[step.table]
        called = self._statements.called(step.table)
        try:
            answer = self._session.change(self.change(step, numbers), doing=f"Writing ({step.kind}) to {called}")
        except ConstraintError as error:
            raise StepForbiddenError(step, error) from None
        if step.kind == "insert" and table.identity:
            numbers[step.table, step.new] = answer
        # Rows that mean the same in other letters all go by the first statement that names one; reading back tells what is left
        if step.kind != "delete" and answer != step.rows and not (step.kind == "insert" and table.identity and answer > 0):
            what = f"Writing ({step.kind}) to {called} changed {answer} rows instead of {step.rows}."
            raise RejectedRecordError(what, remedy=_REMEDY, code="write-differs")

    def attempt(self, step: Step) -> None:
        """Do one step that hangs on no other.

        Raises:
            StepForbiddenError: A constraint forbids it.
            RejectedRecordError: The database does not take it.
            IntegrationError: It cannot be written.
        """
        self._do(step, {})

    def change(self, step: Step, numbers: dict[tuple[str, str], int]) -> Change:
        """Return the statement of a step; rows that are not there yet have the number 0 if they have none."""
        table = self._tables[step.table]
        match step.kind:
            case "insert":
                parents = {name: numbers.get((table.by_name[name].refers, new), 0) for name, new in step.parents.items()}
                return self._statements.insert(table, {**step.values, **parents})
            case "update":
                return self._statements.update(table, step.where, step.values, student=self._student)
            case "delete":
                return self._statements.delete(table, step.where, student=self._student)


def unknown_student() -> RejectedRecordError:
    """Return that there is no such student."""
    return RejectedRecordError(
        "Synergetic has nobody of this number, so nothing is written of them.",
        remedy="Look whether the student was removed from Synergetic, or got another number.",
        code="student-unknown",
    )


def _number(student: str) -> int:
    with suppress(ValueError):
        number = clean_id(student)
        if number is not None and str(number) == student:
            return number
    # Asked for it, a server would say that this is no number, as if it were ill, and a driver not even that.
    raise unknown_student()


def stored(column: WriteColumn, value: object) -> Value:
    """Return a value as a driver gives it, as an image holds it; drivers differ in what they give for a yes or a day."""
    match value:
        case None:
            return None
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
    try:
        if column.kind == "bit":
            return clean_flag(value)
        if column.kind == "whole":
            return clean_number(int(value) if isinstance(value, bool) else value)
    except ValueError:
        pass  # what is no number where one ought to be is kept as it is
    # Half a character cannot be written down.
    return str(value).encode("utf-8", "replace").decode()
