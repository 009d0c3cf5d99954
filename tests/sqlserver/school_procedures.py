"""Procedures that a school has for its medical tables, as others of Synergetic's are.

A new row's number is an `OUTPUT`, and a change wants every column.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pyodbc
import pytest

from shared.synergetic import TABLES, TSQL
from shared.synergetic.access import Access, accesses
from shared.synergetic.catalogue import question
from shared.synergetic.layout import TableLocation
from shared.synergetic.parameters import FoundParameter
from shared.synergetic.procedures import found_procedures
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import column_name
from shared.writeback.plan import StepKind
from tests.sqlserver.admin import Server, run
from tests.sqlserver.writing_school import WritingSchool

EVERY = ("MedicalDetails", "MedicalCondition", "MedicalAllergy", "Medication", "MedicalImmunisation", "Consent")
# What each kind of procedure does with `{table}`, given its columns; `{number}` is the one that the database numbers.
_BODIES: dict[StepKind, str] = {
    "insert": "INSERT INTO {table} ({columns}) VALUES ({values});",
    "update": "UPDATE {table} SET {changes} WHERE {number} = @{number};",
    "delete": "DELETE FROM {table} WHERE {number} = @{number};",
}


@dataclass(frozen=True)
class Habits:
    """How a school's procedures differ from the plain ones.

    Attributes:
        tell_number: Whether a new row's number comes back.
        bodies: What a procedure, by its name, does; `{does}` stands for what it would do.
    """

    tell_number: bool = True
    bodies: Mapping[str, str] = field(default_factory=dict)


def _created(school: WritingSchool, access: Access, habits: Habits) -> Iterator[tuple[str, str]]:
    """Yield the name of each procedure of a table, and what makes it."""
    table, made = TABLES[access.table.name], school.made
    names = {column_name(table, one, made.settings, made.version): one for one in table.columns}
    types = {name: one.type.sql.replace("text", "varchar(max)") for name, one in names.items() if name}
    number = next(name for name, one in names.items() if one.identity)
    others = [name for name in types if name != number]
    words = {
        "table": f"dbo.{access.called}",
        "number": number,
        "columns": ", ".join(others),
        "values": ", ".join(f"@{one}" for one in others),
        "changes": ", ".join(f"{one} = @{one}" for one in others),
    }
    for kind, name in access.procedures:
        tells = habits.tell_number or kind != "insert"
        listed = [f"@{one} {types[one]}" for one in ([] if kind == "delete" else others)]
        listed += [f"@{number} {types[number]}{' OUTPUT' if kind == 'insert' else ''}"] * tells
        does = _BODIES[kind].format(**words) + (f" SET @{number} = SCOPE_IDENTITY();" if kind == "insert" and tells else "")
        body = habits.bodies.get(name, "{does}").format(does=does)
        yield name, f"CREATE PROCEDURE dbo.{name} {', '.join(listed)} AS BEGIN SET NOCOUNT ON; {body} END"


PLAIN = Habits()


@contextmanager
def written_by_procedure(school: WritingSchool, *tables: str, habits: Habits = PLAIN) -> Iterator[str]:
    """Let a school have procedures for some tables, and the relay's login only these; yield what its settings say of that."""
    made = school.made
    plain, mode = made.settings, made.mode
    made.revoke()
    made.settings = plain.model_copy(update={"write_by_procedure": tables})
    procedures = [procedure for access in _written(made.settings, school) for procedure in _created(school, access, habits)]
    there: list[str] = []
    try:
        for name, sql in procedures:
            school.change(sql)
            there.append(name)
        made.grant("two-way")
        yield f"write_by_procedure = [{', '.join(f'{chr(34)}{table}{chr(34)}' for table in tables)}]"
    finally:
        made.revoke()
        for name in there:
            school.change(f"DROP PROCEDURE dbo.{name}")
        made.settings = plain
        if mode:
            made.grant(mode)


def _written(settings: SynergeticSettings, school: WritingSchool) -> Iterator[Access]:
    return (access for access in accesses("two-way", school.made.version, settings) if access.procedures)


def skip_unless_programmed(server: Server, database: str) -> None:
    """Skip on a server that makes no procedures, tells other than SQL Server of their parameters, or gives no value back."""
    if server.double is not None:
        return
    made = "CREATE PROCEDURE dbo.spiTrial @Given varchar(5), @Made int OUTPUT AS BEGIN SET NOCOUNT ON; SET @Made = 2; END"
    called = "DECLARE @made int; EXEC dbo.spiTrial @Given = 'x', @Made = @made OUTPUT; SELECT @made AS Made"
    ask = question(TSQL.catalogue.parameters, TableLocation("dbo"), ["spiTrial"]).statement
    with server.administering(database) as office:
        try:
            run(office, made)
            told = found_procedures(office.execute(ask.sql, ask.parameters).fetchall())
            back = office.execute(called).fetchval()
            run(office, "DROP PROCEDURE dbo.spiTrial")
        except pyodbc.Error as error:
            pytest.skip(f"this server does not take what writing through procedures needs: {error}")
    parameters = FoundParameter("@Given", "varchar", 5), FoundParameter("@Made", "int", is_output=True)
    if back != 2 or [replace(one, precision=0) for found in told for one in found.parameters] != [*parameters]:
        pytest.skip("this server tells of a procedure's parameters, or gives a value back by one, otherwise than SQL Server")
