"""What kind of Operoo the sandbox plays: the open questions about the real one are switches here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class SandboxOptions(BaseModel):
    """The switches.

    Attributes:
        token: The API access token that is accepted.
        allowed: Addresses that may call; empty is all.
        organization: The school's name.
        archived: What an update of an archived profile does: bring it back, or find nothing.
        membership_reference: Which identifier of a person a group's lists hold.
        addresses: What becomes of another e-mail address for a student or member of staff who was asked already: it is taken,
            refused, or dropped without a word.
        answer: How an answer wraps what it holds, or that the answer to an update holds nothing.
        ids: Identifiers are JSON numbers or text.
        page_size: How many items a listing gives at once, with a `Link` to the next page; 0 is all.
        medical: How a medical profile states conditions: a list of alerts, or a table of questions with forms below them.
        attachments: A link leads to the file, or to where another link to it is answered, as file stores do.
        store: A SQLite file that outlives the process; empty keeps everything in memory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: str = "sandbox-token"  # noqa: S105 - it opens a made-up school on this machine
    allowed: tuple[str, ...] = ()
    organization: str = "Sandbox School"
    archived: Literal["restored", "gone"] = "restored"
    membership_reference: Literal["operoo_id", "integration_id", "request_id"] = "operoo_id"
    addresses: Literal["taken", "refused", "kept"] = "taken"
    answer: Literal["plain", "wrapped", "data", "nothing"] = "wrapped"
    ids: Literal["number", "text"] = "number"
    page_size: int = 0
    medical: Literal["alerts", "questions"] = "alerts"
    attachments: Literal["direct", "redirect"] = "direct"
    store: str = ""
