"""Versions of Synergetic: read leniently, since no public source says how the database writes them, and put in order."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.errors import ContractError

OLDEST, NEWEST = 65, 71
# Of what came later too little is known to write to it, unless a school says so.
NEWEST_WRITTEN = 69
FIRST_SINGLE_DATABASE = 68
# Of other versions no second release is known.
_LAST_RELEASES = {66: 2}
_TOO_NEW = "Install a newer relay, or ask whether one is planned."
_TOO_OLD = "Have Synergetic updated; if it is newer than the database states, set `version` in [synergetic.contract]."
_SETTING = "Give it as `version` in [synergetic.contract], or as --version of `operoo-relay grants`"
_SHAPE = re.compile(
    r"(?:synergetic\s*)?(?:version|ver\.?|v)?\s*"
    r"(?P<shown>(\d{2,3})((?:\.\d{1,9})*)(?:[\s._-]*R\s*(\d{1,3}))?((?:\.\d{1,9})*))(?!\.?\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, order=True)
class Version:
    """A version such as `66R2`, `68.24` or `70.16.1`; `66` alone is its first release, `66R1`.

    Attributes:
        major: The first number, which decides the layout.
        release: The number after `R`.
        rest: The numbers after the points.
        text: As it was written.
    """

    major: int
    release: int = 1
    rest: tuple[int, ...] = ()
    text: str = field(default="", compare=False)

    @classmethod
    def parse(cls, raw: object) -> "Version":
        """Read what `SynDatabases.VersionNumber` or a person says.

        Raises:
            ContractError: It is not a version, or not one that this contract knows.
        """
        text = str(raw).strip() if raw is not None else ""
        found = _SHAPE.match(text)
        if not found:
            raise ContractError(
                "The version of Synergetic cannot be read.",
                remedy=f'{_SETTING}, for example "68.24".',
                code="version-unreadable",
            )
        major = int(found[2])
        numbers = [int(number) for number in re.findall(r"\d+", f"{found[3]} {found[5]}")]
        while numbers and numbers[-1] == 0:
            numbers.pop()
        if not OLDEST <= major <= NEWEST:
            raise ContractError(
                f"Synergetic {major} is not supported; versions {OLDEST} to {NEWEST} are.",
                remedy=_TOO_NEW if major > NEWEST else _TOO_OLD,
                code="version-unsupported",
            )
        return cls(major, int(found[4] or 1), tuple(numbers), found["shown"])

    @classmethod
    def choose(cls, written: Iterable[object]) -> "Version":
        """Choose the version of an installation whose databases may each state one: the newest, if all share a layout.

        Raises:
            ContractError: None is stated, one cannot be read, or they disagree about the layout.
        """
        versions = [cls.parse(raw) for raw in written if raw is not None and str(raw).strip()]
        if not versions:
            raise ContractError(
                "The database does not state its version.",
                remedy=f"Check that it is Synergetic's main database. {_SETTING}.",
                code="version-unreadable",
            )
        if len({version.single_database for version in versions}) > 1:
            raise ContractError(
                f"The database states versions of two layouts: {', '.join(sorted(str(one) for one in versions))}.",
                remedy=f"{_SETTING}: the one in use.",
                code="version-ambiguous",
            )
        return max(versions)

    @property
    def single_database(self) -> bool:
        """Whether everything is in one database, in schemas, rather than in three databases."""
        return self.major >= FIRST_SINGLE_DATABASE

    @property
    def is_known(self) -> bool:
        """Whether a release of this number is known; one that is not has what its version has."""
        return 1 <= self.release <= _LAST_RELEASES.get(self.major, 1)

    def __str__(self) -> str:
        """Give back the version as it was written."""
        return self.text or ".".join(str(number) for number in (self.major, *self.rest))
