"""A procedure's parameters, as a database tells of them, and the variables that stand for them."""

from dataclasses import dataclass

from shared.synergetic.catalogue import sized
from shared.synergetic.column_types import MAX
from shared.synergetic.values import clean_flag, clean_number

# No variable can be of one of the old types.
_NEWER = {"text": "varchar", "ntext": "nvarchar", "image": "varbinary"}
_EXACT = frozenset({"decimal", "numeric"})
_FRACTIONS = frozenset({"datetime2", "datetimeoffset", "time"})


@dataclass(frozen=True)
class FoundParameter:
    """A parameter.

    Attributes:
        name: Its name, with the `@`.
        type: Its type's name, in lower case.
        length: How many characters it holds; `MAX` for any number, None for types that have no length.
        precision: Digits, where a type counts them.
        scale: Those of a fraction.
        is_output: A value comes back by it.
    """

    name: str
    type: str
    length: int | None = None
    precision: int = 0
    scale: int = 0
    is_output: bool = False

    @classmethod
    def of(cls, *told: object) -> "FoundParameter":
        """Return the parameter that a row of the catalogue tells of, from its name on."""
        name, kind, size, precision, scale, is_output = told
        called, length = sized(str(kind or "").lower(), clean_number(size) or 0)
        return cls(str(name), called, length, clean_number(precision) or 0, clean_number(scale) or 0, clean_flag(is_output))

    @property
    def variable(self) -> str:
        """The type of a variable that stands for it."""
        kind = _NEWER.get(self.type, self.type)
        if self.length is not None:
            return f"{kind}({'max' if self.length == MAX else self.length})"
        if kind in _EXACT:
            return f"{kind}({self.precision}, {self.scale})"
        return f"{kind}({self.scale})" if kind in _FRACTIONS else kind


@dataclass(frozen=True)
class FoundProcedure:
    """A procedure."""

    name: str
    parameters: tuple[FoundParameter, ...]
