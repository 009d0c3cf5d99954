"""The school's settings: tried on one student before they are saved, kept as versions. For owners."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Form, Query
from pydantic import BaseModel, ValidationError

from functions.console.asking import ask
from functions.console.settings.choosing import (
    Line,
    Wanted,
    changes_operoo,
    compared,
    told,
    tried,
    typed,
)
from functions.console.settings.scheduling import readings, relay_follows
from functions.console.web.pages import Done, FormKey, Pages
from functions.records.chosen_settings import ChosenSettings, Version
from functions.records.staged import StagedRecord
from functions.runtime.overlay import laid_over
from functions.runtime.settings import Settings
from functions.runtime.wiring import audit_trail, chosen_settings_table, exchange, given_settings, lists, records_table
from functions.store.audit import AuditEntry
from functions.store.conflicts import ChangedMeanwhileError
from shared.errors import IntegrationError
from shared.manifests import ResyncManifest
from shared.records import Student

pages = Pages()


class Past(BaseModel):
    """A version, with what it changed against the one before it."""

    number: int
    at: str
    by: str
    reason: str
    changed: list[Line]


class Shown(BaseModel):
    """The settings.

    Attributes:
        typed: What was chosen, as a form takes it.
        stack: What each comes to without a choice, in plain words.
        held: What each comes to now.
        usable: Whether what was chosen is used: if not, none of it is.
        relay_next: When the relay reads next, as far as it says.
        relay_follows: How it stands to the schedule that was chosen here, in a sentence.
        wakes: Every so many minutes the stack's schedule comes that reads medical profiles.
        versions: Newest first.
    """

    number: int
    typed: dict[str, str]
    stack: dict[str, str]
    held: dict[str, str]
    usable: bool
    relay_heard: str
    relay_next: str
    relay_follows: str
    wakes: int
    versions: list[Past]


class Trial(BaseModel):
    """What settings would do, for a person to confirm.

    Attributes:
        number: The version that they were made from.
        query: The settings, as an address says them.
        typed: The same, as a form takes them.
        changed: What would be otherwise.
        readings: When the relay would read next, if that would be otherwise.
        operoo: What is sent to Operoo would be otherwise.
        student: On whom it is tried, and what Operoo is sent of them, before and after.
    """

    number: int
    query: str
    typed: dict[str, str]
    changed: list[Line]
    readings: list[str]
    operoo: bool
    student: str
    student_name: str
    sent: list[Line]


class SettingsChangedError(IntegrationError):
    """Somebody else saved settings meanwhile."""

    code = "settings-changed"


@pages.page("/settings", "settings.html.j2", role="owner")
def show() -> Shown:
    """Show the settings and their versions."""
    versions = list(chosen_settings_table().versions())
    newest = versions[0] if versions else None
    chosen = newest.chosen if newest else ChosenSettings()
    held = _held(chosen)
    heard = exchange().heartbeat()
    return Shown(
        number=newest.number if newest else 0,
        typed=typed(chosen),
        stack=told(given_settings()),
        held=told(held or given_settings()),
        usable=held is not None,
        relay_heard=str(heard.at) if heard else "",
        relay_next=str(heard.next_run_at or "") if heard else "",
        relay_follows=relay_follows(heard, held.relay_schedule if held else None),
        wakes=given_settings().medical_minutes,
        versions=_past(versions),
    )


def _held(chosen: ChosenSettings) -> Settings | None:
    try:
        return laid_over(given_settings(), chosen)
    except IntegrationError:
        return None


def _past(versions: list[Version]) -> list[Past]:
    before = [*(one.chosen for one in versions[1:]), ChosenSettings()]
    return [
        Past(
            **one.model_dump(include={"number", "at", "by", "reason"}),
            changed=compared(_held(old) or given_settings(), _held(one.chosen) or given_settings()),
        )
        for one, old in zip(versions, before, strict=False)
    ]


@pages.page("/settings/try", "settings_try.html.j2", role="owner")
def try_out(
    wanted: Annotated[Wanted, Query()],
    student: Annotated[str, Query(pattern=r"^[0-9]{0,19}$")] = "",
    version: Annotated[int, Query(ge=0)] = 0,
) -> Trial:
    """Show what settings would do, on one real student: those that are given, or those of an older version."""
    chosen = _of_version(version) if version else wanted.chosen()
    number, before = _now(chosen_settings_table().versions())
    after = laid_over(given_settings(), chosen)
    record = _student(student)
    content = Student.model_validate_json(record.content) if record and record.content else None
    return Trial(
        number=number,
        query=urlencode(typed(chosen)),
        typed=typed(chosen),
        changed=compared(before, after),
        readings=[] if after.relay_schedule == before.relay_schedule else readings(after.relay_schedule, datetime.now(UTC)),
        operoo=changes_operoo(before, after),
        student=content.id if content else "",
        student_name=f"{content.name.preferred or content.name.given} {content.name.surname}".strip() if content else "",
        sent=tried(content, before.operoo_settings, after.operoo_settings) if content else [],
    )


def _of_version(number: int) -> ChosenSettings:
    found = next((one for one in chosen_settings_table().versions() if one.number == number), None)
    if found is None:
        raise NotFoundError
    return found.chosen


def _now(versions: Iterable[Version]) -> tuple[int, Settings]:
    """Return the newest of some versions, and what holds by it."""
    newest = next(iter(versions), None)
    if newest is None:
        return 0, given_settings()
    return newest.number, _held(newest.chosen) or given_settings()


def _student(wanted: str) -> StagedRecord | None:
    """Return the student who was asked for, or one who is in Operoo, or any."""
    if not wanted:
        lines = sorted((line for line in lists().all("student") if line.present), key=lambda line: line.link != "linked")
        wanted = lines[0].id if lines else ""
    return records_table().get_many("student", [wanted]).get(wanted) if wanted else None


@pages.action("/settings", role="owner")
def save(
    chosen: Annotated[str, Form(max_length=40_000, description="The settings, as the trial's address says them.")],
    number: Annotated[int, Form(ge=0, description="The version that they were made from.")],
    forms: FormKey,  # noqa: ARG001 - checked before
    reason: Annotated[str, Form(max_length=300)] = "",
    again: Annotated[str, Form(description="`yes` sends everybody who is selected to Operoo again.")] = "",
) -> Done:
    """Save settings that were tried.

    Raises:
        SettingsChangedError: Somebody else saved some meanwhile.
    """
    wanted = _read(chosen)
    who = pages.visit().who
    versions = list(islice(chosen_settings_table().versions(), 2))
    # Who saves twice, as after a first try that failed half way, gets what they asked for.
    again_saved = bool(versions) and (versions[0].number, versions[0].by, versions[0].chosen) == (number + 1, who, wanted)
    newest, before = _now(versions[1:] if again_saved else versions)
    after = laid_over(given_settings(), wanted)
    if newest != number:
        raise _changed()
    if not again_saved:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        _put(Version(number=number + 1, at=at, by=who, reason=reason.strip(), chosen=wanted))
    lines = compared(before, after)
    deed = AuditEntry(
        who=who,
        what="settings",
        to=f"version {number + 1}",
        before="; ".join(f"{line.called}: {line.before}" for line in lines),
        after="; ".join(f"{line.called}: {line.after}" for line in lines),
    )
    audit_trail().note(deed)
    said = "Saved. It holds within a minute."
    if after.relay_schedule != before.relay_schedule:
        said += f" {relay_follows(exchange().heartbeat(), after.relay_schedule)}"
    if again == "yes" and changes_operoo(before, after):
        ask(
            ResyncManifest(kind="resync", step="apply", reason=f"settings, version {number + 1}"),
            AuditEntry(who=who, what="resync", to="everybody who is selected", after="sent to Operoo again"),
        )
        said += " Everybody who is selected is sent to Operoo again."
    return Done(said=said, see="/settings")


def _put(version: Version) -> None:
    try:
        chosen_settings_table().put(version)
    except ChangedMeanwhileError:
        raise _changed() from None


def _read(chosen: str) -> ChosenSettings:
    try:
        return Wanted.model_validate(dict(parse_qsl(chosen))).chosen()
    except ValidationError:
        raise _changed() from None


def _changed() -> SettingsChangedError:
    return SettingsChangedError(
        "Somebody else saved settings since you opened this page. Nothing was done.",
        remedy="Open the settings again, and change what you wanted to.",
    )
