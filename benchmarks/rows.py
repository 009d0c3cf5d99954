"""A row of the table: what was measured, the goal if there is one, and whether it was met."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        group: What it belongs to.
        measure: What was measured; the same in every run, whatever comes out.
        result: What came out, for a person.
        goal: What was to come out; empty if that was not said.
        met: Whether it did; None where there is no goal or nothing could be measured.
        value: What came out, for a machine.
    """

    group: str
    measure: str
    result: str
    goal: str = ""
    met: bool | None = None
    value: float | None = None

    @property
    def verdict(self) -> str:
        """Return the verdict in a word."""
        if not self.goal:
            return ""
        return {True: "met", False: "missed", None: "not measured"}[self.met]
