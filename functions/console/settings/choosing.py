"""The school's settings as a person sees them: in plain words, before and after, and what they would do to one student."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from functions.console.people.comparing import NAMES
from functions.console.settings.scheduling import check_fits
from functions.operoo.mapping import values_of
from functions.operoo.settings import NameChoice, OperooSettings
from functions.records.chosen_settings import ArchivePolicy, ChosenSettings, ContactTypes, MedicalUpdates, Relationships
from functions.runtime.settings import Settings
from shared.errors import RejectedRecordError
from shared.records import Student
from shared.schedules import LONGEST_MINUTES, SHORTEST_MINUTES, LocalTime
from shared.writeback.plan import OnConflict, Ownership, Removal

_WORDS: Mapping[str, Mapping[object, str]] = {
    "medical_updates": {"off": "off", "review": "a person decides each change", "automatic": "written by itself"},
    "archive_policy": {"archive": "archive the profile", "unlink": "keep the profile, without the cloud icon"},
    "conflict": {"overwrite": "the family's word holds", "refuse": "the school's value stays", "ask": "a person is asked"},
    "ownership": {"replace": "all of the student's rows", "merge": "only rows that came from Operoo"},
    "remove": {"deactivate": "marked as no longer active", "delete": "deleted"},
    "name_choice": {"preferred": "the everyday name", "legal": "the legal name"},
}
_CALLED: Mapping[str, str] = {
    "relay_schedule": "The relay reads Synergetic",
    "medical_updates": "Medical details back to Synergetic",
    "pull_minutes": "Read medical details every",
    "conflict": "If somebody at the school changed the same",
    "ownership": "Rows that are changed in Synergetic",
    "remove": "What a family no longer says is",
    "archive_policy": "Who has left, in Operoo",
    "guard_count": "Archived, or emptied, within a day without a person",
    "guard_share": "Or up to this share",
    "name_choice": "First name in Operoo",
    "contact_types": "Contact types that count",
    "relationships": "Relationships that count",
}


_OF_CONTACT: Mapping[str, str] = {
    "integration_id": "number in Synergetic",
    "first_name": "first name",
    "last_name": "last name",
    "relationship": "relationship",
    "email": "e-mail address",
    "mobile": "mobile number",
    "home_phone": "home number",
    "primary": "is the one who is asked",
}


def _blank(value: object) -> object:
    return None if value == "" else value


def _split(value: object) -> object:
    """Take a list as it is typed: with commas between, or semicolons."""
    if value is None or value == "":
        return None
    parts = value if isinstance(value, list | tuple) else [value]
    return tuple(filter(None, (one.strip() for part in parts for one in re.split("[,;]", str(part))))) or None


Percent = Annotated[float, Field(ge=0, le=100)]


class Wanted(BaseModel):
    """The settings as a form takes them; what is empty is as the stack's parameters say. Names as in `Chosen`.

    Attributes:
        guard_percent: `guard_share` in percent.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    read_minutes: Annotated[int | None, Field(ge=SHORTEST_MINUTES, le=LONGEST_MINUTES), BeforeValidator(_blank)] = None
    read_from: Annotated[LocalTime | None, BeforeValidator(_blank)] = None
    read_until: Annotated[LocalTime | None, BeforeValidator(_blank)] = None
    read_days: Annotated[Literal["weekdays"] | None, BeforeValidator(_blank)] = None
    medical_updates: Annotated[MedicalUpdates | None, BeforeValidator(_blank)] = None
    pull_minutes: Annotated[int | None, Field(ge=5, le=1440), BeforeValidator(_blank)] = None
    archive_policy: Annotated[ArchivePolicy | None, BeforeValidator(_blank)] = None
    guard_count: Annotated[int | None, Field(ge=0, le=100_000), BeforeValidator(_blank)] = None
    guard_percent: Annotated[Percent | None, BeforeValidator(_blank)] = None
    conflict: Annotated[OnConflict | None, BeforeValidator(_blank)] = None
    ownership: Annotated[Ownership | None, BeforeValidator(_blank)] = None
    remove: Annotated[Removal | None, BeforeValidator(_blank)] = None
    name_choice: Annotated[NameChoice | None, BeforeValidator(_blank)] = None
    contact_types: Annotated[ContactTypes | None, BeforeValidator(_split)] = None
    relationships: Annotated[Relationships | None, BeforeValidator(_split)] = None

    def chosen(self) -> ChosenSettings:
        """Return the choices.

        Raises:
            ScheduleUnfitError: The relay's times do not go together.
        """
        check_fits(self.read_minutes, self.read_from, self.read_until, self.read_days)
        share = None if self.guard_percent is None else self.guard_percent / 100
        return ChosenSettings.model_validate(self.model_dump(exclude={"guard_percent"}) | {"guard_share": share})


