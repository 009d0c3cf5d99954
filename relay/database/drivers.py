"""What each family of ODBC drivers understands: which setting is which keyword, and how a connection string is made of them.

Microsoft's drivers take everything from the connection string. FreeTDS takes from a file of its own what it checks a server's
certificate by, and checks nothing without that file; so it is given one while it connects.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from relay.database.connection_string import build
from relay.disk import disk_errors

_MICROSOFT = re.compile(r"(?i)odbc driver (\d+) for sql server|msodbcsql-?(\d+)")
_FREETDS = re.compile(r"(?i)freetds|tdsodbc")
_FIRST_WITH_CERTIFICATE_KEYWORDS = 18
_SECTION, _CONF_VARIABLE = "operoo-relay", "FREETDSCONF"
_CLEAN = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True)
class Place:
    """What a driver is told of where the database is; the settings of `[synergetic]` by their names."""

    # Which of these not every family knows.
    OPTIONS: ClassVar[tuple[str, ...]] = (
        *("server", "port", "user", "trusted", "password_file", "encrypt", "trust_server_certificate"),
        *("server_certificate", "certificate_host", "ca_file", "multi_subnet_failover", "read_only_intent"),
    )

    driver: str
    server: str
    port: int | None
    database: str
    user: str
    trusted: bool
    encrypt: bool
    trust_server_certificate: bool
    server_certificate: Path | None
    certificate_host: str
    ca_file: Path | None
    multi_subnet_failover: bool
    read_only_intent: bool


@dataclass(frozen=True)
class Keyword:
    """What a setting is called in a connection string, and how yes and no are said; an empty word is left out."""

    name: str
    yes: str = "yes"
    no: str = "no"

    def part(self, value: object) -> tuple[str, str]:
        """Return keyword and value."""
        if isinstance(value, bool):
            return self.name, self.yes if value else self.no
        return self.name, str(value or "")


@dataclass(frozen=True, eq=False)
class Family:
    """Drivers that understand the same.

    Attributes:
        name: What messages call them.
        keywords: What a setting is in the connection string.
        elsewhere: Settings that they are told in another way.
        otherwise: What to do instead of a setting that they do not know; where nothing is said, leave it out.
        doubles: Whether two closing braces stand for one, as ODBC says.
    """

    name: str
    keywords: Mapping[str, Keyword]
    elsewhere: frozenset[str] = frozenset()
    otherwise: Mapping[str, str] = field(default_factory=dict)
    doubles: bool = True

    def unknown(self, given: Iterable[str]) -> list[str]:
        """Return which of the given settings mean nothing to these drivers."""
        return [name for name in Place.OPTIONS if name in given and name not in self.keywords and name not in self.elsewhere]

    def instead(self, name: str) -> str:
        """Return what to do instead of an unknown setting."""
        return self.otherwise.get(name, "leave it out")

    def unfit(self, place: Place) -> Iterator[str]:
        """Yield what is wrong with values that these drivers cannot be told."""
        if self is SQLITE and ";" in place.database:
            yield "the path of a SQLite file must not hold a semicolon"
        if self is FREETDS and not all(_CLEAN.fullmatch(str(value)) for value in (place.server, place.ca_file)):
            yield "`server` and `ca_file` must not hold control characters"
        try:
            self.text(place)
        except ValueError as error:
            yield str(error)

    def text(self, place: Place, password: str = "", *, writing: bool = False) -> str:
        """Return the connection string, password included: for the driver only, never for a message.

        Raises:
            ValueError: A value cannot be written for these drivers.
        """
        if self is SQLITE:
            # This driver takes braces for a part of the path. Without NoCreat it answers a misspelt one with a new, empty file,
            # and without StepAPI it reads a whole result into memory.
            return build([("Driver", place.driver)]) + f"Database={place.database};NoCreat=1;StepAPI=1;Timeout=10000"
        # The server's own certificate is compared under strict encryption alone. A secondary is for reading alone, and what is
        # about to be changed must not be read from one that lags behind.
        strict = [("Encrypt", "strict")] if place.server_certificate else []
        left_out = {"encrypt"} if strict else set()
        left_out |= {"read_only_intent"} if writing else set()
        parts = [keyword.part(getattr(place, name)) for name, keyword in self.keywords.items() if name not in left_out]
        secret = [] if place.trusted else [("PWD", password)]
        return build(
            [("Driver", place.driver), self._address(place), *parts, *strict, *secret, ("APP", "operoo-relay")],
            doubles=self.doubles,
        )

    def _address(self, place: Place) -> tuple[str, str]:
        if self is FREETDS:
            return "Servername", _SECTION
        return "Server", f"{place.server},{place.port}" if place.port else place.server


_COMMON = {
    "database": Keyword("Database"),
    "user": Keyword("UID"),
    "trusted": Keyword("Trusted_Connection", no=""),
    "read_only_intent": Keyword("ApplicationIntent", yes="ReadOnly", no=""),
}
_MICROSOFTS = _COMMON | {
    "encrypt": Keyword("Encrypt"),
    "trust_server_certificate": Keyword("TrustServerCertificate"),
    "multi_subnet_failover": Keyword("MultiSubnetFailover", no=""),
}
_TOLD_BY_ADDRESS = frozenset({"server", "port", "password_file"})
_SYSTEMS_STORE = "put the authority's certificate into this system's store"
MICROSOFT_17 = Family(
    "Microsoft's ODBC Driver 17",
    _MICROSOFTS,
    elsewhere=_TOLD_BY_ADDRESS,
    otherwise={
        "ca_file": _SYSTEMS_STORE,
        "server_certificate": f"use ODBC Driver 18, or {_SYSTEMS_STORE}",
        "certificate_host": "use ODBC Driver 18, or give the name in the certificate as `server`",
    },
)
MICROSOFT_18 = Family(
    "Microsoft's ODBC Driver 18",
    _MICROSOFTS | {"server_certificate": Keyword("ServerCertificate"), "certificate_host": Keyword("HostnameInCertificate")},
    elsewhere=_TOLD_BY_ADDRESS,
    otherwise={"ca_file": f"{_SYSTEMS_STORE}, or name the server's own certificate as `server_certificate`"},
)
FREETDS = Family(
    "FreeTDS",
    _COMMON,
    elsewhere=_TOLD_BY_ADDRESS | {"encrypt", "trust_server_certificate", "ca_file"},
    otherwise={
        "server_certificate": "name it, or the certificate of the authority behind it, as `ca_file`",
        "certificate_host": "give the name in the certificate as `server`",
        "multi_subnet_failover": "use Microsoft's driver",
    },
    doubles=False,
)
SQLITE = Family("the SQLite driver, which reads a file on this machine", {"database": Keyword("Database")})
# Whatever else a whole connection string names.
OTHER = Family("this driver", {})


def family_of(text: str) -> Family:
    """Return the family that a driver's name, or a whole connection string, names."""
    if "sqlite" in text.lower():
        return SQLITE
    if _FREETDS.search(text):
        return FREETDS
    if (found := _MICROSOFT.search(text)) and (version := int(found[1] or found[2])) >= _FIRST_WITH_CERTIFICATE_KEYWORDS - 1:
        return MICROSOFT_18 if version >= _FIRST_WITH_CERTIFICATE_KEYWORDS else MICROSOFT_17
    return OTHER


