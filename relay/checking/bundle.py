"""What may be sent to support: the report and the configuration, without what names the school, its people or its machines."""

import json
from datetime import datetime

from pydantic import BaseModel

from relay.checking.report import Report
from relay.settings import Settings

# What tells where something is, or who logs in. That it is set is worth knowing; to what, is not.
_HIDDEN = frozenset(
    {
        *("server", "database", "user", "connection", "password_file", "server_certificate", "certificate_host", "ca_file"),
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
    }
)


def bundle(report: Report, settings: Settings, made_at: datetime) -> str:
    """Return the report and the redacted configuration as JSON."""
    content = {"made_at": made_at.isoformat(timespec="seconds"), **report.to_json(), "configuration": redacted(settings)}
    return json.dumps(content, indent=2, default=str) + "\n"


def redacted(settings: BaseModel) -> dict[str, object]:
    """Return a configuration in which whatever tells a place or an account only says whether it is set."""
    return {name: _shown(name, getattr(settings, name)) for name in type(settings).model_fields}


def _shown(name: str, value: object) -> object:
    if isinstance(value, BaseModel):
        return redacted(value)
    if name in _HIDDEN:
        return "set" if value else "not set"
    return value
