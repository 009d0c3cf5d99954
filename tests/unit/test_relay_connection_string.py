"""Connection strings: no value can break out of its place, no password can be seen."""

import pytest

from relay.database.connection_string import build, escape, names_a_password


@pytest.mark.parametrize("value", ["plain", "a;b", "p}w;UID=sa", "{x}", "}}", "a=b", " blank "])
def test_an_escaped_value_ends_where_it_should(value: str) -> None:
    """Whatever is in a value, undoing the braces gives it back."""
    text = escape(value)
    assert text[0] == "{"
    assert text[-1] == "}"
    assert text[1:-1].replace("}}", "").count("}") == 0
    assert text[1:-1].replace("}}", "}") == value


@pytest.mark.parametrize(("value", "doubles"), [("a};UID=sa", True), ("a\nb", True), ("a\0b", True), ("a}b", False)])
def test_what_a_driver_would_misread_is_refused(value: str, doubles: bool) -> None:  # noqa: FBT001
    """A value that ends too early in one of the programs that read the string is not written at all."""
    with pytest.raises(ValueError, match="misread") as caught:
        build([("PWD", value)], doubles=doubles)
    assert "the value of PWD" in str(caught.value)
    assert value not in str(caught.value)


def test_empty_values_are_left_out() -> None:
    """A keyword without a value is not written; the last one ends with a semicolon, which FreeTDS needs."""
    assert build([("Server", "s"), ("UID", ""), ("Database", "d")]) == "Server={s};Database={d};"


@pytest.mark.parametrize("text", ["UID=a;PWD=x", "pwd={ge;heim};x=1", "Password = x;x=1", "AccessToken={x}"])
def test_a_password_is_noticed_however_it_is_written(text: str) -> None:
    """So a configuration that holds one can be refused."""
    assert names_a_password(text)


def test_a_login_name_is_no_password() -> None:
    """A string without one is let through."""
    assert not names_a_password("Server={s};UID={a};Trusted_Connection=yes")