@contextmanager
def prepared(family: Family, place: Place) -> Iterator[None]:
    """Give FreeTDS its file for as long as it connects; the other drivers need nothing."""
    if family is not FREETDS or not place.server:
        yield
        return
    before = os.environ.get(_CONF_VARIABLE)
    with ExitStack() as stack:
        with disk_errors(Path(os.environ.get("TMPDIR", "/tmp")), chosen_by="the environment variable TMPDIR"):  # noqa: S108 - a name
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="operoo-relay-", ignore_cleanup_errors=True))
            conf = Path(folder) / "freetds.conf"
            conf.write_text(freetds_conf(place), encoding="utf-8")
        os.environ[_CONF_VARIABLE] = str(conf)
        try:
            yield
        finally:
            del os.environ[_CONF_VARIABLE]
            if before is not None:
                os.environ[_CONF_VARIABLE] = before


def freetds_conf(place: Place) -> str:
    """Return the file that tells FreeTDS where the server is and how to make sure of it."""
    host, _, instance = place.server.partition("\\")
    lines = {
        "host": host,
        "port": place.port,
        "instance": instance,
        "tds version": "7.4",
        "client charset": "UTF-8",
        # Even then the login itself is encrypted.
        "encryption": "require" if place.encrypt else "request",
        "ca file": (place.ca_file or "system") if place.encrypt and not place.trust_server_certificate else "",
        "check certificate hostname": "yes",
    }
    return f"[{_SECTION}]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items() if value)
