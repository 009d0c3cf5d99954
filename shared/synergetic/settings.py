"""What differs between schools, or what public facts leave open, with the documented or likeliest value as default."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from shared.errors import ContractError
from shared.synergetic.codes import CONTACT_TYPES, DAY_CODES, FILE_TYPES, PRESENT_MEANINGS
from shared.synergetic.table_model import Column, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import NEWEST, NEWEST_WRITTEN, Version

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$#]{0,127}\Z")
_Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
# Not what ends a name in T-SQL, what drivers take for a mark, nor what sqlcmd takes for the beginning of a variable.
_DATABASE = re.compile(r"(?!.*\$\()[\w$# .,&()'+@!~=-]{1,128}")
DATABASE_NAMES = "letters, digits, blanks and _ - . , $ # & ( ) ' + @ ! ~ = only"


def _is_database(value: str) -> str:
    if not _DATABASE.fullmatch(value):
        raise ValueError(f"is not a database's name: {DATABASE_NAMES}")
    return value


DatabaseName = Annotated[str, AfterValidator(_is_database)]
_MOST_CODES = 200
# What numbers its rows. How procedures are told of rows of other tables is not known anywhere.
_NUMBERED = tuple(
    table.name for table in TABLES.values() if table.written and any(one.identity and not one.sample for one in table.columns)
)


class SynergeticSettings(BaseModel):
    """A school's names and codes in Synergetic.

    Attributes:
        version: Instead of what the database states, for example "68.24".
        main_database: Name of the main database up to version 67; from 68 on the connection says which it is.
        media_database: Name of the database with the photos up to version 67.
        main_schema: Schema of the main tables.
        media_schema: Schema of the photos from version 68 on.
        present_meanings: Meanings of a status (`luStudentStatus.SynergyMeaning`) that make a student a current one.
        present_codes: Status codes that do too, although the school left their meaning blank.
        day_codes: Who does not board: meanings of a boarding code (`luBoarder.SynergyMeaning`), or codes without a meaning. No
            code at all says so too; everything else is a boarder's.
        file_types: File types whose classes become groups: `A` academic, `C` co-curricular and so on.
        contact_types: Contact types whose people are sent.
        relationship_holder: Whose `ID` the row of `Relationships` bears whose word says what the contact is to the student.
        table_names: Where a table is called otherwise here: `Photos = "tPhotos"`. An empty name says that there is no such
            table: it is then read as empty, and never written.
        column_names: Where a column is called otherwise here: `"Community.DeceasedFlag" = "Deceased"`. An empty name says that
            there is no such column: it is then read as empty, and never written.
        newest_written: The newest version that two-way mode may write to, by its first number; newer ones are only read.
        allowed_triggers: Triggers on medical tables that may run when two-way mode writes.
        write_by_procedure: Tables that two-way mode writes through Synergetic's procedures, and not directly.
        procedure_names: Where one of them is called otherwise than `spi`, `spu` or `spd` and the table:
            `"MedicalAllergy.insert" = "uspiAllergy"`.
        parameter_names: Where their parameter for a column is not called like the column: `"MedicalAllergy.ID" = "StudentID"`.
        parameter_values: What they are given for a parameter that stands for no column: `"MedicalAllergy.Login" = "operoo"`. An
            empty text leaves it to the procedure's own default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str | None = None
    main_database: DatabaseName = "SynergyOne"
    media_database: DatabaseName = "SynergyOneMedia"
    main_schema: str = "dbo"
    media_schema: str = "media"
    present_meanings: tuple[_Code, ...] = Field(default=PRESENT_MEANINGS, max_length=_MOST_CODES)
    present_codes: tuple[_Code, ...] = Field(default=(), max_length=_MOST_CODES)
    day_codes: tuple[_Code, ...] = Field(default=DAY_CODES, max_length=_MOST_CODES)
    file_types: tuple[_Code, ...] = Field(default=FILE_TYPES, min_length=1, max_length=_MOST_CODES)
    contact_types: tuple[_Code, ...] = Field(default=CONTACT_TYPES, min_length=1, max_length=_MOST_CODES)
    relationship_holder: Literal["contact", "student"] = "contact"
    table_names: dict[str, str] = Field(default_factory=dict)
    column_names: dict[str, str] = Field(default_factory=dict)
    newest_written: int = Field(default=NEWEST_WRITTEN, ge=NEWEST_WRITTEN, le=NEWEST)
    allowed_triggers: tuple[_Name, ...] = Field(default=(), max_length=_MOST_CODES)
    write_by_procedure: tuple[str, ...] = ()
    procedure_names: dict[str, str] = Field(default_factory=dict)
    parameter_names: dict[str, str] = Field(default_factory=dict)
    parameter_values: dict[str, str] = Field(default_factory=dict)

    @field_validator("main_schema", "media_schema")
    @classmethod
    def _is_identifier(cls, value: str) -> str:
        if not _IDENTIFIER.match(value):
            raise ValueError("must be a plain SQL name: letters, digits and underscores")
        return value

    @field_validator("table_names")
    @classmethod
    def _names_known_tables(cls, value: dict[str, str]) -> dict[str, str]:
        return _checked(value, {table.name: table.optional for table in TABLES.values()}, "a table that is read")

    @field_validator("column_names")
    @classmethod
    def _names_known_columns(cls, value: dict[str, str]) -> dict[str, str]:
        known = {
            f"{table.name}.{column.name}": _may_be_missing(table, column)
            for table in TABLES.values()
            for column in table.columns
        }
        return _checked(value, known, "a column that is read; write it as Table.Column")

    @field_validator("write_by_procedure")
    @classmethod
    def _has_procedures(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in _NUMBERED:
                raise ValueError(f"{name} is not a table that can be written by procedures: {', '.join(_NUMBERED)}")
        return value

    @field_validator("procedure_names")
    @classmethod
    def _names_known_procedures(cls, value: dict[str, str]) -> dict[str, str]:
        known = {f"{table}.{kind}": False for table in _NUMBERED for kind in ("insert", "update", "delete")}
        return _checked(value, known, "a change of a table; write it as Table.insert, Table.update or Table.delete")

    @field_validator("parameter_names")
    @classmethod
    def _names_known_parameters(cls, value: dict[str, str]) -> dict[str, str]:
        known = {f"{name}.{column.name}": False for name in _NUMBERED for column in TABLES[name].columns}
        return _checked(value, known, "a column of a table that can be written by procedures; write it as Table.Column")

    @field_validator("parameter_values")
    @classmethod
    def _gives_known_tables(cls, value: dict[str, str]) -> dict[str, str]:
        for key in value:
            table, _, name = key.partition(".")
            if table not in _NUMBERED or not _IDENTIFIER.match(name):
                raise ValueError(f"{key} is not a parameter; write it as Table.Parameter, without the @")
        return value

    @model_validator(mode="after")
    def _somebody_is_present(self) -> "SynergeticSettings":
        if not (self.present_meanings or self.present_codes):
            raise ValueError("give `present_meanings` or `present_codes`, else no student is a current one")
        return self

    def check_may_write(self, version: Version) -> None:
        """Check that a version is known well enough to be written to.

        Raises:
            ContractError: It is not.
        """
        if version.major > self.newest_written:
            raise ContractError(
                f"Nothing is written back. Synergetic {version} is read, but it is newer than what is written to "
                f"({self.newest_written}).",
                remedy="Have whoever knows the database compare it with docs/database-access.md. If it is the same, set "
                f"newest_written = {version.major} in [synergetic.contract].",
                code="version-not-written",
            )


def _may_be_missing(table: Table, column: Column) -> bool:
    """Say whether the rest is of use without a column: reading is, unless rows are known by it; writing needs what it names."""
    return column.optional or ((column.mode or table.mode) == "one-way" and not column.key)


def _checked(names: dict[str, str], known: dict[str, bool], what: str) -> dict[str, str]:
    """Return names by what they are for, each of it known and each a name, or empty where that may be."""
    for of, name in names.items():
        if of not in known:
            raise ValueError(f"{of} is not {what}")
        if name and not _IDENTIFIER.match(name):
            raise ValueError("must be plain SQL names: letters, digits and underscores")
        if not name and not known[of]:
            raise ValueError(f"{of} cannot be missing")
    return names
