"""Which release of the relay this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

_DISTRIBUTION = "operoo-synergetic"


@cache
def relay_version() -> str:
    """Return the installed release; `0` where the relay runs from a folder that was not installed."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "0"
