"""Ports of this machine, taken at once: between asking whether one is free and taking it, another program may."""

import socket

from shared.errors import SettingsError


def listen(port: int = 0, host: str = "127.0.0.1") -> socket.socket:
    """Take a port, 0 for any that is free: from now on nobody else has it.

    Raises:
        OSError: Somebody else has it, or this machine has no such address.
    """
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    # Connections inherit it. asyncio sets it only on sockets of a named protocol; without, an answer in two parts takes 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def listen_or_say(asked: int | None, *, usual: int, option: str) -> socket.socket:
    """Take the port that was asked for; if none was, the usual one, or any that is free.

    Raises:
        SettingsError: Another program has the one that was asked for; names the command line's option.
    """
    try:
        return listen(usual if asked is None else asked)
    except OSError:
        if asked is None:
            return listen()
        raise SettingsError(
            f"Port {asked} is taken by another program.",
            remedy=f"Choose another with {option}, or leave it out to take any free one.",
            code="port-taken",
        ) from None
