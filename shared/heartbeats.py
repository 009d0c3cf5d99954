"""The relay's heartbeat: a sign of life after every run, also after one that failed or had nothing to send.

It holds counts and codes only. Fields may come to be; a reader ignores what it does not know, so relay and stack need not be
brought up to date together.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Heartbeat(BaseModel):
    """What the relay says of itself after a run.

    Attributes:
        relay: The relay's own name, as its configuration gives it.
        at: When the run ended.
        ok: Whether the run did all it should; `error` is the code if not.
        last_success_at: When a run last did.
        next_run_at: When the next one is due, if the relay runs on an interval.
        sequence: The manifest that states what is now, whether this run sent it or an earlier one.
        sent: Whether this run sent a manifest.
        rows: Rows read per row set.
        left_out: Rows left out per row set and reason.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    relay: str
    relay_version: str
    synergetic_version: str = ""
    schema_fingerprint: str = ""
    started_at: datetime
    at: datetime
    ok: bool
    error: str = ""
    last_success_at: datetime | None = None
    next_run_at: datetime | None = None
    sequence: int = 0
    sent: bool = False
    rows: dict[str, int] = Field(default_factory=dict)
    left_out: dict[str, dict[str, int]] = Field(default_factory=dict)
