"""Receipts: what the relay answers to a request of the cloud, once it is done.

A receipt may come twice, and so may what it is a receipt of: whoever reads one must not mind. It holds counts and identifiers
only. Fields may come to be; a reader ignores what it does not know.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.manifests import RowSetName


class ReadReceipt(BaseModel):
    """What was to be read again is read, and stated.

    Attributes:
        request: The request's own name for itself.
        relay: The relay's name, as its configuration gives it.
        at: When it was done.
        sequence: The manifest that states what was read.
        rows: How many rows each row set has that was asked for.
        photos: How many photos were sent.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["read_receipt"] = "read_receipt"
    request: str
    relay: str
    relay_version: str
    at: datetime
    sequence: int
    rows: dict[RowSetName, int]
    photos: int


RECEIPT: TypeAdapter[ReadReceipt] = TypeAdapter(ReadReceipt)
"""Every kind of receipt there is, told apart by its type."""
