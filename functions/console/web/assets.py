"""The few files that pages load: style, script, icon. Their addresses hold their digests, so browsers keep them for good."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from shared.digests import sha256

_FOLDER = Path(__file__).parents[1] / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    """A file with its type."""

    content: bytes
    type: str


@cache
def _assets() -> dict[str, tuple[str, Asset]]:
    found = {}
    for path in sorted(_FOLDER.iterdir()):
        content = path.read_bytes()
        found[path.name] = (f"{path.stem}-{sha256(content)[:12]}{path.suffix}", Asset(content, _TYPES[path.suffix]))
    return found


def asset(name: str) -> str:
    """Return the address of a file.

    Raises:
        KeyError: There is none of that name.
    """
    return f"/static/{_assets()[name][0]}"


def find_asset(address: str) -> Asset | None:
    """Return the file at an address, None if there is none: of an older release, for one."""
    return next((one for name, one in _assets().values() if name == address), None)
