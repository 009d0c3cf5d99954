"""Connection strings: no value can break out of its place, no password can be seen."""

import pytest

from relay.connection_string import build, escape, names_a_password, redact


@pytest.mark.parametrize("value", ["plain", "a;b", "p}w;UID=sa", "{x}", "}}", "a=b", " blank "])
def test_an_escaped_value_ends_where_it_should(value: str) -> None:
    """Whatever is in a value, undoing the braces gives it back."""
    text = escape(value)
    assert text[0] == "{"
    assert text[-1] == "}"
    assert text[1:-1].replace("}}", "").count("}") == 0
    assert text[1:-1].replace("}}", "}") == value


def test_empty_values_are_left_out() -> None:
    """A keyword without a value is not written."""
    assert build([("Server", "s"), ("UID", ""), ("Database", "d")]) == "Server={s};Database={d}"


@pytest.mark.parametrize(
    "text",
    ["UID=a;PWD=geheim", "pwd={ge;heim};x=1", "Password = geheim;x=1", "PWD={ge}};heim};Encrypt=yes", "PWD={ge;heim"],
)
def test_a_password_is_masked_however_it_is_written(text: str) -> None:
    """No part of the password survives redaction."""
    shown = redact(text)
    assert "heim" not in shown
    assert "***" in shown
    assert names_a_password(text)


def test_text_without_a_password_is_left_alone() -> None:
    """Redaction changes nothing else."""
    assert redact("Server={s};UID={a}") == "Server={s};UID={a}"
    assert not names_a_password("Server={s};UID={a}")
