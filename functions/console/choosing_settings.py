"""The school's settings as a person sees them: in plain words, before and after, and what they would do to one student."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from functions.operoo.mapping import fields_of
from functions.operoo.settings import OperooSettings
from functions.records.chosen import Chosen, ContactType, Relationship
from functions.runtime.settings import Settings
from shared.errors import RejectedRecordError
from shared.records import Student

_WORDS: Mapping[str, Mapping[object, str]] = {
    "medical_updates": {"off": "off", "review": "a person decides each change", "automatic": "written by itself"},
    "archive_policy": {"archive": "archive the profile", "unlink": "keep the profile, without the cloud icon"},
    "conflict": {"overwrite": "the family's word holds", "refuse": "the school's value stays", "ask": "a person is asked"},
    "ownership": {"replace": "all of the student's rows", "merge": "only rows that came from Operoo"},
    "remove": {"deactivate": "marked as no longer active", "delete": "deleted"},
    "name_choice": {"preferred": "the everyday name", "legal": "the legal name"},
}
_CALLED: Mapping[str, str] = {
    "medical_updates": "Medical details back to Synergetic",
    "pull_minutes": "Read medical details every",
    "conflict": "If somebody at the school changed the same",
    "ownership": "Rows that are changed in Synergetic",
    "remove": "What a family no longer says is",
    "archive_policy": "Who has left, in Operoo",
    "guard_count": "Archived at once without a person",
    "guard_share": "Or up to this share",
    "name_choice": "First name in Operoo",
    "contact_types": "Contact types that count",
    "relationships": "Relationships that count",
}


def _blank(value: object) -> object:
    return None if value == "" else value


def _split(value: object) -> object:
    """Take a list as it is typed: with commas between."""
    if value is None or value == "":
        return None
    parts = value if isinstance(value, list | tuple) else [value]
    return tuple(filter(None, (one.strip() for part in parts for one in str(part).split(",")))) or None


Percent = Annotated[float, Field(ge=0, le=100)]


class Wanted(BaseModel):
    """The settings as a form takes them; what is empty is as the stack's parameters say. Names as in `Chosen`.

    Attributes:
        guard_percent: `guard_share` in percent.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    medical_updates: Annotated[Literal["off", "automatic", "review"] | None, BeforeValidator(_blank)] = None
    pull_minutes: Annotated[int | None, Field(ge=5, le=1440), BeforeValidator(_blank)] = None
    archive_policy: Annotated[Literal["archive", "unlink"] | None, BeforeValidator(_blank)] = None
    guard_count: Annotated[int | None, Field(ge=0, le=100_000), BeforeValidator(_blank)] = None
    guard_percent: Annotated[Percent | None, BeforeValidator(_blank)] = None
    conflict: Annotated[Literal["overwrite", "refuse", "ask"] | None, BeforeValidator(_blank)] = None
    ownership: Annotated[Literal["replace", "merge"] | None, BeforeValidator(_blank)] = None
    remove: Annotated[Literal["deactivate", "delete"] | None, BeforeValidator(_blank)] = None
    name_choice: Annotated[Literal["preferred", "legal"] | None, BeforeValidator(_blank)] = None
    contact_types: Annotated[tuple[ContactType, ...] | None, BeforeValidator(_split)] = None
    relationships: Annotated[tuple[Relationship, ...] | None, BeforeValidator(_split)] = None

    def chosen(self) -> Chosen:
        """Return the choices."""
        share = None if self.guard_percent is None else self.guard_percent / 100
        return Chosen.model_validate(self.model_dump(exclude={"guard_percent"}) | {"guard_share": share})


def typed(chosen: Chosen) -> dict[str, str]:
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
    every: dict[str, object] = {
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
        return dict(_flat(fields_of(student, settings)))
    except RejectedRecordError as rejection:
        return {"Not sent": rejection.what}


def _flat(value: Any, before: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - fields as Operoo takes them
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(one, f"{before}{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value, start=1):
            yield from _flat(one, f"{before} {number}: ")
    else:
        yield before, {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
