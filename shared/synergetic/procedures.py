"""Tables that are written through the product's own procedures, where a school insists on them: what is called, and with what.

Seen in use is a procedure for each kind of change: `spi`, `spu` and `spd` with the table's name. Their parameters are called
like the columns; the one that inserts gives the new number back, the one that updates wants every column. Nothing more is
public, so a database's own procedures are looked at, and all that they ask for must have a source.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.synergetic.access import Access, accesses
from shared.synergetic.catalogue import Catalogue, FoundTable, Question, question
from shared.synergetic.column_types import MAX
from shared.synergetic.compatibility import Finding
from shared.synergetic.dialect import Dialect
from shared.synergetic.layout import TableLocation
from shared.synergetic.parameters import FoundParameter, FoundProcedure
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.version import Version
from shared.writeback.plan import StepKind

Source = Literal["number", "ours", "column", "blank", "constant"]
_REMEDY = (
    "Have somebody who knows the procedure say what it does. In [synergetic.contract], `parameter_names` says which parameter "
    "stands for a column, and `parameter_values` what another one is given. Or leave the table out of `write_by_procedure`."
)
_WHOLE = ("bit", "tinyint", "smallint", "int", "bigint")
_TEXTS = {"char": "varchar", "text": "varchar", "nchar": "nvarchar", "ntext": "nvarchar"}
_BLANKS = {**dict.fromkeys(("varchar", "nvarchar", *_TEXTS), "''"), **dict.fromkeys(_WHOLE, "0")}


@dataclass(frozen=True)
class Argument:
    """What a parameter is given.

    Attributes:
        source: The new row's `number`, which comes back; a value of `ours`, or where there is none what the row holds; what the
            `column` of the row holds; a `blank`, as a new row has it; or a `constant` of the settings.
        column: The column that it stands for, as it is called here.
        text: A constant, or how a blank is written.
    """

    parameter: FoundParameter
    source: Source
    column: str = ""
    text: str = ""


@dataclass(frozen=True)
class Call:
    """A procedure and what it is given."""

    called: str
    arguments: tuple[Argument, ...]


Calls = Mapping[tuple[str, StepKind], Call]


def procedure_questions(version: Version, settings: SynergeticSettings, dialect: Dialect) -> tuple[Question, ...]:
    """Return what to ask for the parameters of the procedures that write: one per spot, none if tables are written directly.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    names: dict[TableLocation, list[str]] = {}
    for access in accesses("two-way", version, settings):
        names.setdefault(access.spot, []).extend(name for _, name in access.procedures)
    return tuple(question(dialect.catalogue.parameters, spot, wanted) for spot, wanted in names.items() if wanted)


