"""One client's conversation with the double: login, batches, prepared statements, transactions."""

import select
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from tests.tds import wire
from tests.tds.answers import Count, Fault, Login, Rows, SqlError
from tests.tds.described import PARAMETERS, TYPES
from tests.tds.requests import Call, LoginRequest, read_batch, read_call, read_login, read_transaction

if TYPE_CHECKING:
    from tests.tds.server import Double

_TRANSACTION = bytes([8, 1, 0, 0, 0, 0, 0, 0, 0])
_NONE = b"\x00"
_BEGUN, _ROLLED_BACK = 8, 10


class Conversation:
    """One connection."""

    def __init__(self, connection: socket.socket, double: "Double") -> None:
        self._connection = connection
        self._double = double
        self._login = Login("", "")
        self._prepared: dict[int, str] = {}

    def run(self) -> None:
        """Answer until the client leaves."""
        answers = {
            wire.PRELOGIN: lambda _: wire.send(self._connection, wire.prelogin()),
            wire.LOGIN: self._take_login,
            wire.BATCH: lambda content: self._answer(read_batch(content), {}, wire.done),
            wire.RPC: lambda content: self._call(read_call(content)),
            wire.TRANSACTION: self._change_transaction,
            wire.ATTENTION: lambda _: wire.send(self._connection, wire.done(wire.ATTENTION_TAKEN)),
        }
        try:
            while True:
                kind, content = wire.receive(self._connection)
                answers[kind](content)
        finally:
            self._login.leave()

    def _take_login(self, content: bytes) -> None:
        asked = read_login(content)
        database = asked.database or "master"
        options = {"program": asked.program, "read_only": asked.read_only}
        self._login = Login(asked.user, database, options=options)
        try:
            self._admit(asked)
        except SqlError as error:
            refusals = {error.number: error, 18456: SqlError(18456)}.values()
            text = b"".join(wire.error(one.number, one.severity, str(one)) for one in refusals)
            wire.send(self._connection, text + wire.done(wire.ERROR))
            raise wire.HungUp from error
        self._double.logins.append(self._login)
        wire.send(self._connection, wire.login_taken(database))

    def _admit(self, asked: LoginRequest) -> None:
        if fault := self._double.fault():
            self._fail(fault)
        if not self._double.engine.knows(asked.user, asked.password):
            raise SqlError(18456)
        if not self._double.engine.opens(self._login.database, asked.user):
            raise SqlError(4060)

    def _fail(self, fault: Fault) -> None:
        if fault.does == "drop":
            raise wire.HungUp
        if fault.does == "hang":
            self._hang()
        raise SqlError(fault.number)

    def _hang(self) -> None:
        """Say nothing until the client gives up or leaves."""
        while not self._double.over.is_set():
            if select.select([self._connection], [], [], 0.05)[0]:
                kind, _ = wire.receive(self._connection)
                if kind == wire.ATTENTION:
                    raise _TakenBackError
        raise wire.HungUp

    def _answer(self, sql: str, parameters: Mapping[str, object], end: Callable[..., bytes], *, tail: bytes = b"") -> None:
        """Answer a batch or a call: its results, what comes after them, and the end."""
        self._double.statements.append(sql)
        fault = self._double.fault(sql)
        database, transaction = self._login.database, self._login.began_under
        try:
            if fault and not fault.after:
                self._fail(fault)
            for answer in self._double.engine.run(self._login, sql, parameters):
                self._result(answer, fault)
            tail = self._transaction_changed(transaction) + tail
            if self._login.database != database:
                tail = wire.changed(1, wire.short_text(self._login.database), wire.short_text(database)) + tail
            wire.send(self._connection, tail + end())
        except SqlError as error:
            text = wire.error(error.number, error.severity, str(error)) + self._transaction_changed(transaction)
            wire.send(self._connection, text + end(wire.ERROR))
        except _TakenBackError:
            wire.send(self._connection, wire.done(wire.ATTENTION_TAKEN))

    def _result(self, answer: Rows | Count, fault: Fault | None) -> None:
        if isinstance(answer, Count):
            wire.send(self._connection, wire.done(wire.MORE, answer.rows, token=wire.DONE_IN_PROC), last=False)
            return
        written = bytearray(wire.metadata((name, kind.described) for name, kind in answer.columns))
        writers = [kind.write for _, kind in answer.columns]
        count = 0
        for count, row in enumerate(answer.rows, start=1):
            written += b"\xd1" + b"".join(write(value) for write, value in zip(writers, row, strict=True))
            if fault and fault.after == count:
                wire.send(self._connection, bytes(written), last=False)
                self._fail(fault)
        written += wire.done(wire.MORE, count, token=wire.DONE_IN_PROC)
        wire.send(self._connection, bytes(written), last=False)

    def _call(self, call: Call) -> None:
        if call.procedure == "sp_unprepare":
            wire.send(self._connection, wire.return_status() + _end_of_call())
            return
        if TYPES in call.procedure or PARAMETERS in call.procedure:
            given = {f"@{number}": value for number, value in enumerate(call.values)}
            self._answer(call.procedure, given, _end_of_call, tail=wire.return_status())
            return
        handle, tail = None, wire.return_status()
        values: Iterable[object]
        if call.procedure == "sp_execute":
            handle, *values = call.values
            sql, declared = self._prepared[handle]
        elif call.procedure == "sp_executesql":
            sql, declared, *values = [*call.values, ""] if len(call.values) == 1 else call.values
        else:
            _, declared, sql, *values = call.values
            handle = len(self._prepared) + 1
            self._prepared[handle] = (sql, declared)
            tail += wire.return_handle(handle)
        if call.procedure == "sp_prepare":
            wire.send(self._connection, tail + _end_of_call())
            return
        names = [one.split()[0] for one in str(declared or "").split(",@") if one.strip()]
        parameters = {f"@{name.lstrip('@')}": value for name, value in zip(names, values, strict=True)}
        self._answer(sql, parameters, _end_of_call, tail=tail)

    def _change_transaction(self, content: bytes) -> None:
        asked = read_transaction(content)
        before = self._login.began_under
        written = b""
        if asked.ends:
            self._login.began_under = None
            written += self._transaction_changed(before)
        if asked.begins:
            self._login.began_under = self._login.level
            written += self._transaction_changed(None)
        wire.send(self._connection, written + wire.done())

    def _transaction_changed(self, before: str | None) -> bytes:
        """Tell the client which transaction it is in now, which it must name from then on."""
        now = self._login.began_under
        if (before is None) == (now is None):
            return b""
        return wire.changed(_ROLLED_BACK, _NONE, _TRANSACTION) if now is None else wire.changed(_BEGUN, _TRANSACTION, _NONE)


class _TakenBackError(Exception):
    """The client does not want the answer any more."""


def _end_of_call(status: int = 0) -> bytes:
    return wire.done(status, token=wire.DONE_PROC)
