"""Puts what is known in plain words: a record's timeline, a selection rule, and what a contact is to Operoo. Pure functions."""

import re
from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from functions.console.web.wording import group_type_in_words
from functions.operoo.best_contact import Choice, Verdict
from functions.operoo.settings import ContactSettings
from functions.records.staged import Event
from shared.manifests import Rule
from shared.records import Contact


class TimelineLine(BaseModel):
    """A line of a timeline: what happened, and what else is known of it."""

    at: str
    what: str
    detail: str = ""


EVENTS: dict[str, str] = {
    "first seen": "Seen in Synergetic for the first time",
    "seen again": "In Synergetic again",
    "gone from Synergetic": "No longer in Synergetic",
    "changed in Synergetic": "Changed in Synergetic",
    "uploaded": "Uploaded for the first time",
    "uploaded again": "Uploaded again",
    "changed by an upload": "Changed by an upload",
    "made by hand": "Made by hand here",
    "made by hand again": "Made by hand here again",
    "changed by hand": "Changed by hand here",
    "removed by hand": "Removed by hand",
    "selected": "Selected",
    "deselected": "Deselected",
    "parked": "Could not be brought to Operoo",
    "creating": "Operoo was asked to make it",
    "created": "Made in Operoo",
    "linked": "Found in Operoo, and linked",
    "linked again": "Linked again with what Operoo had",
    "updated": "Sent to Operoo",
    "in step": "Looked at: Operoo had all of it already",
    "photo sent": "Photo sent to Operoo",
    "photo refused": "Photo not taken by Operoo",
    "archived": "Archived in Operoo",
    "unlinked": "Cloud icon taken off; stays in Operoo as it was",
    "held": "Held for approval",
    "archive planned": "To be archived in Operoo or let go of, as the settings say",
    "archive approved": "Approved: to be archived in Operoo or let go of, as the settings say",
    "archive discarded": "Decided: stays in Operoo",
    "emptying planned": "To be emptied in Operoo, as Synergetic states nobody",
    "emptying approved": "Approved: to be emptied in Operoo, as Synergetic states nobody",
    "emptying discarded": "Decided: keeps in Operoo whom it had",
    "members linked or unlinked": "Somebody in the group came to Operoo or left it",
    "refused for now": "Not taken by Operoo: tried again once those are looked for whom its list does not show",
    "to be looked for in Operoo": "To be sent again, because Operoo's list does not show the profile any more",
    "to be stated anew": "To be sent again, so that what was changed by hand in Operoo is overwritten",
    "writing to Synergetic: applied": "Medical details written to Synergetic",
    "writing to Synergetic: unchanged": "Medical details: Synergetic had all of it already",
    "writing to Synergetic: conflicted": "Medical details not written: what the school has stays",
    "writing to Synergetic: planned": "Medical details compared with Synergetic",
    "writing to Synergetic: superseded": "Medical details: something newer took its place",
    "writing to Synergetic: interrupted": "Writing medical details was cut off, and is tried again",
    "writing to Synergetic: refused": "Medical details not written: the school's relay refuses to write now",
    "writing to Synergetic: failed": "Medical details could not be written",
    "writing to Synergetic: decided": "Medical details: decided",
    "writing to Synergetic: rejected": "Medical details: rejected as a whole",
    "writing to Synergetic: late": "Medical details: decided too late, as somebody else had just decided",
    "writing to Synergetic: closed": "Medical details: closed, as nobody synchronises the student any more",
    "taking back in Synergetic: applied": "Medical details taken back in Synergetic",
    "taking back in Synergetic: conflicted": "Medical details not taken back: somebody changed them since",
}
_SNAPSHOT = re.compile(r"snapshot (\d+)")
_PROFILE = re.compile(r"Operoo (\S+?)(;.*)?")
_RULE = re.compile(r"by rule (\S+)")
_VERSION = re.compile(r"version \d+(?:; )?(.*)", re.DOTALL)
_NO_RULE = "no rule"


def timeline_in_words(events: Iterable[Event], rules: Mapping[str, Rule]) -> list[TimelineLine]:
    """Return a timeline in plain words, newest first."""
    told = [TimelineLine(at=event.at, what=_what(event.event), detail=_detail(event.detail, rules)) for event in events]
    return told[::-1]


def _what(event: str) -> str:
    return EVENTS.get(event) or event[:1].upper() + event[1:]


def _detail(detail: str, rules: Mapping[str, Rule]) -> str:
    if found := _SNAPSHOT.fullmatch(detail):
        return f"by the relay's reading no. {found[1]}"
    if found := _RULE.fullmatch(detail):
        return f"by the rule: {rule_in_words(rules.get(found[1]))}"
    if found := _PROFILE.fullmatch(detail):
        return f"Operoo's number {found[1]}{found[2] or ''}"
    if found := _VERSION.fullmatch(detail):
        return found[1]
    return "no rule takes it any more" if detail == _NO_RULE else detail


def rule_in_words(rule: Rule | None, group: str = "") -> str:
    """Return whom a rule takes, such as `every student of year 7 on campus S`; with the name of its group, if that is known."""
    if rule is None:
        return "one that is no longer there"
    group_type = group_type_in_words(rule.group_type) if rule.group_type else "group"
    things = {"student": "student", "staff": "member of staff", "group": group_type}
    parts = [
        *([f"of year {rule.year_level}"] if rule.year_level else []),
        *([f"of house {rule.house}"] if rule.house else []),
        *([f"of form {rule.form}"] if rule.form else []),
        *([f"of tutor group {rule.tutor}"] if rule.tutor else []),
        *([f"on campus {rule.campus}"] if rule.campus else []),
        *(["who boards" if rule.boarder else "who does not board"] if rule.boarder is not None else []),
        *([f"in {group or rule.member_of}"] if rule.member_of else []),
    ]
    return " ".join([f"every {things[rule.kind]}", *parts])


_FLAGS = {
    "normal_mail": "normal mail",
    "reports": "reports",
    "parent": "parent",
    "lives_with": "lives with the student",
}


def contact_in_words(contact: Contact, verdict: Verdict, choice: Choice, settings: ContactSettings) -> str:
    """Return why Operoo does or does not hear of a contact."""
    known = contact in choice.usable and settings.style != "none"
    also = "They are sent along as a contact." if known else "Operoo does not hear of them."
    match verdict:
        case Verdict.CHOSEN:
            return "Operoo e-mails this contact about the profile."
        case Verdict.IN_RESERVE:
            return f"Not e-mailed, as another contact comes first. {also}"
        case Verdict.NO_EMAIL:
            return f"Not e-mailed: there is no e-mail address. {also}"
        case Verdict.LACKS_FLAG:
            lacking = [_FLAGS[flag] for flag in settings.barred_without if not getattr(contact, flag)]
            return f"Not used: not marked in Synergetic as “{'”, “'.join(lacking)}” for this student."
        case _:
            return _NOT_USED[verdict]


_NOT_USED: dict[Verdict, str] = {
    Verdict.REPEATED: "Not used: the same person stands further up.",
    Verdict.SELF: "Not used: this is the student.",
    Verdict.OTHER_RELATIONSHIP: "Not used: the settings leave this relationship out.",
    Verdict.OTHER_TYPE: "Not used: an emergency or other contact, not a student contact.",
    Verdict.DECEASED: "Not used: deceased.",
    Verdict.COURT_ORDER: "Not used: there is a court order, and the student does not live with this contact.",
}
