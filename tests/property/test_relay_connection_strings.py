"""Whatever a school writes into a setting or chooses as a password: it stays one value, and no keyword comes out of it."""

from collections.abc import Callable

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from pydantic import ValidationError

from relay.database.drivers import FREETDS, MICROSOFT_17, MICROSOFT_18, Family, freetds_conf
from relay.database.settings import DatabaseSettings

DRIVERS = {MICROSOFT_17: "ODBC Driver 17 for SQL Server", MICROSOFT_18: "ODBC Driver 18 for SQL Server", FREETDS: "FreeTDS"}
# What breaks strings, more often than chance would have it.
TEXTS = st.lists(st.sampled_from(["{", "}", "};", ";", "=", "UID=sa", "DSN=x", " ", "\n", "\0"]) | st.text(max_size=3)).map(
    "".join
)


def as_odbc_says(text: str) -> dict[str, str]:
    """Read a connection string as ODBC defines it: two closing braces are one."""
    found = {}
    while text:
        keyword, _, text = text.partition("={")
        value = ""
        while not text.startswith("};"):
            length = 2 if text.startswith("}}") else 1
            value += text[0]
            text = text[length:]
        found[keyword] = value
        text = text[2:]
    return found


def as_freetds_does(text: str) -> dict[str, str]:
    """Read a connection string as FreeTDS 1.3 does: a value in braces ends at the first brace before a semicolon."""
    found = {}
    while text:
        keyword, _, text = text.partition("={")
        found[keyword], _, text = text.partition("};")
    return found


READERS: dict[Family, Callable[[str], dict[str, str]]] = {
    MICROSOFT_17: as_odbc_says,
    MICROSOFT_18: as_odbc_says,
    FREETDS: as_freetds_does,
}


@pytest.mark.parametrize("family", READERS, ids=lambda family: family.name)
@given(database=TEXTS, user=TEXTS, server=TEXTS, password=TEXTS)
def test_no_value_becomes_a_keyword(family: Family, database: str, user: str, server: str, password: str) -> None:
    """A reader of the string finds every value as it was given; what it could not is refused."""
    try:
        settings = DatabaseSettings(driver=DRIVERS[family], server=server, database=database, user=user)
        text = family.text(settings.place, password)
    except ValueError as error:
        note(str(error))
        return
    expected = {"Driver": DRIVERS[family], "Database": database, "UID": user, "PWD": password, "APP": "operoo-relay"}
    expected |= {"Servername": "operoo-relay"} if family is FREETDS else {"Server": server}
    found = READERS[family](text)
    assert {keyword: found.get(keyword, "") for keyword in expected} == expected
    assert set(found) <= set(expected) | {"Encrypt", "TrustServerCertificate"}


@given(server=TEXTS)
def test_no_server_becomes_a_line_of_freetds_file(server: str) -> None:
    """Nothing in its file comes from a value but the value."""
    try:
        settings = DatabaseSettings(driver="FreeTDS", server=server, database="d", user="u")
    except ValidationError:
        return
    names = [line.split(" = ")[0] for line in freetds_conf(settings.place).split("\n")]
    assert [name for name in names if name not in {"host", "instance"}] == [
        "[operoo-relay]",
        *("tds version", "client charset", "encryption", "ca file", "check certificate hostname", ""),
    ]
