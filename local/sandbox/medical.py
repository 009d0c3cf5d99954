"""How the sandbox's interface states a medical profile, in either of the shapes that the real one may have.

A profile is kept as the list of alerts that is partly public; the rest of its names are those the adapter assumes by default.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

COMMON = ("Allergy", "Anaphylaxis", "Asthma", "Diabetes Type 1", "Epilepsy")
Profile = Mapping[str, object]
Shape = Literal["alerts", "questions"]


def shown(profile: Profile | None, shape: Shape) -> dict[str, object] | None:
    """Return a profile as the interface answers it, None if no family has shared one."""
    if profile is None:
        return None
    alerts = [_with_link(alert) for alert in items(profile, "safety_alerts")]
    answer = {**profile, "safety_alerts": alerts}
    if shape == "questions":
        del answer["safety_alerts"]
        answer["conditions"] = dict.fromkeys(COMMON, "No") | {str(one.get("name", "")): _answered(one) for one in alerts}
    return answer


def items(profile: Profile, name: str) -> list[dict[str, object]]:
    """Return a list of a profile, empty if there is none."""
    found = profile.get(name)
    return [dict(one) for one in found if isinstance(one, Mapping)] if isinstance(found, Sequence) else []


def numbered(profile: Profile, member: int) -> dict[str, object]:
    """Give a number to everything in a profile's lists that has none: no two children's things have the same."""
    lists = {name: items(profile, name) for name, value in profile.items() if isinstance(value, list) and _things(value)}
    taken = [str(one.get("id")) for things in lists.values() for one in things]
    last = max((int(one) for one in taken if one.isdecimal()), default=member * 100)
    for things in lists.values():
        for one in things:
            if not one.get("id"):
                last += 1
                one["id"] = last
    return {**profile, **lists}


def _things(values: Sequence[object]) -> bool:
    return all(isinstance(one, Mapping) for one in values)


def _with_link(alert: Profile) -> dict[str, object]:
    number = alert.get("attachment_id")
    return {**alert, "attachment_url": f"/api/v1/attachments/{number}" if number else None}


def _answered(alert: Profile) -> dict[str, object]:
    """Return what a question's form states, its days in words."""
    form = {name: _in_words(value) for name, value in alert.items() if name != "name"}
    return {"answer": "Yes", "form": form}


def _in_words(value: object) -> object:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return value
    return f"{day.day} {day:%B %Y}"
