"""How this school's Operoo states medical profiles: where they are, what their fields are called, which files are fetched."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, field_validator

from functions.operoo.medical_names import COLUMNS, FIELDS, NONE_WORDS
from functions.operoo.protocol import FileType
from functions.operoo.settings_base import FixedSettings, filled_with, refuse_unknown
from shared.errors import SettingsError

_NAMES = TypeAdapter(dict[str, str])


class AttachmentSettings(FixedSettings):
    """Which files of a profile are fetched, such as action plans.

    Attributes:
        hosts: Hosts beside Operoo's own that may be asked, by https and without the token; `*.` before a name is all below it.
        most_mb: A larger file is refused.
        seconds: What takes longer is left to the next run.
        types: What is taken, by the content, whatever the name says.
    """

    hosts: tuple[str, ...] = ()
    most_mb: float = Field(default=10, gt=0, le=100)
    seconds: float = Field(default=60, gt=0, le=120)
    types: tuple[FileType, ...] = ("pdf", "jpeg", "png", "docx")


class MedicalSettings(FixedSettings):
    """How medical profiles are read. What is given in `fields` and `columns` is laid over the defaults.

    Attributes:
        source: All profiles stand in the listing of students; or each student's is asked for; or the interface is not asked,
            and they come in spreadsheets.
        path: Where one student's is asked for; `{id}` is filled in.
        profile: Where in a student's item the profile stands; empty if its fields are the item's own.
        fields: For each of our fields where Operoo has it, with dots between names within names. Below a list, it is within an
            item. An empty name is a field that is not read.
        ignored: Names, at any depth, that are not worth keeping where no field is read from them.
        none_words: By which families say that there is none, as all that an entry says; given, they stand for the defaults.
        day_first: 3/4/2026 is the third of April.
        columns: For each of our fields the title of its column in an exported spreadsheet; `student` is the school's number.
        attachments: Which files are fetched.
    """

    source: Literal["listing", "each", "none"] = "listing"
    path: Annotated[str, filled_with("id")] = "members/{id}"
    profile: str = "profile"
    fields: dict[str, str] = Field(default_factory=lambda: dict(FIELDS))
    ignored: tuple[str, ...] = ("id", "created_at", "updated_at")
    none_words: tuple[str, ...] = NONE_WORDS
    day_first: bool = True
    columns: dict[str, str] = Field(default_factory=lambda: dict(COLUMNS))
    attachments: AttachmentSettings = AttachmentSettings()

    def named(self, names: bytes) -> Self:
        """Return the settings with names of fields laid over them.

        Args:
            names: JSON, as `fields` is.

        Raises:
            SettingsError: It is no such JSON, or names a field that does not exist.
        """
        try:
            fields = {**self.fields, **_NAMES.validate_json(names.removeprefix(BOM_UTF8))}
            return type(self).model_validate({**self.model_dump(), "fields": fields})
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            shown = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ") for fault in faults)
            raise SettingsError(
                f"The file with names of medical fields cannot be used: {'; '.join(shown)}.",
                remedy="docs/operoo-assumptions.md lists the fields; correct settings/medical-fields.json in the bucket.",
                code="medical-fields",
            ) from None

    @field_validator("fields", mode="before")
    @classmethod
    def _fields_over_defaults(cls, given: object) -> object:
        return {**FIELDS, **given} if isinstance(given, Mapping) else given

    @field_validator("columns", mode="before")
    @classmethod
    def _columns_over_defaults(cls, given: object) -> object:
        return {**COLUMNS, **given} if isinstance(given, Mapping) else given

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, fields: dict[str, str]) -> dict[str, str]:
        return _known(fields, within="fields")

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        return _known(columns, within="columns")


def _known(given: dict[str, str], *, within: Literal["fields", "columns"]) -> dict[str, str]:
    # Every function reads the settings, and only the one that reads profiles shall have to load what they are made of.
    from functions.operoo.medical_targets import columns, fields  # noqa: PLC0415

    refuse_unknown(given, fields() if within == "fields" else columns(), of="a medical profile")
    return given
