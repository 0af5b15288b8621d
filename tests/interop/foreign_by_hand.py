"""Delta tables as the protocol's specification has them, of kinds that no writer here writes. What rows they hold is
known from how they are made."""

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake

from delta_by_hand import Log, field, inline_vector, stored_vectors, struct_of
from foreign_rows import AT, LOCAL, UTC, Cases

CASES = Cases()


def ids(*numbers):
    return pa.table({"id": pa.array(numbers, pa.int64())})


@CASES.case
def checkpoint_in_several_parts(folder, sail):
    log = Log(folder).begin(field("id", pa.int64()), field("word", pa.string()))
    rows = [pa.table({"id": [n], "word": [f"w{n}"]}) for n in range(9)]
    for table in rows[:8]:
        log.commit(log.add(table))
    first = log.files()[0]["path"]
    log.checkpoint(parts=3).forget()
    log.commit(log.add(rows[8]), {"remove": {"path": first, "dataChange": True, "deletionTimestamp": 1}})
    return pa.concat_tables(rows[1:])


@CASES.case
def checkpoint_that_nothing_points_to(folder, sail):
    log = Log(folder).begin(field("id", pa.int64()))
    log.commit(log.add(ids(1)), log.add(ids(2))).checkpoint().forget()
    (log.log / "_last_checkpoint").unlink()
    log.commit(log.add(ids(3)))
    return ids(1, 2, 3)


@CASES.case
def checkpoint_newer_than_the_one_pointed_to(folder, sail):
    log = Log(folder).begin(field("id", pa.int64()))
    log.commit(log.add(ids(1))).checkpoint()
    log.commit(log.add(ids(2))).checkpoint()
    log.point(size=3, version=1).commit(log.add(ids(3)))
    return ids(1, 2, 3)


@CASES.case
def checkpoint_of_the_second_kind_in_parquet(folder, sail):
    log = Log(folder, ["v2Checkpoint"]).begin(field("id", pa.int64()), checkpointPolicy="v2")
    log.commit(*(log.add(ids(n)) for n in range(5)))
    log.checkpoint_v2(sidecars=2).forget()
    log.commit(log.add(ids(5)))
    return ids(0, 1, 2, 3, 4, 5)


@CASES.case
def shallow_clone(folder, sail):
    origin = folder.parent / "origin of clone 100%"
    write_deltalake(origin, pa.table({"place": ["a b", "x", None], "n": [1, 2, 3]}), partition_by=["place"])
    log = Log(folder).begin(field("place", pa.string()), field("n", pa.int64()), partitions=["place"])
    files = Log(origin).files()
    for file in files:
        # A path in the log is encoded as in a URL; the file's own name may hold `%` too.
        file["path"] = (origin / unquote(file["path"])).as_uri()
    log.commit(*({"add": file} for file in files))
    log.commit(log.add(pa.table({"n": [4]}), partition={"place": "own"}))
    return pa.table({"place": ["a b", "x", None, "own"], "n": [1, 2, 3, 4]})


@CASES.case
def deletion_vectors_inline(folder, sail):
    log = Log(folder, ["deletionVectors"]).begin(field("id", pa.int64()), enableDeletionVectors="true")
    log.commit(log.add(ids(*range(10)), deletionVector=inline_vector([0, 3, 9])), log.add(ids(10, 11)))
    return ids(1, 2, 4, 5, 6, 7, 8, 10, 11)


@CASES.case
def deletion_vectors_in_one_file(folder, sail):
    log = Log(folder, ["deletionVectors"]).begin(field("id", pa.int64()), enableDeletionVectors="true")
    first, second = stored_vectors(folder, [0, 1, 2], range(0, 100_000, 50), prefix="ab")
    (third,) = stored_vectors(folder, [1], absolute=True)
    log.commit(
        log.add(ids(*range(5)), deletionVector=first), log.add(ids(*range(100_000)), deletionVector=second),
        log.add(ids(-1, -2, -3), deletionVector=third),
    )
    log.checkpoint().forget()
    return pa.concat_tables([ids(3, 4, -1, -3), ids(*(n for n in range(100_000) if n % 50))])


@CASES.case
def deletion_vector_of_all_rows(folder, sail):
    log = Log(folder, ["deletionVectors"]).begin(field("id", pa.int64()), enableDeletionVectors="true")
    log.commit(log.add(ids(1, 2), deletionVector=inline_vector([0, 1])), log.add(ids(3)))
    return ids(3)


@CASES.case
def deletion_vector_that_took_the_place_of_another(folder, sail):
    log = Log(folder, ["deletionVectors"]).begin(field("id", pa.int64()), enableDeletionVectors="true")
    first, second = inline_vector([0]), inline_vector([0, 1])
    log.commit(log.add(ids(1, 2, 3), "a.parquet", deletionVector=first))
    log.commit(
        {"remove": {"path": "a.parquet", "dataChange": True, "deletionTimestamp": 1, "deletionVector": first}},
        log.naming("a.parquet", 3, deletionVector=second),
    )
    return ids(3)


