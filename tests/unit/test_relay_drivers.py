"""Driver families: each setting becomes what the driver understands, and what it does not understand is refused by name."""

import errno
import os
import tempfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from relay.database.drivers import FREETDS, MICROSOFT_17, MICROSOFT_18, OTHER, SQLITE, Family, family_of, freetds_conf, prepared
from relay.database.settings import DatabaseSettings
from shared.errors import TransientError

ODBC_17, ODBC_18 = "ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server"


def settings(driver: str = ODBC_18, **given: object) -> DatabaseSettings:
    """Return settings that name a server, a database and a login."""
    return DatabaseSettings(**({"driver": driver, "server": "sql01", "database": "Synergetic", "user": "reader"} | given))


def text(made: DatabaseSettings, *, writing: bool = False) -> str:
    """Return the connection string."""
    return made.family.text(made.place, "hunter2", writing=writing)


def conf(**given: object) -> dict[str, str]:
    """Return what FreeTDS's file says."""
    lines = freetds_conf(settings("FreeTDS", **given).place).splitlines()
    assert lines[0] == "[operoo-relay]"
    return dict(line.split(" = ") for line in lines[1:])


@pytest.mark.parametrize(
    ("name", "family"),
    [
        (ODBC_18, MICROSOFT_18),
        ("odbc driver 19 for sql server", MICROSOFT_18),
        ("/opt/microsoft/msodbcsql18/lib64/libmsodbcsql-18.4.so.1.1", MICROSOFT_18),
        (ODBC_17, MICROSOFT_17),
        ("FreeTDS", FREETDS),
        ("/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so", FREETDS),
        ("SQLite3", SQLITE),
        ("SQL Server", OTHER),
        ("ODBC Driver 11 for SQL Server", OTHER),
        ("DSN=Synergetic;UID=reader", OTHER),
    ],
)
def test_a_driver_belongs_to_a_family(name: str, family: Family) -> None:
    """By the name it is installed under, or by its file."""
    assert family_of(name) is family


def test_the_defaults_are_encrypted_and_checked() -> None:
    """Microsoft's driver is told so in words, whatever its own defaults are."""
    assert text(settings()) == (
        "Driver={ODBC Driver 18 for SQL Server};Server={sql01};Database={Synergetic};UID={reader};Encrypt={yes};"
        "TrustServerCertificate={no};PWD={hunter2};APP={operoo-relay};"
    )


def test_freetds_checks_the_certificate_by_its_own_file() -> None:
    """It has no keyword for that, and would trust any server."""
    assert text(settings("FreeTDS")) == (
        "Driver={FreeTDS};Servername={operoo-relay};Database={Synergetic};UID={reader};PWD={hunter2};APP={operoo-relay};"
    )
    assert conf() == {
        "host": "sql01",
        "tds version": "7.4",
        "client charset": "UTF-8",
        "encryption": "require",
        "ca file": "system",
        "check certificate hostname": "yes",
    }


def test_encryption_and_checking_can_be_given_up() -> None:
    """By a setting of each, which is off."""
    plain = text(settings(encrypt=False, trust_server_certificate=True))
    assert "Encrypt={no};TrustServerCertificate={yes}" in plain
    assert "ca file" not in conf(trust_server_certificate=True)
    assert conf(encrypt=False)["encryption"] == "request"


def test_a_certificate_of_ones_own() -> None:
    """Each family that can checks the server by what the school has."""
    own = text(settings(server_certificate=Path("/etc/sql.pem"), certificate_host="sql.school.example"))
    assert "ServerCertificate={/etc/sql.pem};HostnameInCertificate={sql.school.example};Encrypt={strict};" in own
    assert own.count("Encrypt") == 1
    assert conf(ca_file=Path("/etc/ca.pem"))["ca file"] == "/etc/ca.pem"


def test_ports_and_instances() -> None:
    """Microsoft's drivers have them behind the host, FreeTDS in lines of their own."""
    assert "Server={sql01,1444};" in text(settings(port=1444))
    assert "Server={sql01\\SYNERGETIC};" in text(settings(server="sql01\\SYNERGETIC"))
    assert conf(port=1444)["port"] == "1444"
    assert conf(server="sql01\\SYNERGETIC")["instance"] == "SYNERGETIC"


