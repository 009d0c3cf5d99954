"""Variables for the relay from a file beside its configuration: a task or service has no window in which to set them.

systemd hands the same file to its service, in case the relay's account cannot read it; a scheduled task has nothing like that.
"""

import os
import re
from collections.abc import MutableMapping
from pathlib import Path

from relay.passwords import is_open
from shared.errors import SettingsError

_LINE = re.compile(r"^(?P<name>[A-Za-z_]\w*)=(?P<quote>[\"']?)(?P<value>[^\0]*)(?P=quote)$", re.ASCII)
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN")


def environment_file_of(config: Path) -> Path:
    """Return where the variables are for the relay with this configuration."""
    return config.with_suffix(".env")


def take_environment(config: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what the file beside the configuration says, if there is one; what is set already stays.

    Raises:
        SettingsError: The file cannot be read, has a line that sets nothing, or shows a secret to others.
    """
    path = environment_file_of(config)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, PermissionError) and os.name == "posix":
            return  # root's alone: systemd has handed it over
        if isinstance(error, UnicodeDecodeError):
            raise _unfit(path, "cannot be read: it is not UTF-8 text", "Save it as UTF-8.") from None
        remedy = "Let the relay's account read it: `operoo-relay install` does."
        raise _unfit(path, f"cannot be read: {error.strerror}", remedy) from None
    found = parsed_environment(text, path)
    if any(map(_SECRET.search, found)) and is_open(path):
        raise _unfit(path, "holds a secret and can be read by others", "Make it root's and the relay's alone: chmod 600.")
    for name, value in found.items():
        environment.setdefault(name, value)


def parsed_environment(text: str, path: Path) -> dict[str, str]:
    """Return the variables that lines NAME=value set.

    Raises:
        SettingsError: A line is none.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        said = line.strip()
        if not said or said.startswith(("#", ";")):
            continue
        if (match := _LINE.match(said)) is None:
            # The line itself may hold a secret.
            raise _unfit(path, f"has a line that sets nothing: line {number}", "Write NAME=value, and # before a comment.")
        if os.name == "posix" and _is_read_otherwise(match["quote"], match["value"]):
            raise _unfit(
                path, f"has a line that systemd would read otherwise: line {number}", "Put the value into single quotes."
            )
        found[match["name"]] = match["value"]
    return found


def _is_read_otherwise(quote: str, value: str) -> bool:
    """Tell whether a service would be handed another value than who tries it by hand: backslashes, quotes within quotes."""
    if quote == "'":
        return "'" in value
    return "\\" in value or (quote in value if quote else value.startswith(('"', "'")))


def _unfit(path: Path, what: str, remedy: str) -> SettingsError:
    return SettingsError(f"The file {path} {what}.", remedy=remedy, code="environment-file")