def procedure_calls(
    version: Version, settings: SynergeticSettings, found: Catalogue, procedures: Iterable[FoundProcedure]
) -> tuple[Calls, tuple[Finding, ...]]:
    """Return how each kind of change is called, by the contract's name of the table, and what stands in the way.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    there = {one.name.casefold(): one for one in procedures}
    calls: dict[tuple[str, StepKind], Call] = {}
    told: list[Finding] = []
    for access in accesses("two-way", version, settings):
        table = found.table(access.spot, access.called)
        for kind, name in access.procedures if table else ():
            matching = _Matching(access, kind, table or FoundTable("", ()), settings)
            procedure = there.get(name.casefold())
            if procedure is None:
                told.append(_missing(access, name))
                continue
            calls[access.table.name, kind] = Call(name, tuple(matching.arguments(procedure)))
            told.extend(_unfit(access, name, what) for what in matching.problems)
    return calls, tuple(told)


class _Matching:
    """Finds a source for each parameter of one procedure."""

    def __init__(self, access: Access, kind: StepKind, table: FoundTable, settings: SynergeticSettings) -> None:
        self._kind = kind
        self._table = table
        names, of = settings.parameter_names, access.table.name
        self._named = {names.get(f"{of}.{one.column.name}", one.called).casefold(): one.called for one in access.columns}
        constants = (key.split(".") for key in settings.parameter_values)
        self._constants = {
            name.casefold(): settings.parameter_values[f"{table}.{name}"] for table, name in constants if table == of
        }
        self._number = next(one.called for one in access.columns if one.column.identity)
        written = {"insert": access.written, "update": access.updated, "delete": ()}[kind]
        self._ours = {one.called for one in written}
        must = {one.called for one in written if not one.column.stamp}
        self._must = must if kind == "insert" else {*must, self._number}
        self.problems: list[str] = []

    def arguments(self, procedure: FoundProcedure) -> Iterator[Argument]:
        """Yield what each parameter is given, but for those that are left to their defaults; note what is in the way."""
        for parameter in procedure.parameters:
            name = parameter.name.lstrip("@").casefold()
            self._must.discard(self._named.get(name, ""))
            argument = self._argument(parameter, name)
            if argument is None:
                self.problems.append(f"asks for {parameter.name}, and nothing says what to give it")
                continue
            if argument.source in {"ours", "column"} and not self._holds(argument):
                self.problems.append(f"has less room in {parameter.name} than the column has")
            if argument.source != "constant" or argument.text:
                yield argument
        self.problems += [f"has no parameter for the column {name}" for name in sorted(self._must)]

    def _argument(self, parameter: FoundParameter, name: str) -> Argument | None:
        column = self._table.column(self._named.get(name, name))
        called = self._named.get(name, column.name if column else "")
        # Of a row that is there, a constant would overwrite what the school keeps in the column.
        if name in self._constants and (column is None or (self._kind == "insert" and called not in self._ours)):
            return Argument(parameter, "constant", text=self._constants[name])
        if column is None or parameter.is_output != (self._kind == "insert" and called == self._number):
            return None
        if parameter.is_output:
            return Argument(parameter, "number", called)
        if called in self._ours:
            return Argument(parameter, "ours", called)
        if self._kind != "insert":
            return Argument(parameter, "column", called)
        blank = "NULL" if column.nullable else _BLANKS.get(column.type)
        return Argument(parameter, "blank", called, blank) if blank else None

    def _holds(self, argument: Argument) -> bool:
        """Say whether a parameter holds whatever the column does; what does not fit would be cut off or rounded in silence."""
        column, parameter = self._table.column(argument.column), argument.parameter
        if column is None or self._kind == "delete":
            return True
        if column.type in _WHOLE and parameter.type in _WHOLE:
            return _WHOLE.index(column.type) <= _WHOLE.index(parameter.type)
        wide = parameter.length in {None, MAX} or (column.length not in {None, MAX} and column.length <= parameter.length)
        here, there = (_TEXTS.get(kind, kind) for kind in (parameter.type, column.type))
        return wide and (here == there or (here, there) == ("nvarchar", "varchar"))


def _missing(access: Access, name: str) -> Finding:
    return Finding.stops_writing(
        code="procedure-missing",
        table=access.called,
        what=f"The procedure {name}, which is to write {access.called}, is not there, or this login may not execute it.",
        remedy="Check its name (`procedure_names`), and that the grants were run since `write_by_procedure` names the table.",
    )


def _unfit(access: Access, name: str, what: str) -> Finding:
    return Finding.stops_writing(
        code="procedure-parameter",
        table=access.called,
        what=f"The procedure {name} {what}.",
        remedy=_REMEDY,
    )


def found_procedures(rows: Iterable[Sequence[object]]) -> tuple[FoundProcedure, ...]:
    """Return the procedures that an answer tells of."""
    found: dict[str, list[FoundParameter]] = {}
    for procedure, *parameter in rows:
        known = found.setdefault(str(procedure), [])
        if parameter[0] is not None:
            known.append(FoundParameter.of(*parameter))
    return tuple(FoundProcedure(name, tuple(parameters)) for name, parameters in found.items())
