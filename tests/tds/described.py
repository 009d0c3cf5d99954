"""What drivers ask of their own accord: how much the server's types hold, and what type a parameter without a value is of."""

import re
from collections.abc import Iterator, Mapping

from sqlglot import exp

from tests.tds.answers import Rows
from tests.tds.kinds import Kind, kind_of
from tests.tds.translation import Schema, parse, placed

TYPES, PARAMETERS = "sp_datatype_info", "sp_describe_undeclared_parameters"
# By ODBC's number: the type's name, and how much it holds at most.
_HELD = {12: ("varchar", 8000), -9: ("nvarchar", 4000), -3: ("varbinary", 8000), 93: ("datetime2", 27)}
# A type's number in the catalogue and in the protocol, and its size, precision and scale where its name does not tell.
_NUMBERED = {
    "int": (56, 0x26, 4, 10, 0),
    "smallint": (52, 0x26, 2, 5, 0),
    "tinyint": (48, 0x26, 1, 3, 0),
    "bit": (104, 0x68, 1, 1, 0),
    "date": (40, 0x28, 3, 10, 0),
    "datetime": (61, 0x6F, 8, 23, 3),
    "smalldatetime": (58, 0x6F, 4, 16, 0),
    "varchar": (167, 0xA7, 0, 0, 0),
    "nvarchar": (231, 0xE7, 0, 0, 0),
    "char": (175, 0xAF, 0, 0, 0),
    "varbinary": (165, 0xA5, 0, 0, 0),
    "text": (35, 0x23, 0x7FFFFFFF, 0, 0),
    "image": (34, 0x22, 0x7FFFFFFF, 0, 0),
}
_NAME, _INT, _SMALL, _TINY, _BIT = (
    *(kind_of("nvarchar", 128), kind_of("int", None), kind_of("smallint", None)),
    *(kind_of("tinyint", None), kind_of("bit", None)),
)
_DESCRIBED: list[tuple[str, Kind]] = [
    *(("parameter_ordinal", _INT), ("name", _NAME), ("suggested_system_type_id", _INT), ("suggested_system_type_name", _NAME)),
    *(("suggested_max_length", _SMALL), ("suggested_precision", _TINY), ("suggested_scale", _TINY)),
    *(("suggested_user_type_id", _INT), ("suggested_user_type_database", _NAME), ("suggested_user_type_schema", _NAME)),
    *(("suggested_user_type_name", _NAME), ("suggested_assembly_qualified_type_name", _NAME)),
    *(("suggested_xml_collection_id", _INT), ("suggested_xml_collection_database", _NAME)),
    *(("suggested_xml_collection_schema", _NAME), ("suggested_xml_collection_name", _NAME)),
    *(("suggested_is_xml_document", _BIT), ("suggested_is_case_sensitive", _BIT), ("suggested_is_fixed_length_clr_type", _BIT)),
    *(("suggested_is_input", _BIT), ("suggested_is_output", _BIT), ("formal_parameter_name", _NAME)),
    *(("suggested_tds_type_id", _INT), ("suggested_tds_length", _INT)),
]


def described(sql: str, parameters: Mapping[str, object], schema: Schema, database: str) -> Rows | None:
    """Answer if it is a question of this kind."""
    if TYPES in sql:
        number = int(str(parameters.get("@0") or re.split(r"[\s,]+", sql)[1]))
        held = [(name, number, most) for name, most in [_HELD[number]]]
        return Rows([("TYPE_NAME", _NAME), ("DATA_TYPE", _SMALL), ("PRECISION", _INT)], held)
    if PARAMETERS in sql:
        return Rows(_DESCRIBED, list(_parameters(str(parameters["@0"]), schema, database)))
    return None


def _parameters(sql: str, schema: Schema, database: str) -> Iterator[tuple[object, ...]]:
    """Yield a line for each parameter of a statement, typed as the column that it is put in or compared with."""
    (statement,) = parse(sql)
    types = _columns(placed(statement.copy(), database), schema)
    homes = {name: types.get(column.lower(), "nvarchar(4000)") for name, column in _homes(statement)}
    for number, name in enumerate(sorted(homes, key=lambda name: int(name[2:])), start=1):
        kind, _, length = homes[name].rstrip(")").partition("(")
        system, wire, size, precision, scale = _NUMBERED[kind]
        size = size or (-1 if length == "max" else int(length or 1) * (2 if kind == "nvarchar" else 1))
        about = (number, name, system, homes[name], min(size, 0x7FFF), precision, scale)
        yield (*about, *[None] * 9, 0, 0, 0, 1, 0, None, wire, 0xFFFF if size == -1 else size)


def _columns(statement: exp.Expression, schema: Schema) -> dict[str, str]:
    tables = [schema.get(one.catalog, {}).get(one.db, {}).get(one.name.lower(), {}) for one in statement.find_all(exp.Table)]
    return {name.lower(): kind for table in tables for name, kind in table.items()}


def _homes(statement: exp.Expression) -> Iterator[tuple[str, str]]:
    for parameter in statement.find_all(exp.Parameter):
        above = parameter.parent
        other = next((one for one in (above.this, above.expression) if isinstance(one, exp.Column)), None) if above else None
        yield f"@{parameter.name}", other.name if other else ""
    if isinstance(statement, exp.Insert) and isinstance(statement.this, exp.Schema):
        for row in statement.find_all(exp.Tuple):
            for column, value in zip(statement.this.expressions, row.expressions, strict=True):
                if isinstance(value, exp.Parameter):
                    yield f"@{value.name}", column.name