@CASES.case
def columns_mapped_by_id_that_files_name_otherwise(folder, sail):
    def mapped(name, kind, number):
        return field(name, kind, **{"delta.columnMapping.id": number, "delta.columnMapping.physicalName": f"p{number}"})

    pair = struct_of(mapped("x", pa.int32(), 3), mapped("y", pa.string(), 4))
    log = Log(folder, ["columnMapping"]).begin(
        mapped("id", pa.int64(), 1), mapped("pair", pair, 2), columnMapping_mode="id", columnMapping_maxColumnId="4",
    )

    def numbered(name, kind, number):
        return pa.field(name, kind, metadata={"PARQUET:field_id": str(number)})

    inner = pa.struct([numbered("q", pa.string(), 4), numbered("r", pa.int32(), 3)])
    shape = pa.schema([numbered("z", inner, 2), numbered("w", pa.int64(), 1)])
    log.commit(log.add(pa.Table.from_pylist([{"z": {"q": "a", "r": 1}, "w": 1}, {"z": None, "w": 2}], shape)))
    pairs = pa.array([{"x": 1, "y": "a"}, None], pa.struct({"x": pa.int32(), "y": pa.string()}))
    return pa.table({"id": [1, 2], "pair": pairs})


@CASES.case
def types_widened_as_only_some_writers_do(folder, sail):
    changes = [
        ("a", pa.int32(), pa.float64()), ("b", pa.int64(), pa.decimal128(20, 0)), ("c", pa.date32(), LOCAL),
        ("d", pa.decimal128(5, 2), pa.decimal128(12, 4)), ("e", pa.int8(), pa.decimal128(12, 2)),
    ]
    log = Log(folder, ["typeWidening", "timestampNtz"])
    log.begin(*(field(name, before) for name, before, _ in changes), enableTypeWidening="true")
    before = pa.table({
        "a": pa.array([1, None], pa.int32()), "b": pa.array([2**62, None]), "c": pa.array([date(2024, 2, 29), None]),
        "d": pa.array([Decimal("1.25"), None], pa.decimal128(5, 2)), "e": pa.array([-128, None], pa.int8()),
    })
    log.commit(log.add(before))

    def widen(fields):
        for place, (name, old, new) in enumerate(changes):
            kinds = [field(name, kind)["type"] for kind in (old, new)]
            fields[place] = field(name, new, **{"delta.typeChanges": [{"fromType": kinds[0], "toType": kinds[1]}]})

    log.redeclare(widen)
    after = pa.table({
        "a": pa.array([1.5]), "b": pa.array([Decimal(10**19)], pa.decimal128(20, 0)), "c": pa.array([AT], LOCAL),
        "d": pa.array([Decimal("99999999.1234")], pa.decimal128(12, 4)), "e": pa.array([Decimal("0.25")], pa.decimal128(12, 2)),
    })
    log.commit(log.add(after))
    wide = pa.table({
        "a": pa.array([1.0, None]), "b": pa.array([Decimal(2**62), None], pa.decimal128(20, 0)),
        "c": pa.array([datetime(2024, 2, 29), None], LOCAL), "d": pa.array([Decimal("1.2500"), None], pa.decimal128(12, 4)),
        "e": pa.array([Decimal("-128.00"), None], pa.decimal128(12, 2)),
    })
    return pa.concat_tables([wide, after])


@CASES.case
def paths_that_are_encoded(folder, sail):
    names = ["plain.parquet", "a b.parquet", "deep er/100%.parquet", "ü+&.parquet", "x%20y.parquet"]
    log = Log(folder).begin(field("id", pa.int64()), field("place", pa.string()), partitions=["place"])
    (folder / "deep er").mkdir()
    for n, name in enumerate(names):
        action = log.add(ids(n), name, partition={"place": name})
        action["add"]["path"] = quote(name)
        log.commit(action)
    return pa.table({"id": list(range(5)), "place": names})


@CASES.case
def files_without_statistics_and_with_wrong_order(folder, sail):
    log = Log(folder).begin(field("id", pa.int64()), field("word", pa.string()))
    first = log.add(pa.table({"word": ["a"], "id": [1]}))
    second = log.add(pa.table({"id": [2]}))
    third = log.add(pa.table({"id": [3], "more": ["not declared"], "word": ["c"]}))
    for action in (first, second):
        action["add"].pop("stats")
    log.commit(first, second, third)
    return pa.table({"id": [1, 2, 3], "word": ["a", None, "c"]})


