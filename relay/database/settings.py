"""Where Synergetic is and how to log in to it: the section `[synergetic]` of the configuration.

What a driver does not understand is refused here, by the setting's name, rather than left out of the connection in silence.
"""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from relay.database.connection_string import build, names_a_password
from relay.database.drivers import OTHER, SQLITE, Family, Place, family_of
from relay.paths import FilePath
from shared.errors import SettingsError
from shared.synergetic import Mode, SynergeticSettings

PASSWORD_VARIABLE = "OPEROO_RELAY_DB_PASSWORD"  # noqa: S105 - the name of a variable, not a password
_SAID_BY_A_STRING = {"driver", "database", *Place.OPTIONS} - {"password_file"}


def _without_port(server: str) -> str:
    # `tcp:name` is a driver's way to name a protocol, and the colons of an address of IPv6 are no port.
    if "," in server or re.fullmatch(r"[^:]+:\d+", server):
        raise ValueError("must not hold the port, which has a key of its own: `port`, or --port of `init`")
    return server


Server = Annotated[str, AfterValidator(_without_port)]


class DatabaseSettings(BaseModel):
    """Where Synergetic is: `[synergetic]`.

    Attributes:
        mode: Whether medical details flow back into Synergetic.
        connection: A whole ODBC connection string instead of the single settings; it may not hold a password.
        trusted: Log in as the account that the relay runs under.
        password_file: A file with the login's password in it, which nobody else can read.
        server_certificate: The server's own certificate, if no authority vouches for it; from SQL Server 2022 on.
        certificate_host: The name in the server's certificate, if it is not `server`.
        ca_file: The authorities that vouch for the server's certificate, if they are not the system's.
        read_only_intent: Let an availability group answer from a secondary, which may lag behind.
        snapshot: Read everything as of one moment where the server offers it.
        modified_by: Who is said to have changed a row that two-way mode wrote, where Synergetic keeps a login.
        modified_by_id: The same where it keeps a Community ID; 0 is nobody.
        contract: What the school calls things in Synergetic, where it differs from the product's documentation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = "one-way"
    driver: str = "ODBC Driver 18 for SQL Server"
    server: Server = ""
    port: int | None = Field(default=None, ge=1, le=65535)
    database: str = ""
    user: str = ""
    trusted: bool = False
    password_file: FilePath | None = None
    encrypt: bool = True
    trust_server_certificate: bool = False
    server_certificate: FilePath | None = None
    certificate_host: str = ""
    ca_file: FilePath | None = None
    multi_subnet_failover: bool = False
    read_only_intent: bool = False
    connection: str = ""
    login_timeout_s: int = Field(default=15, ge=1, le=600)
    query_timeout_s: int = Field(default=300, ge=1, le=86_400)
    snapshot: bool = True
    modified_by: str = Field(default="operoo", min_length=1, max_length=50)
    modified_by_id: int = Field(default=0, ge=0, le=2**31 - 1)
    contract: SynergeticSettings = SynergeticSettings()

    @field_validator("connection")
    @classmethod
    def _no_password_in_the_file(cls, value: str) -> str:
        if names_a_password(value):
            raise ValueError(f"must not hold the password; put it into the environment variable {PASSWORD_VARIABLE}")
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> "DatabaseSettings":
        if mistake := next(self._mistakes(), None):
            raise ValueError(mistake)
        return self

    def _mistakes(self) -> Iterator[str]:
        given = self._given()
        if self.connection:
            if alone := sorted(given & _SAID_BY_A_STRING):
                yield f"give either `connection` or `{alone[0]}`, not both: a connection string says everything itself"
            return
        if not self.database.strip():
            yield "give `server` and `database`, or a whole `connection` string"
        yield from self._mistakes_of_login()
        yield from self._mistakes_of_driver(given)

    def _given(self) -> set[str]:
        known = type(self).model_fields
        return {name for name in known if getattr(self, name) != known[name].default}

    def _mistakes_of_login(self) -> Iterator[str]:
        if self.is_sqlite:
            return
        if not self.server.strip():
            yield "give the `server` that holds the database"
        if not (self.user.strip() or self.trusted):
            yield "give the `user` to log in as, or `trusted = true` for the Windows account"
        if self.trusted and (self.user or self.password_file):
            yield "give either `user` or `trusted = true`, not both: the account that the relay runs under has no password here"
        if self.port and "\\" in self.server:
            yield "give either a `port` or an instance in `server`, not both: the port alone finds it"
        checked = self.server_certificate or self.certificate_host or self.ca_file
        if checked and (self.trust_server_certificate or not self.encrypt):
            yield "the server's certificate is not checked: leave out what it should be checked by, or have it checked"

    def _mistakes_of_driver(self, given: set[str]) -> Iterator[str]:
        family = self.family
        if family is OTHER:
            yield (
                f"`driver` = {self.driver} is none that this relay knows: name Microsoft's “ODBC Driver 18 for SQL Server” "
                "or “ODBC Driver 17 for SQL Server”, or FreeTDS, or give a whole `connection` string"
            )
            return
        yield from (f"`{name}` means nothing to {family.name}: {family.instead(name)}" for name in family.unknown(given))
        yield from family.unfit(self.place)

    def check_may_write(self) -> None:
        """Let nothing be written in one-way mode.

        Raises:
            SettingsError: The mode is one-way.
        """
        if self.mode != "two-way":
            raise SettingsError(
                "The relay is set to one-way: it only ever reads Synergetic.",
                remedy='Medical details are written back with `mode = "two-way"` in [synergetic], and a login that may write.',
                code="one-way",
            )

    def text(self, password: SecretStr, *, writing: bool = False) -> str:
        """Return the connection string, password included: for the driver only, never for a message.

        Raises:
            SettingsError: The driver would misread the password.
        """
        secret = password.get_secret_value()
        try:
            if self.connection:
                return f"{self.connection.rstrip('; ')};" + build([("PWD", secret)], doubles=self.family.doubles)
            return self.family.text(self.place, secret, writing=writing)
        except ValueError as error:
            instead = "" if self.family.doubles else " Or use Microsoft's driver, which takes closing braces."
            raise SettingsError(
                f"The password of the database login cannot be given to {self.family.name}: {error}.",
                remedy="Give it as UTF-8 text, or have the database administrator set another one, without closing braces."
                f"{instead}",
                code="password-unfit",
            ) from None

    @property
    def family(self) -> Family:
        """The kind of driver."""
        return family_of(self.connection or self.driver)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file read through the SQLite driver, as the sample school is."""
        return self.family is SQLITE

    @property
    def place(self) -> Place:
        """What a driver is told of where the database is."""
        return Place(**{field.name: getattr(self, field.name) for field in fields(Place)})
