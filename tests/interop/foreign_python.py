"""Delta tables that Python's deltalake and Polars write."""

from datetime import date, datetime

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from delta_by_hand import Log
from foreign_rows import AT, ODD, UTC, Cases, every_type, nested

CASES = Cases()


def by_deltalake(folder):
    return DeltaTable(folder).to_pyarrow_table()


@CASES.case
def python_every_type(folder, sail):
    write_deltalake(folder, every_type())
    return by_deltalake(folder)


@CASES.case
def python_nested(folder, sail):
    write_deltalake(folder, nested())
    return by_deltalake(folder)


@CASES.case
def python_partitions_of_odd_values(folder, sail):
    rows = pa.table({"place": [*ODD, None, None], "n": list(range(len(ODD) + 2))})
    write_deltalake(folder, rows, partition_by=["place"])
    write_deltalake(folder, rows, partition_by=["place"], mode="append")
    return by_deltalake(folder)


@CASES.case
def python_partitions_of_every_type(folder, sail):
    rows = every_type().drop_columns(["nothing", "f32", "f64", "raw"])
    rows = rows.append_column("value", pa.array([1, 2, 3, 4]))
    # Decimals that are less than zero this writer writes as no reader can read them.
    partitions = [name for name in rows.column_names if name not in ("value", "word", "huge", "small", "money")]
    write_deltalake(folder, rows, partition_by=partitions)
    return by_deltalake(folder)


@CASES.case
def python_partitions_of_times(folder, sail):
    at = [AT, datetime(2024, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999999), None]
    rows = pa.table({"zoned": pa.array(at, UTC), "n": [1, 2, 3, 4]})
    write_deltalake(folder, rows, partition_by=["zoned"])
    return by_deltalake(folder)


@CASES.case
def python_columns_that_came_later(folder, sail):
    write_deltalake(folder, pa.table({"id": [1, 2], "part": pa.array([{"x": 1}, None], pa.struct({"x": pa.int64()}))}))
    later = pa.struct({"x": pa.int64(), "y": pa.string()})
    write_deltalake(
        folder, pa.table({"id": [3], "part": pa.array([{"x": 3, "y": "c"}], later), "word": ["three"]}),
        mode="append", schema_mode="merge",
    )
    write_deltalake(folder, pa.table({"id": [4], "at": pa.array([AT], UTC)}), mode="append", schema_mode="merge")
    return by_deltalake(folder)


@CASES.case
def python_columns_that_were_replaced(folder, sail):
    write_deltalake(folder, pa.table({"id": [1, 2], "gone": ["a", "b"]}))
    write_deltalake(folder, pa.table({"id": ["x"], "n": [1.5]}), mode="overwrite", schema_mode="overwrite")
    return by_deltalake(folder)


@CASES.case
def python_changes(folder, sail):
    write_deltalake(folder, pa.table({"id": list(range(100)), "kind": ["odd", "even"] * 50}), partition_by=["kind"])
    table = DeltaTable(folder)
    table.delete("id % 7 = 0")
    table.update(updates={"id": "id + 1000"}, predicate="id > 90")
    source = pa.table({"id": [1, 2, 500], "kind": ["odd", "even", "new"]})
    merge = table.merge(source, "s.id = t.id", source_alias="s", target_alias="t")
    merge.when_matched_delete("s.id = 2").when_matched_update({"kind": "'merged'"}).when_not_matched_insert_all()
    merge.execute()
    table.optimize.compact()
    table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    return by_deltalake(folder)


@CASES.case
def python_change_feed(folder, sail):
    write_deltalake(folder, pa.table({"id": [1, 2, 3]}), configuration={"delta.enableChangeDataFeed": "true"})
    table = DeltaTable(folder)
    table.update(updates={"id": "id + 10"}, predicate="id > 1")
    table.delete("id = 13")
    return by_deltalake(folder)


@CASES.case
def python_constraints(folder, sail):
    write_deltalake(folder, pa.table({"id": [1, 2, 3]}))
    DeltaTable(folder).alter.add_constraint({"positive": "id > 0"})
    return by_deltalake(folder)


@CASES.case
def python_no_rows(folder, sail):
    DeltaTable.create(folder, every_type().schema)
    return by_deltalake(folder)


@CASES.case
def python_checkpoint(folder, sail):
    for n in range(3):
        write_deltalake(folder, pa.table({"id": [n], "place": [f"a b{n % 2}"]}), partition_by=["place"], mode="append")
    DeltaTable(folder).create_checkpoint()
    write_deltalake(folder, pa.table({"id": [3], "place": pa.array([None], pa.string())}), mode="append")
    DeltaTable(folder).delete("id = 1")
    return by_deltalake(folder)


@CASES.case
def python_checkpoint_that_commits_were_cleaned_up_after(folder, sail):
    every = every_type()
    write_deltalake(folder, every)
    write_deltalake(folder, every, mode="append")
    DeltaTable(folder).create_checkpoint()
    Log(folder).forget()
    return by_deltalake(folder)


@CASES.case
def python_compacted_log(folder, sail):
    for n in range(6):
        write_deltalake(folder, pa.table({"id": [n]}), mode="append")
    DeltaTable(folder).compact_logs(1, 4)
    return by_deltalake(folder)


@CASES.case
def python_restored(folder, sail):
    write_deltalake(folder, pa.table({"id": [1]}))
    write_deltalake(folder, pa.table({"id": [2]}), mode="overwrite")
    DeltaTable(folder).restore(0)
    return by_deltalake(folder)


def frame():
    return pl.from_arrow(every_type()).with_columns(pl.col("zoned").dt.convert_time_zone("UTC"))


def by_polars(folder):
    return pl.read_delta(str(folder)).to_arrow(compat_level=pl.CompatLevel.oldest())


@CASES.case
def polars_every_type(folder, sail):
    frame().write_delta(str(folder))
    return by_polars(folder)


@CASES.case
def polars_sink(folder, sail):
    frame().lazy().sink_delta(str(folder))
    frame().head(2).lazy().sink_delta(str(folder), mode="append")
    return by_polars(folder)


@CASES.case
def polars_partitions(folder, sail):
    days = [date(2024, 1, 1), None, date(1969, 12, 31)]
    rows = pl.DataFrame({"place": [*ODD, None], "day": days * 7, "n": range(21)})
    rows.write_delta(str(folder), delta_write_options={"partition_by": ["place", "day"]})
    return by_polars(folder)


@CASES.case
def polars_nested(folder, sail):
    rows = pl.from_arrow(nested().drop_columns(["named", "parts"]))
    rows.write_delta(str(folder))
    return by_polars(folder)


@CASES.case
def polars_columns_that_came_later(folder, sail):
    pl.DataFrame({"id": [1, 2]}).write_delta(str(folder))
    more = pl.DataFrame({"id": [3], "many": [[1.5, None]], "word": ["three"]})
    more.write_delta(str(folder), mode="append", delta_write_options={"schema_mode": "merge"})
    return by_polars(folder)
