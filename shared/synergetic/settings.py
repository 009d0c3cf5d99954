"""What differs between schools, or what public facts leave open, with the documented or likeliest value as default."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.synergetic.codes import CONTACT_TYPES, FILE_TYPES, PRESENT_MEANINGS
from shared.synergetic.tables import TABLES

_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_$#]{0,127}$")
_Code = Annotated[str, Field(min_length=1, max_length=30)]
DatabaseName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_$# .-]{1,128}$")]
_MOST_CODES = 200


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
        file_types: File types whose classes become groups: `A` academic, `C` co-curricular and so on.
        contact_types: Contact types whose people are sent.
        photo_table: Name of the table with the photos.
        relationship_holder: Whose `ID` the row of `Relationships` bears whose word says what the contact is to the student.
        class_staff_has_campus: Whether `SubjectClassStaff` has the column `ClassCampus`.
        column_names: Where a column is called otherwise here: `"Community.DeceasedFlag" = "Deceased"`. An empty name says that
            there is no such column: it is then read as empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str | None = None
    main_database: DatabaseName = "SynergyOne"
    media_database: DatabaseName = "SynergyOneMedia"
    main_schema: str = "dbo"
    media_schema: str = "media"
    present_meanings: tuple[_Code, ...] = Field(default=PRESENT_MEANINGS, max_length=_MOST_CODES)
    present_codes: tuple[_Code, ...] = Field(default=(), max_length=_MOST_CODES)
    file_types: tuple[_Code, ...] = Field(default=FILE_TYPES, min_length=1, max_length=_MOST_CODES)
    contact_types: tuple[_Code, ...] = Field(default=CONTACT_TYPES, min_length=1, max_length=_MOST_CODES)
    photo_table: str = "Photos"
    relationship_holder: Literal["contact", "student"] = "contact"
    class_staff_has_campus: bool = True
    column_names: dict[str, str] = Field(default_factory=dict)

    @field_validator("main_schema", "media_schema", "photo_table")
    @classmethod
    def _is_identifier(cls, value: str) -> str:
        if not _IDENTIFIER.match(value):
            raise ValueError("must be a plain SQL name: letters, digits and underscores")
        return value

    @field_validator("column_names")
    @classmethod
    def _names_known_columns(cls, value: dict[str, str]) -> dict[str, str]:
        known = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
        if unknown := sorted(set(value) - known):
            raise ValueError(f"{unknown[0]} is not a column that is read; write it as Table.Column")
        if any(name and not _IDENTIFIER.match(name) for name in value.values()):
            raise ValueError("must be plain SQL names: letters, digits and underscores")
        return value

    @model_validator(mode="after")
    def _somebody_is_present(self) -> "SynergeticSettings":
        if not (self.present_meanings or self.present_codes):
            raise ValueError("give `present_meanings` or `present_codes`, else no student is a current one")
        return self
