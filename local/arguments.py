"""Kinds of command-line argument that the programs of this room share: each says in a line what is wrong with a value."""

import argparse
from ipaddress import ip_address

_LAST_PORT = 65_535


def take_none(program: str, description: str | None) -> None:
    """End a program that takes no arguments, if it is given one: `--help` is answered, and nothing else is done."""
    argparse.ArgumentParser(prog=f"python -m {program}", description=description).parse_args()


def port(text: str) -> int:
    """Read a TCP port; 0 is any free one.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_LAST_PORT}")
    return int(text)


def assignment(text: str) -> tuple[str, str]:
    """Read `NAME=VALUE`.

    Raises:
        argparse.ArgumentTypeError: There is no name, or no equals sign.
    """
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError("it is given as NAME=VALUE")
    return name, value


def count(text: str) -> int:
    """Read how many.

    Raises:
        argparse.ArgumentTypeError: It is not a whole number, or less than none.
    """
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("it is a whole number, 0 or more")
    return int(text)


def address(text: str) -> str:
    """Read an IP address.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    try:
        return str(ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError("an IP address is given as 203.0.113.7 or 2001:db8::7") from None
