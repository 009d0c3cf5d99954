"""A double of SQL Server: it speaks TDS 7.4, answers through an engine, and fails as the real one does on demand."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.tds.answers import Engine, Fault, Login
from tests.tds.conversation import Conversation
from tests.tds.drivers import FREETDS
from tests.tds.wire import HungUp


@dataclass
class Double:
    """A server.

    Attributes:
        engine: What answers.
        faults: What goes wrong.
        statements: The text of every statement it was sent.
        logins: Everyone who has logged in.
    """

    engine: Engine
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def fail(self, **what: object) -> None:
        """Let something go wrong: the fields of `Fault`."""
        self.faults.append(Fault(**what))

    def fault(self, sql: str = "") -> Fault | None:
        """Return what goes wrong with a statement, or with a login."""
        return next((fault for fault in self.faults if fault.meets(sql)), None)

    def connection(self, user: str, database: str = "", password: str | None = None, *, driver: str = FREETDS) -> str:
        """Return the connection string by which a driver reaches it; without a password if none is given."""
        way = f"127.0.0.1;Port={self.port};TDS_Version=7.4" if driver == FREETDS else f"127.0.0.1,{self.port};Encrypt=no"
        parts = f"Driver={driver};Server={way};UID={user}"
        return parts + (f";Database={database}" if database else "") + (f";PWD={password}" if password is not None else "")

    def serve(self, listener: socket.socket) -> None:
        """Take connections until it is over."""
        while True:
            connection, _ = listener.accept()
            if self.over.is_set():
                connection.close()
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        # An answer goes out in several pieces, none of which is to wait for the other side.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, suppress(HungUp):
            Conversation(connection, self).run()


@contextmanager
def serving(engine: Engine) -> Iterator[Double]:
    """Run a double on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        double = Double(engine, listener.getsockname()[1])
        thread = threading.Thread(target=double.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield double
        finally:
            double.over.set()
            socket.create_connection(listener.getsockname()).close()  # it waits for a connection: this is its last
            thread.join(5)
