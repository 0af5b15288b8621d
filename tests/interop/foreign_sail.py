"""Delta tables that Sail writes."""

import pyarrow as pa

from delta_by_hand import Log, field
from foreign_rows import ODD, Cases

CASES = Cases()

EVERY = (
    "i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, f32 FLOAT, f64 DOUBLE, yes BOOLEAN, word STRING, raw BINARY, "
    "day DATE, zoned TIMESTAMP, plain TIMESTAMP_NTZ, money DECIMAL(18,2), huge DECIMAL(38,0)"
)
BYTES = "X'00FF', "
ROW = (
    f"1, 2, 3, 4, 1.5, 2.5, true, 'a b', {BYTES}DATE'2024-02-29', TIMESTAMP'2024-02-29 23:59:59.123456', "
    "TIMESTAMP_NTZ'2024-02-29 23:59:59.123456', 1.25, 99999999999999999999999999999999999999"
)
NESTED = "id INT, pair STRUCT<x: INT, y: STRING>, several ARRAY<STRUCT<x: INT>>, named MAP<STRING, BIGINT>"
NESTED_ROWS = [
    "1, named_struct('x', 1, 'y', 'a'), array(named_struct('x', 1), NULL), map('k', 1)",
    "2, NULL, NULL, NULL", "3, named_struct('x', CAST(NULL AS INT), 'y', 'c'), array(), map()",
]


def numbers(count, columns="id, CAST(id AS STRING) AS word"):
    """So many rows by number, under a name of their own."""
    return f"SELECT {columns} FROM (SELECT id FROM range({count}))"


@CASES.case
def sail_every_type(folder, sail):
    sail.make(folder, EVERY, f"INSERT INTO {{t}} VALUES ({ROW}), ({', '.join(['NULL'] * 14)})")
    return sail.read(folder)


@CASES.case
def sail_nested(folder, sail):
    sail.make(folder, NESTED, f"INSERT INTO {{t}} VALUES ({'), ('.join(NESTED_ROWS)})")
    return sail.read(folder)


@CASES.case
def sail_partitions(folder, sail):
    rows = ", ".join(f"({n}, {quoted(text)})" for n, text in enumerate([*ODD, None]))
    sail.make(folder, "n INT, place STRING", f"INSERT INTO {{t}} VALUES {rows}", partitioned="place")
    return sail.read(folder)


@CASES.case
def sail_partitions_of_every_type(folder, sail):
    sail.make(
        folder, EVERY.replace("raw BINARY, ", "") + ", n INT",
        f"INSERT INTO {{t}} VALUES ({ROW.replace(BYTES, '')}, 1)", f"INSERT INTO {{t}} VALUES ({', '.join(['NULL'] * 13)}, 2)",
        partitioned="i8, i64, yes, word, day, zoned, plain, money",
    )
    return sail.read(folder)


@CASES.case
def sail_checkpoints(folder, sail):
    inserts = [f"INSERT INTO {{t}} VALUES ({n}, 'w{n}')" for n in range(7)]
    sail.make(folder, "id INT, word STRING", *inserts, "DELETE FROM {t} WHERE id = 2", checkpointInterval=3)
    return sail.read(folder)


@CASES.case
def sail_checkpoints_of_the_second_kind(folder, sail):
    inserts = [f"INSERT INTO {{t}} VALUES ({n}, 'w{n}')" for n in range(7)]
    deletion = "DELETE FROM {t} WHERE id = 2"
    sail.make(folder, "id INT, word STRING", *inserts, deletion, checkpointPolicy="v2", checkpointInterval=3)
    assert any((folder / "_delta_log" / "_sidecars").iterdir())
    return sail.read(folder)


@CASES.case
def sail_deletion_vectors(folder, sail):
    sail.make(
        folder, "id BIGINT, word STRING", f"INSERT INTO {{t}} {numbers(1000)}",
        "DELETE FROM {t} WHERE id % 3 = 0", "DELETE FROM {t} WHERE id % 7 = 0",
        "UPDATE {t} SET word = 'changed' WHERE id < 20", enableDeletionVectors="true",
    )
    assert has_vectors(folder)
    return sail.read(folder)


@CASES.case
def sail_deletion_vectors_in_partitions(folder, sail):
    rows = numbers(60, "id, concat(chr(97 + id % 3), ' ') AS place")
    sail.make(
        folder, "id BIGINT, place STRING", f"INSERT INTO {{t}} {rows}", "DELETE FROM {t} WHERE id % 4 = 0",
        partitioned="place", enableDeletionVectors="true", checkpointInterval=2,
    )
    assert has_vectors(folder)
    return sail.read(folder)


def sail_mapped(mode):
    def make(folder, sail):
        rows = "), (".join(f"{row}, {place}" for row in NESTED_ROWS for place in ("'a b'", "NULL", "'a/b'"))
        sail.make(
            folder, f"{NESTED}, place STRING", f"INSERT INTO {{t}} VALUES ({rows})",
            partitioned="place", columnMapping_mode=mode,
        )
        return sail.read(folder)

    return make


CASES["sail_columns_mapped_by_name"] = sail_mapped("name")
CASES["sail_columns_mapped_by_id"] = sail_mapped("id")


@CASES.case
def sail_columns_renamed_dropped_and_added(folder, sail):
    insert = "INSERT INTO {t} VALUES (1, 'a', 10), (2, NULL, 20)"
    sail.make(folder, "id INT, word STRING, n INT", insert, columnMapping_mode="name")

    def change(fields):
        fields[0]["name"], fields[1]["name"] = "key", "id"
        mapped = {"delta.columnMapping.id": 4, "delta.columnMapping.physicalName": "col-later"}
        fields[2] = field("n", pa.string(), **mapped)

    Log(folder).adopt().redeclare(change)
    rows = pa.table({"key": pa.array([1, 2], pa.int32()), "id": ["a", None], "n": pa.array([None, None], pa.string())})
    assert sail.read(folder).select(rows.column_names).to_pylist() == rows.to_pylist()
    return rows


@CASES.case
def sail_deletion_vectors_over_mapped_columns(folder, sail):
    sail.make(
        folder, "id BIGINT, word STRING", f"INSERT INTO {{t}} {numbers(100)}", "DELETE FROM {t} WHERE id % 3 = 0",
        columnMapping_mode="name", enableDeletionVectors="true", checkpointPolicy="v2", checkpointInterval=2,
    )
    assert has_vectors(folder)
    return sail.read(folder)


@CASES.case
def sail_types_widened(folder, sail):
    sail.make(
        folder, "a TINYINT, b SMALLINT, c INT, f FLOAT, d DECIMAL(5,2), i INT",
        "INSERT INTO {t} VALUES (1, 2, 3, 1.5, 1.25, 7), (NULL, NULL, NULL, NULL, NULL, NULL)",
        *(
            f"ALTER TABLE {{t}} ALTER COLUMN {column} TYPE {to}"
            for column, to in [("a", "INT"), ("b", "BIGINT"), ("c", "BIGINT"), ("f", "DOUBLE"), ("d", "DECIMAL(10,2)")]
        ),
        "INSERT INTO {t} VALUES (99999, 9999999999, 9999999999, 1.1, 12345678.25, 8)",
        enableTypeWidening="true",
    )
    return sail.read(folder)


@CASES.case
def sail_made_from_a_query(folder, sail):
    sail.ask(f"CREATE TABLE made USING delta LOCATION '{folder}' AS {numbers(10)}")
    return sail.read(folder)


def quoted(text):
    return "NULL" if text is None else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def has_vectors(folder):
    return any(file.get("deletionVector") for file in Log(folder).files())
