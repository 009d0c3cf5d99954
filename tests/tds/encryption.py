"""Encryption for the double: a front that does SQL Server's TLS and hands the plain conversation on."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.tds import wire

_HANDSHAKE = b"\x16"
# Where the answer to the first message says at which offset its word on encryption is, and the word for “always”.
_OFFSET, _ENCRYPTED = slice(6, 8), 1


def self_signed(folder: Path, *, host: str) -> Path:
    """Make a certificate that only vouches for itself, with its key in the same file."""
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{host}.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@contextmanager
def encrypting(port: int, certificate: Path) -> Iterator[int]:
    """Run a front that encrypts before the double on another port, and give its own port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Up to this version the handshake of this protocol ends with a message of the server's.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["tds/8.0"])
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=_front, args=(client, port, context), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _front(client: socket.socket, port: int, context: ssl.SSLContext) -> None:
    """Agree with a client on how to encrypt, then go between it and the double.

    A strict one (TDS 8) encrypts from the first byte on; any other packs the handshake into messages of the protocol.
    """
    taken, given = ssl.MemoryBIO(), ssl.MemoryBIO()
    tunnel = context.wrap_bio(taken, given, server_side=True)
    with client, suppress(wire.HungUp, OSError, ssl.SSLError):
        strict = client.recv(1, socket.MSG_PEEK) == _HANDSHAKE
        if not strict:
            wire.receive(client)
            wire.send(client, _prelogin())
        shaken = False
        while not shaken:
            taken.write(client.recv(65536) or _end() if strict else wire.receive(client)[1])
            shaken = _shaken(tunnel)
            if strict:
                client.sendall(given.read())
            else:
                wire.send(client, given.read(), kind=wire.PRELOGIN)
        _go_between(client, port, tunnel, taken, given)


def _go_between(client: socket.socket, port: int, tunnel: ssl.SSLObject, taken: ssl.MemoryBIO, given: ssl.MemoryBIO) -> None:
    with socket.create_connection(("127.0.0.1", port)) as double:
        double.sendall(_plain(tunnel))
        while True:
            ready, _, _ = select.select([client, double], [], [])
            if double in ready:
                tunnel.write(double.recv(65536) or _end())
                client.sendall(given.read())
            if client in ready:
                taken.write(client.recv(65536) or _end())
                double.sendall(_plain(tunnel))


def _prelogin() -> bytes:
    content = bytearray(wire.prelogin())
    content[int.from_bytes(content[_OFFSET])] = _ENCRYPTED
    return bytes(content)


def _shaken(tunnel: ssl.SSLObject) -> bool:
    try:
        tunnel.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _plain(tunnel: ssl.SSLObject) -> bytes:
    content = b""
    with suppress(ssl.SSLWantReadError):
        while piece := tunnel.read(65536):
            content += piece
    return content


def _end() -> bytes:
    raise wire.HungUp
