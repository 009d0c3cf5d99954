"""Errors that nobody thought of: a defect of the relay ends no more than it must, and is told without what it may quote."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import IntegrationError

UNEXPECTED = "unexpected"


@contextmanager
def foreseen() -> Iterator[None]:
    """Turn whatever is raised within, and is no error of ours, into one.

    Raises:
        IntegrationError: Something went wrong.
    """
    try:
        yield
    except IntegrationError:
        raise
    except Exception as error:
        # The one place that takes all of them: a traceback helps nobody at a school, and may quote values.
        raise unexpected(error) from error


def unexpected(error: Exception) -> IntegrationError:
    """Return an error that tells the type and the place of another one, never its text: that may quote a value."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return IntegrationError(
        f"Something unexpected happened ({type(error).__name__} at {place}).",
        remedy="This is a defect of the relay: report this line with the output of `operoo-relay --version`.",
        code=UNEXPECTED,
    )
