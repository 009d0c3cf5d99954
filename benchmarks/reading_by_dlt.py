"""dlt's `sql_database` source over ODBC, into JSON lines on the disk. dlt comes with the dependency group `bench`.

dlt reads through SQLAlchemy, which has no dialect for this driver; but the SELECTs are written out, so a dialect of a few lines
that only connects and executes is enough, and dlt's own code does all the rest.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dlt
import pyodbc
import sqlalchemy
from dlt.sources.sql_database import sql_table
from sqlalchemy.connectors.pyodbc import PyODBCConnector
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect

_CHUNK_ROWS = 50_000  # dlt's own default


class OdbcDialect(PyODBCConnector, DefaultDialect):
    """Connects and executes, and asks the server nothing by itself."""

    name = "odbc"
    supports_statement_cache = True

    def _get_server_version_info(self, connection: Any) -> None:  # noqa: ANN401 - never looked at
        del connection


def read(
    connection_string: str, statements: Mapping[str, tuple[tuple[str, ...], str]], *, backend: str, compressed: bool
) -> int:
    """Let dlt read each statement (columns and SQL, by the name of the row set) and return how many rows it wrote."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DATA_WRITER__DISABLE_COMPRESSION": str(not compressed).lower(),
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": str(not compressed).lower(),
    }
    registry.register("odbc", __name__, "OdbcDialect")
    # The driver streams only outside of a transaction that it knows of: so the bare loop and the relay have it, too.
    engine = sqlalchemy.create_engine(
        "odbc://",
        creator=lambda: pyodbc.connect(connection_string, autocommit=True, readonly=True),
        isolation_level="AUTOCOMMIT",
        poolclass=sqlalchemy.pool.NullPool,
    )
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "benchmark",
            destination=dlt.destinations.filesystem(Path(folder, "out").as_uri()),
            pipelines_dir=str(Path(folder, "work")),
            dataset_name="school",
        )
        pipeline.run(_tables(engine, statements, backend), loader_file_format="jsonl")
        counts = pipeline.last_trace.last_normalize_info.row_counts
        return sum(count for name, count in counts.items() if not name.startswith("_"))


def _tables(engine: sqlalchemy.Engine, statements: Mapping[str, tuple[tuple[str, ...], str]], backend: str) -> list[Any]:
    metadata = sqlalchemy.MetaData()

    def statement(_query: object, table: sqlalchemy.Table) -> sqlalchemy.TextClause:
        return sqlalchemy.text(statements[table.name][1].replace(":", "\\:"))

    for name, (columns, _) in statements.items():
        sqlalchemy.Table(name, metadata, *(sqlalchemy.Column(column, sqlalchemy.types.NullType()) for column in columns))
    return [
        sql_table(
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
