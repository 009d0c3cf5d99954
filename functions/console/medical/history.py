"""A student's medical history, as the medical pages tell it."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from functions.records.ledger import Noted

StudentId = Annotated[str, Path(pattern=r"^[0-9]{1,19}$")]


class Step(BaseModel):
    """One line of a student's medical history.

    Attributes:
        amount: The counts in words.
        undoable: It can be taken back, as far as is known here.
    """

    version: int
    at: str
    outcome: str
    undo: bool
    code: str
    by: str
    counts: dict[str, int]
    parked: int
    conflicts: int
    amount: str
    undoable: bool


def steps(history: list[Noted]) -> list[Step]:
    """Return a student's history, newest first."""
    return [
        Step(
            **noted.model_dump(include={"version", "at", "outcome", "undo", "code", "by", "counts", "parked", "conflicts"}),
            amount=noted.amount,
            undoable=noted.outcome == "applied",
        )
        for noted in reversed(history)
    ]
