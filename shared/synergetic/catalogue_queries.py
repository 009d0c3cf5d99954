"""What to ask each database product about itself: columns, triggers, snapshots, the clock. Both give rows of one shape.

`{in_database}` stands for the database's name and a point where there is one, `{marks}` for as many question marks as there
are names; the schema is the first value. SQL Server is asked in its plainest system views, which show every login the tables it
has a permission on. They also show a limited login that a column has a default, which `INFORMATION_SCHEMA` hides from it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class CatalogueQueries:
    """The queries.

    Attributes:
        columns: Table, column, type, length in bytes (-1 is `max`), nullable, has a default, numbered, computed, in a view.
        unlisted: The same of tables that `columns` does not tell of, although the login may read some of their columns; empty
            if there are none such.
        triggers: Table, trigger, instead of the statement, disabled.
        parameters: Procedure, parameter, type, length in bytes, precision, scale, a value comes back by it.
        snapshots: Database, snapshot isolation allowed (1), read committed by snapshot.
        clock: The server's time, UTC.
        connected: The connected database's name.
    """

    columns: str
    unlisted: str
    triggers: str
    parameters: str
    snapshots: str
    clock: str
    connected: str


SQL_SERVER = CatalogueQueries(
    columns="""\
SELECT o.name AS TableName, c.name AS ColumnName, t.name AS TypeName, c.max_length AS MaxLength, c.is_nullable AS IsNullable,
       CASE WHEN c.default_object_id <> 0 THEN 1 ELSE 0 END AS HasDefault, c.is_identity AS IsNumbered,
       c.is_computed AS IsComputed, CASE WHEN o.type = 'V' THEN 1 ELSE 0 END AS IsView
FROM {in_database}sys.columns AS c
JOIN {in_database}sys.objects AS o ON o.object_id = c.object_id
JOIN {in_database}sys.schemas AS s ON s.schema_id = o.schema_id
LEFT JOIN {in_database}sys.types AS t ON t.user_type_id = c.system_type_id
WHERE o.type IN ('U', 'V') AND s.name = ? AND o.name IN ({marks})
ORDER BY o.name, c.column_id""",
    # A server that only speaks T-SQL, such as Babelfish, lists a table among its objects only to a login that may read or write
    # the whole of it. Such a login inserts no rows, so what numbers or computes them is not asked.
    unlisted="""\
SELECT c.TABLE_NAME AS TableName, c.COLUMN_NAME AS ColumnName, c.DATA_TYPE AS TypeName,
       COALESCE(c.CHARACTER_OCTET_LENGTH, 0) AS MaxLength, CASE WHEN c.IS_NULLABLE = 'NO' THEN 0 ELSE 1 END AS IsNullable,
       CASE WHEN c.COLUMN_DEFAULT IS NULL THEN 0 ELSE 1 END AS HasDefault, 0 AS IsNumbered, 0 AS IsComputed, 0 AS IsView
FROM {in_database}INFORMATION_SCHEMA.COLUMNS AS c
WHERE c.TABLE_SCHEMA = ? AND c.TABLE_NAME IN ({marks})
ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION""",
    triggers="""\
SELECT o.name AS TableName, t.name AS TriggerName, t.is_instead_of_trigger AS IsInstead, t.is_disabled AS IsDisabled
FROM {in_database}sys.triggers AS t
JOIN {in_database}sys.objects AS o ON o.object_id = t.parent_id
JOIN {in_database}sys.schemas AS s ON s.schema_id = o.schema_id
WHERE s.name = ? AND o.name IN ({marks})
ORDER BY o.name, t.name""",
    parameters="""\
SELECT o.name AS ProcedureName, p.name AS ParameterName, t.name AS TypeName, p.max_length AS MaxLength,
       p.precision AS TypePrecision, p.scale AS TypeScale, p.is_output AS IsOutput
FROM {in_database}sys.objects AS o
JOIN {in_database}sys.schemas AS s ON s.schema_id = o.schema_id
LEFT JOIN {in_database}sys.all_parameters AS p ON p.object_id = o.object_id
LEFT JOIN {in_database}sys.types AS t ON t.user_type_id = p.system_type_id
WHERE o.type = 'P' AND s.name = ? AND o.name IN ({marks})
ORDER BY o.name, p.parameter_id""",
    snapshots="""\
SELECT d.name AS DatabaseName, d.snapshot_isolation_state AS SnapshotState, d.is_read_committed_snapshot_on AS ReadCommitted
FROM sys.databases AS d
WHERE d.name IN (DB_NAME(), {marks})""",
    clock="SELECT GETUTCDATE() AS UtcNow, GETDATE() AS LocalNow",
    connected="SELECT DB_NAME() AS DatabaseName",
)
# SQLite numbers an `integer` that is the whole key of its table, where nobody says which number.
_NUMBERED = "lower(c.type) = 'integer' AND c.pk = 1 AND max(c.pk) OVER (PARTITION BY m.name) = 1"
# Its schema is always the one file. Its texts are as long as one likes, and can be compared whatever they are declared as.
# Blob, boolean and timestamp are what its people say for other words.
FILE = CatalogueQueries(
    columns=f"""\
SELECT m.name AS TableName, c.name AS ColumnName,
       CASE lower(c.type)
           WHEN 'integer' THEN 'int' WHEN 'blob' THEN 'image' WHEN 'text' THEN 'varchar' WHEN 'ntext' THEN 'nvarchar'
           WHEN 'boolean' THEN 'bit' WHEN 'timestamp' THEN 'datetime' ELSE lower(c.type) END AS TypeName, -1 AS MaxLength,
       c."notnull" = 0 AND c.pk = 0 AS IsNullable, c.dflt_value IS NOT NULL OR {_NUMBERED} AS HasDefault,
       {_NUMBERED} AS IsNumbered,
       c.hidden > 1 AS IsComputed, m.type = 'view' AS IsView
FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
WHERE m.type IN ('table', 'view') AND ? IS NOT NULL AND m.name COLLATE NOCASE IN ({{marks}})
ORDER BY m.name, c.cid""",  # noqa: S608 - our own words
    unlisted="",
    triggers="""\
SELECT m.tbl_name AS TableName, m.name AS TriggerName, 0 AS IsInstead, 0 AS IsDisabled
FROM sqlite_master AS m
WHERE m.type = 'trigger' AND ? IS NOT NULL AND m.tbl_name COLLATE NOCASE IN ({marks})
ORDER BY m.tbl_name, m.name""",
    # It has no procedures.
    parameters="SELECT NULL AS ProcedureName WHERE ? IS NULL AND '' IN ({marks})",
    snapshots="SELECT 'main' AS DatabaseName, 1 AS SnapshotState, 1 AS ReadCommitted WHERE 'main' NOT IN ({marks})",
    clock="SELECT strftime('%Y-%m-%d %H:%M:%f', 'now') AS UtcNow, "
    "strftime('%Y-%m-%d %H:%M:%f', 'now', 'localtime') AS LocalNow",
    # The file's own name, without its folder.
    connected="SELECT replace(path, rtrim(path, replace(path, '/', '')), '') AS DatabaseName "
    "FROM (SELECT replace(file, '\\', '/') AS path FROM pragma_database_list WHERE name = 'main')",
)
