"""What the school's owners chose in the console in place of what the stack's parameters say. Nothing here does I/O."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from functions.operoo.settings import NameChoice
from shared.schedules import LONGEST_MINUTES, SHORTEST_MINUTES, LocalTime, Schedule
from shared.writeback.plan import OnConflict, Ownership, Removal

MedicalUpdates = Literal["off", "automatic", "review"]
ArchivePolicy = Literal["archive", "unlink"]
ContactType = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9]{1,10}$")]
Relationship = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
ContactTypes = Annotated[tuple[ContactType, ...], Field(min_length=1, max_length=20)]
Relationships = Annotated[tuple[Relationship, ...], Field(max_length=40)]


class ChosenSettings(BaseModel):
    """The choices; what is None is as the stack's parameters say.

    Attributes:
        read_minutes: Every so many minutes the relay reads the school; as its own configuration says, if it is None.
        read_from: From when on in a day; from midnight, if it is None.
        read_until: Until when; to the end of the day, if it is None.
        read_days: On which days; on all, if it is None.
        medical_updates: As `Settings` of the functions has it, as the next four.
        pull_minutes: Every so many minutes medical profiles are read, no more often than the stack's schedule comes.
        conflict: As `Policies` has it, as the next two.
        name_choice: The everyday or the legal first name.
        contact_types: Beginnings of the contact types that count.
        relationships: Only contacts of these relationships count; every one, if there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    read_minutes: int | None = Field(default=None, ge=SHORTEST_MINUTES, le=LONGEST_MINUTES)
    read_from: LocalTime | None = None
    read_until: LocalTime | None = None
    read_days: Literal["weekdays"] | None = None
    medical_updates: MedicalUpdates | None = None
    pull_minutes: int | None = Field(default=None, ge=5, le=1440)
    archive_policy: ArchivePolicy | None = None
    guard_count: int | None = Field(default=None, ge=0, le=100_000)
    guard_share: float | None = Field(default=None, ge=0, le=1)
    conflict: OnConflict | None = None
    ownership: Ownership | None = None
    remove: Removal | None = None
    name_choice: NameChoice | None = None
    contact_types: ContactTypes | None = None
    relationships: Relationships | None = None

    @model_validator(mode="after")
    def _says_when(self) -> "ChosenSettings":
        if self.read_minutes is None and (self.read_from or self.read_until or self.read_days):
            raise ValueError("read_minutes: choose how often the relay reads, or leave times and days empty too")
        if self.read_minutes is not None:
            self.schedule("UTC")  # says what is wrong with it
        return self

    def schedule(self, zone: str) -> Schedule | None:
        """Return when the relay is to read, in a time zone; none if its own configuration says.

        Raises:
            ValueError: It is none.
        """
        if self.read_minutes is None:
            return None
        return Schedule(
            every_minutes=self.read_minutes,
            begins=self.read_from or "00:00",
            ends=self.read_until or "23:59",
            days=self.read_days or "all",
            zone=zone,
        )


class Version(BaseModel):
    """The choices as they were from some moment on.

    Attributes:
        number: Counts versions.
        by: Who made it.
        reason: Why, in their own words.
    """

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=1)
    at: str
    by: str
    reason: str = ""
    chosen: ChosenSettings
