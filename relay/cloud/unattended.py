"""Credentials where nobody watches: botocore would wait for a profile's own program, or for a code to be typed, for ever."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from botocore import credentials
from botocore.session import Session
from botocore.utils import parse_timestamp

from relay.cloud.errors import ProgramHangsError, ProgramUnusableError
from shared.errors import SettingsError

# Several times what the slowest takes that gets there at all, through a proxy.
_PATIENCE_S = 60.0


class _Bounded(subprocess.Popen[bytes]):
    """A process whose answer is waited for only so long; one that goes on is ended."""

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[bytes, bytes]:  # noqa: A002, ANN401 - as its base has it
        try:
            return super().communicate(input, timeout or _PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            self.wait()
            # What it started itself may hold its output open: that is not waited for. On Windows threads read it, and close it.
            if os.name == "posix":
                self._let_go()
            raise ProgramHangsError(provider=credentials.ProcessProvider.METHOD, error_msg="it does not end") from None

    def _let_go(self) -> None:
        for pipe in (self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()


class _BoundedProvider(credentials.ProcessProvider):
    def __init__(self, profile_name: str, load_config: Any) -> None:  # noqa: ANN401 - botocore's own
        super().__init__(profile_name, load_config, popen=_Bounded)

    def _retrieve_credentials_using(self, credential_process: str) -> Any:  # noqa: ANN401 - botocore's own
        # At first, and each time that credentials run out.
        try:
            found = super()._retrieve_credentials_using(credential_process)  # type: ignore[misc]
            ends = found["expiry_time"]
            expired = ends is not None and parse_timestamp(ends) <= datetime.now(UTC)
        except OSError as error:
            raise ProgramUnusableError(f"cannot be run ({error.strerror})") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise ProgramUnusableError("does not answer with credentials") from error
        if expired:
            raise ProgramUnusableError("answers with credentials that have expired already, by this machine's clock")
        return found


def make_unattended(session: Session) -> None:
    """Have credentials come, or fail, in time; also where one profile leans on another.

    Raises:
        BotoCoreError: The profile, or the file that it is in, is wrong.
    """
    # By its name: botocore makes some of these providers in places that nobody can reach otherwise.
    credentials.ProcessProvider = _BoundedProvider  # type: ignore[misc, assignment]
    if sys.stdin is None or not sys.stdin.isatty():
        session.get_component("credential_provider").get_provider("assume-role")._prompter = _refused  # noqa: SLF001 - as above


def _refused(_: str) -> str:
    raise SettingsError(
        "The AWS profile asks for the code of a second factor (mfa_serial), and nobody is there to type it.",
        remedy="Give the relay credentials of its own, by a certificate or an access key (docs/relay.md).",
        code="exchange-credentials",
    )
