"""Reads a row's values one by one, so that one bad value costs that value only."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from shared.chunks import Row
from shared.manifests import RowSetName
from shared.records import DroppedValue, Name
from shared.synergetic.values import clean_date, clean_flag, clean_id, clean_text, is_email

T = TypeVar("T")
Rows = Mapping[RowSetName, Iterable[Row]]
"""A bucket's rows, by row set."""


class RowReader:
    """One row, read leniently. `dropped` collects what could not be read, by field and without values."""

    def __init__(self, row: Row, dropped: list[DroppedValue]) -> None:
        self._row = row
        self._dropped = dropped

    def text(self, *names: str) -> str:
        """Return the first of these columns that is not empty, trimmed; the empty string if none is."""
        return next((text for name in names if (text := self._read(name, clean_text, ""))), "")

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a yes-or-no column; `default` is what counts where it cannot be read, the more careful of the two."""
        return self._read(name, clean_flag, default)

    def date(self, name: str, *, after: date = date.min) -> date | None:
        """Return a date column, None if empty; a date that is not later than `after` is dropped."""
        found = self._read(name, clean_date, None)
        if found is None or found > after:
            return found
        self._dropped.append(DroppedValue(field=name, reason=f"is not after {after}"))
        return None

    def id(self, name: str) -> str:
        """Return an identifier column as text, empty if it is empty or zero."""
        return str(self._read(name, clean_id, None) or "")

    def email(self, *names: str) -> str:
        """Return the first of these columns that holds an e-mail address; anything else in them is dropped."""
        for name in names:
            text = self.text(name)
            if is_email(text):
                return text
            if text:
                self._dropped.append(DroppedValue(field=name, reason="is not an e-mail address"))
        return ""

    def name(self) -> Name:
        """Return the person's names."""
        return Name(
            title=self.text("title"),
            given=self.text("given"),
            middle=self.text("middle"),
            preferred=self.text("preferred"),
            surname=self.text("surname"),
        )

    def _read(self, name: str, clean: Callable[[object], T], default: T) -> T:
        try:
            return clean(self._row.get(name))
        except ValueError as error:
            self._dropped.append(DroppedValue(field=name, reason=str(error)))
            return default