@CASES.case
def partitions_that_are_empty_text(folder, sail):
    fields = [field("id", pa.int64()), field("place", pa.string()), field("n", pa.int32())]
    log = Log(folder).begin(*fields, partitions=["place", "n"])
    log.commit(
        log.add(ids(1), partition={"place": "", "n": ""}), log.add(ids(2), partition={"place": None, "n": None}),
        log.add(ids(3), partition={"place": "x", "n": "-1"}),
    )
    return pa.table({"id": [1, 2, 3], "place": [None, None, "x"], "n": pa.array([None, None, -1], pa.int32())})


@CASES.case
def times_of_partitions_in_either_form(folder, sail):
    log = Log(folder, ["timestampNtz"]).begin(
        field("id", pa.int64()), field("zoned", UTC), field("plain", LOCAL), partitions=["zoned", "plain"],
    )
    log.commit(
        log.add(ids(1), partition={"zoned": "2024-02-29 23:59:59.123456", "plain": "2024-02-29 23:59:59.123456"}),
        log.add(ids(2), partition={"zoned": "2024-02-29T23:59:59.123456Z", "plain": "2024-02-29 23:59:59"}),
    )
    second = AT.replace(microsecond=0)
    return pa.table({"id": [1, 2], "zoned": pa.array([AT, AT], UTC), "plain": pa.array([AT, second], LOCAL)})


@CASES.case
def times_of_other_units_in_files(folder, sail):
    log = Log(folder, ["timestampNtz"]).begin(field("zoned", UTC), field("plain", LOCAL))
    short = AT.replace(microsecond=123000)
    rows = pa.table({"zoned": pa.array([short, None], UTC), "plain": pa.array([short, None], LOCAL)})
    for unit in ("ns", "ms"):
        zoned, plain = rows["zoned"].cast(pa.timestamp(unit, "UTC")), rows["plain"].cast(pa.timestamp(unit))
        log.commit(log.add(pa.table({"zoned": zoned, "plain": plain})))
    return pa.concat_tables([rows, rows])


@CASES.case
def times_in_the_old_form(folder, sail):
    log = Log(folder).begin(field("at", UTC))
    rows = pa.table({"at": pa.array([AT, datetime(1700, 1, 1), datetime(2500, 1, 1), None], UTC)})
    pq.write_table(rows, folder / "old.parquet", use_deprecated_int96_timestamps=True)
    log.commit(log.naming("old.parquet", 4))
    return rows


@CASES.case
def types_widened_within_others(folder, sail):
    log = Log(folder, ["typeWidening"])
    kinds = [{"type": "struct", "fields": [field("x", kind)]} for kind in (pa.int32(), pa.int64())]
    arrays = [{"type": "array", "elementType": kind, "containsNull": True} for kind in ("short", "integer")]
    log.begin(field("pair", kinds[0]), field("several", arrays[0]), enableTypeWidening="true")

    def rows(x, item, pairs, several):
        return pa.table({
            "pair": pa.array(pairs, pa.struct({"x": x})), "several": pa.array(several, pa.list_(item)),
        })

    narrow = [{"x": 1}, None], [[1, None], []]
    log.commit(log.add(rows(pa.int32(), pa.int16(), *narrow)))

    def widen(fields):
        fields[0]["type"], fields[1]["type"] = kinds[1], arrays[1]

    log.redeclare(widen)
    wide = [{"x": 2**40}], [[2**20]]
    log.commit(log.add(rows(pa.int64(), pa.int32(), *wide)))
    return pa.concat_tables([rows(pa.int64(), pa.int32(), *narrow), rows(pa.int64(), pa.int32(), *wide)])


@CASES.case
def everything_at_once(folder, sail):
    """Deletion vectors over columns that are mapped, widened and partitioned, in row groups, behind a checkpoint."""
    def mapped(name, kind, number):
        return field(name, kind, **{"delta.columnMapping.id": number, "delta.columnMapping.physicalName": f"p{number}"})

    features = ["columnMapping", "deletionVectors", "typeWidening", "v2Checkpoint"]
    log = Log(folder, features).begin(
        mapped("n", pa.int32(), 1), mapped("place", pa.string(), 2), partitions=["place"],
        columnMapping_mode="name", columnMapping_maxColumnId="2", enableDeletionVectors="true",
        enableTypeWidening="true", checkpointPolicy="v2",
    )
    pq.write_table(pa.table({"p1": pa.array(range(1000), pa.int32())}), folder / "a.parquet", row_group_size=100)
    gone = [0, 99, 100, *range(200, 300), 999]
    log.commit(log.naming("a.parquet", 1000, partition={"p2": "a b"}, deletionVector=inline_vector(gone)))
    log.redeclare(lambda fields: fields.__setitem__(0, mapped("n", pa.int64(), 1)))
    log.checkpoint_v2().forget()
    log.commit(log.add(pa.table({"p1": [2**40]}), partition={"p2": None}))
    left = [n for n in range(1000) if n not in gone]
    return pa.table({"n": [*left, 2**40], "place": [*["a b"] * len(left), None]})
