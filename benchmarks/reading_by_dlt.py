"""dlt's `sql_database` source over ODBC, into JSON lines on the disk. dlt comes with the dependency group `bench`.

dlt reads through SQLAlchemy, which has no dialect for this driver; but the SELECTs are written out, so a dialect of a few lines
that only connects and executes is enough, and dlt's own code does all the rest.
"""

import importlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyodbc

# By name, so that the type checker says the same whether or not the dependency group is installed.
_dlt: Any = importlib.import_module("dlt")
_sql_database: Any = importlib.import_module("dlt.sources.sql_database")
_sqlalchemy: Any = importlib.import_module("sqlalchemy")
_connectors: Any = importlib.import_module("sqlalchemy.connectors.pyodbc")
_dialects: Any = importlib.import_module("sqlalchemy.dialects")
_default: Any = importlib.import_module("sqlalchemy.engine.default")

_CHUNK_ROWS = 50_000  # dlt's own default
Statements = Mapping[str, tuple[tuple[str, ...], str]]

# Connects and executes, and asks the server nothing by itself.
OdbcDialect = type(
    "OdbcDialect",
    (_connectors.PyODBCConnector, _default.DefaultDialect),
    {"name": "odbc", "supports_statement_cache": True, "_get_server_version_info": lambda _self, _connection: None},
)


def read(connection_string: str, statements: Statements, *, backend: str, compressed: bool) -> int:
    """Let dlt read each statement (columns and SQL, by the name of the row set) and return how many rows it wrote."""
    plain = str(not compressed).lower()
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DATA_WRITER__DISABLE_COMPRESSION": plain,
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": plain,
    }
    _dialects.registry.register("odbc", __name__, "OdbcDialect")
    # The driver streams only outside of a transaction that it knows of, for dlt as for the other readers.
    engine = _sqlalchemy.create_engine(
        "odbc://",
        creator=lambda: pyodbc.connect(connection_string, autocommit=True, readonly=True),
        isolation_level="AUTOCOMMIT",
        poolclass=_sqlalchemy.pool.NullPool,
    )
    with tempfile.TemporaryDirectory() as folder:
        pipeline = _dlt.pipeline(
            "benchmark",
            destination=_dlt.destinations.filesystem(Path(folder, "out").as_uri()),
            pipelines_dir=str(Path(folder, "work")),
            dataset_name="school",
        )
        pipeline.run(_tables(engine, statements, backend), loader_file_format="jsonl")
        counts: dict[str, int] = pipeline.last_trace.last_normalize_info.row_counts
        return sum(count for name, count in counts.items() if not name.startswith("_"))


def _tables(engine: object, statements: Statements, backend: str) -> list[Any]:
    metadata = _sqlalchemy.MetaData()

    def statement(_query: object, table: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own classes
        return _sqlalchemy.text(statements[table.name][1].replace(":", "\\:"))

    for name, (columns, _) in statements.items():
        _sqlalchemy.Table(name, metadata, *(_sqlalchemy.Column(column, _sqlalchemy.types.NullType()) for column in columns))
    return [
        _sql_database.sql_table(
            credentials=engine,
            table=name,
            metadata=metadata,
            backend=backend,
            chunk_size=_CHUNK_ROWS,
            reflection_level="minimal",
            query_adapter_callback=statement,
        )
        for name in statements
    ]
