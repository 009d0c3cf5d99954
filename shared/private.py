"""The base of models that hold what nobody but its owner may read: it never shows up in a log, a traceback or an error."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict


class Private(BaseModel):
    """A frozen model that shows none of its values when it is printed, or when it cannot be made."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Show nothing."""
        return iter(())