@pytest.mark.parametrize("driver", [ODBC_17, ODBC_18, "FreeTDS"])
def test_a_windows_login_has_no_password(driver: str) -> None:
    """With `trusted` there is neither user nor password, whatever the environment holds."""
    found = text(settings(driver, user="", trusted=True))
    assert "Trusted_Connection={yes}" in found
    assert "PWD" not in found
    assert "UID" not in found


@pytest.mark.parametrize("driver", [ODBC_17, ODBC_18, "FreeTDS"])
def test_a_secondary_is_never_written_to(driver: str) -> None:
    """Reading may go to a secondary if the school says so; what is about to be changed is read from the primary."""
    assert "ApplicationIntent" not in text(settings(driver))
    asked = settings(driver, read_only_intent=True)
    assert "ApplicationIntent={ReadOnly}" in text(asked)
    assert "ApplicationIntent" not in text(asked, writing=True)


def test_a_failover_over_several_subnets() -> None:
    """Microsoft's drivers try all addresses at once."""
    assert "MultiSubnetFailover={yes}" in text(settings(ODBC_17, multi_subnet_failover=True))


PATH = Path("/etc/x.pem")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ca_file": PATH}, "`ca_file` means nothing to Microsoft's ODBC Driver 18: put the authority's"),
        ({"driver": ODBC_17, "server_certificate": PATH}, "`server_certificate` means nothing to Microsoft's ODBC Driver 17"),
        ({"driver": ODBC_17, "certificate_host": "x"}, "`certificate_host` means nothing"),
        (
            {"driver": "FreeTDS", "server_certificate": PATH},
            "name it, or the certificate of the authority behind it, as `ca_file`",
        ),
        ({"driver": "FreeTDS", "multi_subnet_failover": True}, "`multi_subnet_failover` means nothing to FreeTDS"),
        ({"driver": "FreeTDS", "database": "a}b"}, "the value of Database holds a closing brace"),
        ({"driver": "FreeTDS", "server": "a\nb"}, "`server` and `ca_file` must not hold control characters"),
        ({"driver": "SQLite3", "user": "", "port": 1}, "`server` means nothing to the SQLite driver"),
        ({"driver": "SQLite3", "user": "", "server": "", "database": "a;b"}, "must not hold a semicolon"),
        ({"driver": "SQL Server"}, "`driver` = SQL Server is none that this relay knows"),
        ({"server": "sql01\\X", "port": 1}, "give either a `port` or an instance"),
        ({"server": "sql01,1444"}, "must not hold the port"),
        ({"server": "sql01:1444"}, "must not hold the port"),
        ({"trusted": True}, "give either `user` or `trusted = true`, not both"),
        ({"user": "", "trusted": True, "password_file": PATH}, "has no password here"),
        ({"trust_server_certificate": True, "server_certificate": PATH}, "the server's certificate is not checked"),
        ({"connection": "DSN=x", "server": "", "user": "", "database": "", "encrypt": False}, "not both"),
    ],
)
def test_what_has_no_effect_is_refused(given: dict[str, object], says: str) -> None:
    """A setting is never dropped in silence: it is named, with what to do instead."""
    with pytest.raises(ValidationError) as caught:
        settings(**given)
    assert says in str(caught.value)


def test_a_connection_string_may_have_its_password_in_a_file() -> None:
    """That is said beside it, not in it."""
    assert DatabaseSettings(connection="DSN=x;UID=a", password_file=PATH, query_timeout_s=5).family is OTHER


def test_freetds_has_its_file_while_it_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards everything is as before."""
    monkeypatch.setenv("FREETDSCONF", "theirs")
    made = settings("FreeTDS")
    with prepared(made.family, made.place):
        path = Path(os.environ["FREETDSCONF"])
        assert "sql01" in path.read_text()
    assert os.environ["FREETDSCONF"] == "theirs"
    assert not path.exists()
    with prepared(MICROSOFT_18, made.place):
        assert os.environ["FREETDSCONF"] == "theirs"


def test_a_full_disk_keeps_freetds_from_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a disk's fault, not the database's, and is said as one."""

    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    made = settings("FreeTDS")
    with pytest.raises(TransientError) as caught, prepared(made.family, made.place):
        pytest.fail("it went on without")
    assert caught.value.code == "disk-full"
    assert "TMPDIR" in caught.value.remedy
