"""Where the relay's passwords are kept: in the environment, in a file that others cannot read, or in the system's own store.

Never in the configuration, on a command line or in a log. A lookup ends at the first place that has one, so the system's store,
which may ask a person for leave, is asked only if there is no other.
"""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from relay.database.settings import PASSWORD_VARIABLE, DatabaseSettings
from relay.deadlines import DeadlineWorker
from relay.settings import ExchangeSettings
from shared.errors import SettingsError

SERVICE = "operoo-relay"
CREDENTIAL = "operoo-relay-db-password"
PROXY_CREDENTIAL = "operoo-relay-proxy-password"
PROXY_PASSWORD_VARIABLE = "OPEROO_RELAY_PROXY_PASSWORD"  # noqa: S105 - the name of a variable, not a password
# systemd tells a service where its credentials are.
_CREDENTIALS_FOLDER = "CREDENTIALS_DIRECTORY"
# A store that waits for a person who is not there must not hold up a service for ever.
_PATIENCE_S = 30.0
_OTHERWISE = (
    f"Or use a file that only the relay's account can read, as `password_file` in [synergetic], or {PASSWORD_VARIABLE}."
)

_Answer = TypeVar("_Answer")


def find_password(settings: DatabaseSettings, environment: Mapping[str, str] = os.environ) -> SecretStr:
    """Return the password of the database login: from the environment, a file, or the system's store; empty if it needs none.

    Raises:
        SettingsError: A login needs one and there is none, a file is unreadable or open to others, or the store fails.
    """
    if settings.is_sqlite or settings.trusted:
        return SecretStr("")
    found = _given(PASSWORD_VARIABLE, CREDENTIAL, environment, file=settings.password_file) or _stored(settings)
    if found is None and settings.user:
        raise SettingsError(
            f"There is no password for the login {settings.user}.",
            remedy=f"Keep it: `operoo-relay password`. {_OTHERWISE}",
            code="no-password",
        )
    return found or SecretStr("")


def find_proxy_password(settings: ExchangeSettings, environment: Mapping[str, str] = os.environ) -> SecretStr | None:
    """Return the password that the proxy to AWS asks for, if there is one.

    Raises:
        SettingsError: Its file is unreadable or open to others.
    """
    return _given(PROXY_PASSWORD_VARIABLE, PROXY_CREDENTIAL, environment) if settings.proxy else None


def account_of(settings: DatabaseSettings) -> str:
    """Return the name under which the system's store keeps the password of this login."""
    return settings.connection or f"{settings.user}@{settings.server}/{settings.database}"


def store_password(settings: DatabaseSettings, password: SecretStr) -> None:
    """Put the password of this login into the system's store, for the account that runs this.

    Raises:
        SettingsError: There is no store, or it refuses.
    """
    import keyring  # noqa: PLC0415 - it looks for every store there might be, and most runs need none

    _asked(lambda: keyring.set_password(SERVICE, account_of(settings), password.get_secret_value()), doing="Keeping")


def _given(variable: str, credential: str, environment: Mapping[str, str], *, file: Path | None = None) -> SecretStr | None:
    if value := environment.get(variable):
        return SecretStr(value)
    if folder := environment.get(_CREDENTIALS_FOLDER):
        # What systemd hands over is a copy of `password_file` that the service can read.
        offered = Path(folder) / credential
        file = offered if offered.exists() else file
    return _read(file) if file else None


def _read(path: Path) -> SecretStr:
    try:
        shown_to_others = is_open(path)
        # Editors on Windows put a mark in front, and most put a line's end behind.
        password = path.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _bad_file(path, f"cannot be read: {reason}", "Check the path, who may read it, and how it was saved.") from None
    if shown_to_others:
        raise _bad_file(path, "can be read by others", "Make it readable by the relay's account alone: chmod 600.")
    if not password or "\n" in password:
        raise _bad_file(path, "must hold the password on one line and nothing else", "Write the password alone into it.")
    return SecretStr(password)


def is_open(path: Path) -> bool:
    """Tell whether somebody else can read a file; a group may, if it is root's, since that is how a service gets to it."""
    found = path.stat()
    allowed = 0o640 if os.name == "posix" and found.st_uid == 0 else 0o600
    # Windows says who may read a file in another way, which these bits know nothing of.
    return os.name == "posix" and bool(stat.S_IMODE(found.st_mode) & 0o077 & ~allowed)


def _bad_file(path: Path, what: str, remedy: str) -> SettingsError:
    return SettingsError(f"The password file {path} {what}.", remedy=remedy, code="password-file")


def _stored(settings: DatabaseSettings) -> SecretStr | None:
    import keyring  # noqa: PLC0415 - as above
    from keyring.errors import NoKeyringError  # noqa: PLC0415 - as above

    def ask() -> str | None:
        try:
            return keyring.get_password(SERVICE, account_of(settings))
        except NoKeyringError:
            return None

    password = _asked(ask, doing="Looking up")
    return SecretStr(password) if password else None


def _asked(ask: Callable[[], _Answer], *, doing: str) -> _Answer:
    worker = DeadlineWorker()
    try:
        return worker.call(ask, within_s=_PATIENCE_S)
    except Exception as error:  # stores are plug-ins and raise what they like; their text is not passed on
        raise SettingsError(
            f"{doing} the password in this system's store failed ({type(error).__name__}).",
            remedy=f"Unlock the store for the relay's account. {_OTHERWISE}",
            code="password-store",
        ) from error
    finally:
        worker.dismiss()
