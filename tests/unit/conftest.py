"""Unit tests speak to nobody: a socket that one of them opens is an error."""

import pytest


@pytest.fixture(autouse=True)
def no_network(socket_disabled: None) -> None:
    """Let no socket be opened."""
