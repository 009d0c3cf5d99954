"""What may be sent to support: the report and the configuration, without what names the school, its people or its machines."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath

from pydantic import BaseModel

from relay.checking.report import Report
from relay.settings import Settings

# What tells where something is, or who logs in. That it is set is worth knowing; to what, is not.
_HIDDEN = frozenset(
    {
        *("server", "database", "user", "connection", "password_file", "server_certificate", "certificate_host", "ca_file"),
        *("main_database", "media_database"),
        *(
            "bucket",
            "endpoint_url",
            "return_queue_url",
            "receipt_queue_url",
            "profile",
            "aws_config_file",
            "proxy",
            "ca_bundle",
        ),
        *("state_dir", "log_file", "name"),
        # Somebody's login or number in Synergetic.
        *("modified_by", "modified_by_id", "parameter_values"),
    }
)
_IN_A_STRING = re.compile(r"(?i)(?:server|address|database|uid|dsn)\s*=\s*\{?([^;{}]+)")


def bundle(report: Report, settings: Settings, made_at: datetime) -> str:
    """Return the report and the redacted configuration as JSON."""
    mask = _masking([*((name, text) for text, name in report.names.items()), *_places(settings)])
    findings = [replace(one, what=mask(one.what), remedy=mask(one.remedy)) for one in report.findings]
    told = Report(findings, report.facts).to_json()
    content = {"made_at": made_at.isoformat(timespec="seconds"), **told, "configuration": redacted(settings)}
    return json.dumps(content, indent=2, default=str) + "\n"


def redacted(settings: BaseModel) -> dict[str, object]:
    """Return a configuration in which whatever tells a place or an account only says whether it is set."""
    return {name: _shown(name, value, type(settings).model_fields[name].default) for name, value in settings}


def _shown(name: str, value: object, default: object) -> object:
    if isinstance(value, BaseModel):
        return redacted(value)
    if name not in _HIDDEN:
        return value
    if not value:
        return "not set"
    if isinstance(value, Mapping):
        return dict.fromkeys(value, "set")
    # A default tells nothing of the school.
    return str(value) if value == default else "set"


def _masking(places: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """Return what puts the name of a setting where a message says what it is set to."""
    names = {text.casefold(): name for name, text in places}
    if not names:
        return lambda text: text
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(longest_first)})(?![\w-])", re.IGNORECASE)
    return lambda text: pattern.sub(lambda found: f"<{names[found[0].casefold()]}>", text)


def _places(settings: BaseModel) -> Iterator[tuple[str, str]]:
    for name, value in settings:
        told = name not in _HIDDEN or value == type(settings).model_fields[name].default
        if isinstance(value, BaseModel):
            yield from _places(value)
        elif value and isinstance(value, (str, PurePath)) and not told:
            yield name, str(value)
            if name == "connection":
                yield from ((name, part.strip()) for part in _IN_A_STRING.findall(str(value)))