def typed(chosen: ChosenSettings) -> dict[str, str]:
    """Return choices as a form takes them."""
    made = {name: value for name, value in chosen.model_dump().items() if value is not None}
    if "guard_share" in made:
        made["guard_percent"] = f"{100 * made.pop('guard_share'):g}"
    return {name: ", ".join(value) if isinstance(value, tuple) else str(value) for name, value in made.items()}


class Line(BaseModel):
    """One thing that is told before and after."""

    called: str
    before: str
    after: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def same(self) -> bool:
        """Whether nothing changes."""
        return self.before == self.after


def told(settings: Settings) -> dict[str, str]:
    """Return what settings come to, in plain words."""
    contacts, policies = settings.operoo_settings.contacts, settings.write_back_policies
    schedule = settings.relay_schedule
    every: dict[str, object] = {
        "relay_schedule": schedule.in_words() if schedule else "when its own configuration says",
        "medical_updates": settings.medical_updates,
        "pull_minutes": f"{settings.medical_minutes} minutes",
        "conflict": policies.conflict,
        "ownership": policies.ownership,
        "remove": policies.remove,
        "archive_policy": settings.archive_policy,
        "guard_count": f"{settings.guard_count} of a kind",
        "guard_share": f"{100 * settings.guard_share:g} % of a kind",
        "name_choice": settings.operoo_settings.name_choice,
        "contact_types": ", ".join(contacts.types),
        "relationships": ", ".join(contacts.relationships) or "every one",
    }
    return {name: _WORDS.get(name, {}).get(value, str(value)) for name, value in every.items()}


def compared(before: Settings, after: Settings) -> list[Line]:
    """Return what would be otherwise."""
    old, new = told(before), told(after)
    return [Line(called=_CALLED[name], before=old[name], after=new[name]) for name in old if old[name] != new[name]]


def changes_operoo(before: Settings, after: Settings) -> bool:
    """Return whether what is sent to Operoo would be otherwise."""
    return before.operoo_settings != after.operoo_settings


def tried(student: Student, before: OperooSettings, after: OperooSettings) -> list[Line]:
    """Return what Operoo is sent of one student, as it is now and as it would be."""
    old, new = _sent(student, before), _sent(student, after)
    return [Line(called=name, before=old.get(name, ""), after=new.get(name, "")) for name in dict.fromkeys((*old, *new))]


def _sent(student: Student, settings: OperooSettings) -> dict[str, str]:
    try:
        return dict(_in_words(values_of(student, settings), settings))
    except RejectedRecordError as rejection:
        return {"Not sent": rejection.what}


def _in_words(values: Mapping[str, object], settings: OperooSettings) -> Iterator[tuple[str, str]]:
    sent = settings.resource("members").fields
    ours = {theirs: field for field, theirs in settings.contacts.fields.items()}
    for name, value in values.items():
        if not sent.get(name):
            continue
        if isinstance(value, list):
            for number, contact in enumerate(value, start=1):
                yield from ((f"Contact {number}: {_OF_CONTACT[ours[field]]}", _text(one)) for field, one in contact.items())
        else:
            yield NAMES[name], _text(value)


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
