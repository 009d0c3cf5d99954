"""Kinds of command-line argument that the programs of this room share: each says in a line what is wrong with a value."""

import argparse

_LAST_PORT = 65_535


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
