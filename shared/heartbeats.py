"""The relay's heartbeat: a sign of life after every run, also after one that failed or had nothing to send, and between runs.

It holds counts and codes only. Fields may be added; a reader ignores what it does not know, so relay and stack need not be
brought up to date together.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class WriteBackStatus(BaseModel):
    """How writing back stands at a relay in two-way mode.

    Attributes:
        refused: The code of why nothing is written back; empty if this database and the contract agree.
        looked_at: When that was last found out.
        since: Since when is counted.
        written: Messages that were written. One that there was nothing to do for is not among them.
        failed: Tries to write a message that failed; one that goes on failing counts each time.
        last_failure: The code of what last kept a message from being written.
        unsent: Receipts that wait to be sent.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    refused: str = ""
    looked_at: datetime | None = None
    since: datetime
    written: int = 0
    failed: int = 0
    last_failure: str = ""
    unsent: int = 0


class ScheduleStatus(BaseModel):
    """How a relay that decides by itself when it reads stands to the console's schedule.

    Attributes:
        told: What stands for the schedule it was told last (`mark_of`), whether it follows it or not; empty if for none.
        refused: The code of why it does not follow it; empty if it does.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    told: str = ""
    refused: str = ""


class Heartbeat(BaseModel):
    """What the relay says of itself.

    What a run that failed could not find out stands as the run before it left it.

    Attributes:
        relay: The relay's own name, as its configuration gives it.
        schema_fingerprint: What stands for the part of Synergetic's schema that is read.
        at: When the last run ended.
        ok: Whether the last run did all it should; `error` is the code if not.
        last_success_at: When a run last did.
        last_error: The code of the last run that did not, however long ago.
        last_error_at: When that was.
        next_run_at: When the next one is due, if the relay runs on an interval.
        polled_at: When the return queue was last looked into between runs, if that is why this was said.
        sequence: The manifest that states what is now, whether the last run sent it or an earlier one.
        sent: Whether the last run sent a manifest.
        rows: Rows read per row set.
        left_out: Rows left out per row set and reason.
        minimum_relay_version: What the stack has told it to be at least; none if it cannot be told, for it hears no queue.
        outdated: Whether it is older than that, and so does not write back.
        writing: How writing back stands; none in one-way mode.
        schedule: How it stands to the console's schedule; none if that does not steer it: something else starts its runs, it
            hears no queue, or it is of a release that knows no schedule.
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
    last_error: str = ""
    last_error_at: datetime | None = None
    next_run_at: datetime | None = None
    polled_at: datetime | None = None
    sequence: int = 0
    sent: bool = False
    rows: dict[str, int] = Field(default_factory=dict)
    left_out: dict[str, dict[str, int]] = Field(default_factory=dict)
    minimum_relay_version: str | None = None
    outdated: bool = False
    writing: WriteBackStatus | None = None
    schedule: ScheduleStatus | None = None
