"""How this relay stands to what its stack asks of every relay: one that is too old goes on reading, and writes nothing back."""

from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from relay.version import relay_version
from shared.errors import FatalError


@dataclass(frozen=True)
class VersionCheck:
    """A relay's version beside the minimum of its stack.

    Attributes:
        version: The relay's own.
        minimum: What the stack asks for; empty if any will do.
    """

    version: str
    minimum: str

    @classmethod
    def here(cls, minimum: str) -> "VersionCheck":
        """Return how the relay that runs here stands to a minimum."""
        return cls(relay_version(), minimum)

    @property
    def may_write(self) -> bool:
        """Whether this relay may write to Synergetic; what cannot be compared is too old."""
        if not self.minimum:
            return True
        try:
            return Version(self.version) >= Version(self.minimum)
        except InvalidVersion:
            return False

    def check_may_write(self) -> None:
        """Let nothing be written by a relay that is too old.

        Raises:
            FatalError: It is.
        """
        if not self.may_write:
            raise FatalError(
                f"This relay is version {self.version}, and its stack asks for {self.minimum}: it writes nothing back.",
                remedy="Install a newer release of the relay (docs/relay.md).",
                code="relay-outdated",
            )
