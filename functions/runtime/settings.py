"""What the template tells the functions through their environment. Each function reads only the names it is given."""

import os

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from functions.operoo.settings import OperooSettings
from functions.records.chosen_settings import ArchivePolicy, MedicalUpdates
from shared.errors import SettingsError
from shared.schedules import Schedule
from shared.writeback.plan import Policies, Removal


class _GivenPolicies(Policies):
    """Policies as a person writes them: one that is misspelt must not be taken for the default, which overwrites."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("remove_from")
    @classmethod
    def _of_tables_that_are_written(cls, given: dict[str, Removal]) -> dict[str, Removal]:
        from shared.synergetic import TABLES  # noqa: PLC0415 - few functions are given policies

        unknown = [name for name in given if name not in TABLES or not TABLES[name].written]
        if unknown:
            raise ValueError(f"{len(unknown)} of these tables are not written")
        return given


class Settings(BaseModel):
    """All settings of the functions. A name that a function is not given is None, and asking for it is a template mistake.

    Attributes:
        archive_policy: What happens in Operoo to somebody who is gone from Synergetic: `archive`, or `unlink` (the profile
            stays, the cloud icon goes).
        guard_count: Up to so many archives of a kind within a day need no person.
        guard_share: Up to this share of the linked records of a kind needs no person.
        forget_after_days: After so many days who is gone, and no longer in Operoo by us, is forgotten; 0 keeps them.
        apply_delay_seconds: The delay of the queue to the applying function, as the template sets it.
        minimum_relay_version: An older relay may not write back; empty if any will do.
        medical_updates: Whether medical details go to Synergetic: not (`off`), as families state them (`automatic`), or once a
            person has looked at them (`review`).
        medical_minutes: Every so many minutes medical profiles are read.
        write_back_policies: What is done there where there is a choice.
        resend_after_hours: What the relay did not answer in so many hours is sent again.
        school_name: As the console shows it.
        time_zone: Of the school, by its IANA name.
        relay_schedule: When the relay is to read the school, if owners chose that; no parameter says it.
        relay_silent_hours: A relay that was not heard for so long is silent.
        upload_megabytes: How large an uploaded spreadsheet may be; Lambda takes 6 MB, and a file comes a third larger.
        upload_rows: How many rows it may have.
        keep_medical_days: How long messages, receipts and files are kept; 0 for ever.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    exchange_bucket: str | None = None
    records_table: str | None = None
    runs_table: str | None = None
    map_queue_url: str | None = None
    stage_queue_url: str | None = None
    plan_queue_url: str | None = None
    apply_queue_url: str | None = None
    return_queue_url: str | None = None
    operoo_token_secret: str | None = None
    operoo_settings: OperooSettings = OperooSettings()
    archive_policy: ArchivePolicy = "archive"
    guard_count: int = Field(default=5, ge=0)
    guard_share: float = Field(default=0.10, ge=0, le=1)
    forget_after_days: int = Field(default=0, ge=0)
    apply_delay_seconds: int = Field(default=0, ge=0)
    minimum_relay_version: str = ""
    ledger_table: str | None = None
    console_table: str | None = None
    user_pool_id: str | None = None
    user_pool_client_id: str | None = None
    school_name: str = "Our school"
    time_zone: str = "Australia/Melbourne"
    relay_schedule: Schedule | None = None
    relay_silent_hours: float = Field(default=6, gt=0)
    medical_queue_url: str | None = None
    medical_updates: MedicalUpdates = "off"
    medical_minutes: int = Field(default=15, ge=5, le=1440)
    write_back_policies: Policies = Policies()
    resend_after_hours: float = Field(default=24, gt=0)
    keep_medical_days: int = Field(default=0, ge=0)
    upload_megabytes: float = Field(default=4, gt=0, le=4.4)
    upload_rows: int = Field(default=5_000, ge=1, le=20_000)

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings from the process's environment.

        Raises:
            SettingsError: A value is not what its setting takes; names the setting, not the value.
        """
        given = {name: os.environ[name.upper()] for name in cls.model_fields if os.environ.get(name.upper())}
        values: dict[str, object] = dict(given)
        try:
            if "operoo_settings" in given:
                values["operoo_settings"] = OperooSettings.from_json(given["operoo_settings"])
            if "write_back_policies" in given:
                values["write_back_policies"] = _GivenPolicies.model_validate_json(given["write_back_policies"])
            return cls.model_validate(values)
        except ValidationError as error:
            names = ", ".join(".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False))
            raise SettingsError(
                f"The function's settings are not valid: {names}.",
                remedy="Correct the stack's parameters in samconfig.toml and deploy again.",
            ) from None

    @property
    def operoo_share(self) -> OperooSettings:
        """How Operoo is spoken to by one function: the budget is the school's, and two may call at a time."""
        pulls = self.medical_updates != "off" and self.operoo_settings.medical.source != "none"
        return self.operoo_settings.shared_by(2) if pulls else self.operoo_settings

    def require(self, name: str) -> str:
        """Return a setting that this function cannot work without.

        Raises:
            SettingsError: The template does not give it to this function.
        """
        value = getattr(self, name)
        if not value:
            raise SettingsError(f"The environment variable {name.upper()} is missing.", remedy="Add it in template.yaml.")
        return str(value)
