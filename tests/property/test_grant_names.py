"""Any name that may be a login's is the same name on the server, however odd, and breaks out of nothing."""

from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.errors import SettingsError
from shared.synergetic import SynergeticSettings, Version
from shared.synergetic.grant_script import Target, batches, grant_script, revoke_script
from shared.synergetic.login import Login, LoginKind
from tests.unit.paper_school import paper_school


def odd(queued_messages: str) -> st.SearchStrategy[str]:
    """Return names of such letters that neither begin nor end with a blank."""
    return st.text(queued_messages, min_size=1, max_size=12).map(lambda text: text.strip() or "a")


LETTERS = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S"), exclude_characters="\\")
PLAIN = st.one_of(odd("aZ0 '\"[];-.$(){}%/*=é"), st.text(LETTERS, min_size=1, max_size=12))
# No login has a backslash, but a Windows account, which has one and fewer other signs.
LOGINS = st.one_of(
    st.tuples(PLAIN, st.sampled_from(["sql", "contained"])),
    st.tuples(odd("aZ0 '-.$(){}%é[]").map(r"SCHOOL\{}".format), st.just("windows")),
)
VERSION = Version.parse("68.24")


@settings(max_examples=settings().max_examples // 2)
@given(LOGINS)
def test_any_login_is_itself(named: tuple[str, LoginKind]) -> None:
    """Both scripts do what they do for a plain name, to exactly this login."""
    name, kind = named
    try:
        login = Login(name, kind)
    except SettingsError:
        assume(False)
    server = paper_school("68.24")
    target = Target(VERSION, SynergeticSettings(), login, "School")
    assert server.run(grant_script(target, "two-way")) == []
    assert server.databases["School"].users == {name: name}
    assert server.logins == (set() if kind == "contained" else {name})
    assert server.run(revoke_script(target, drop_login=kind != "contained")) == []
    assert server.is_bare()


@given(st.text(min_size=1, max_size=12))
def test_any_name_is_a_login_or_refused(name: str) -> None:
    """No name ends in another error, and a refusal never repeats what cannot be printed."""
    for kind in ("sql", "windows", "contained"):
        with suppress(SettingsError):
            assert Login(name, kind).name == name
    with pytest.raises(SettingsError) as refused:
        Login(f"{name}\n")
    assert refused.value.what.isprintable()


@given(st.text(alphabet="a';-)\n", min_size=1, max_size=8).filter(lambda text: "\nGO\n" not in text))
def test_any_password_stays_one_literal(password: str) -> None:
    """Put in for programs that have no sqlcmd, a password ends where it should."""
    target = Target(VERSION, SynergeticSettings(), Login("operoo_relay"), "School")
    script = grant_script(target, "one-way")
    plain, filled = batches(script, password="x")[0], batches(script, password=password)[0]
    assert filled == plain.replace("N'x'", "N'" + password.replace("'", "''") + "'")


def test_the_names_tried_are_odd_enough() -> None:
    """Among them are ones that would end a literal, an identifier or a statement; sqlcmd's variables are refused."""
    for name in ("O'Hara]x", "a;b", "x]]", "'; --"):
        assert Login(name).name == name
    with pytest.raises(SettingsError):
        Login("$(x)")
