"""Delta tables of others that are damaged, lie, or ask for what is not known: an error that names the table, what of it
is at fault and why, and never a row."""

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from delta_by_hand import Log, field, inline_vector, stored_vectors
from flight import connect, refusal, rows
from weft import Repository, Server, begin

CASES = {}
IDS = pa.table({"id": pa.array(range(1000), pa.int64())})


def case(*told, features=(), partitions=(), **configuration):
    """A table that is sound until `spoil` is given its log. `told` is what an error must say besides the table's name."""
    def keep(spoil):
        CASES[spoil.__name__] = (told, spoil, {"features": features}, {"partitions": partitions, **configuration})
        return spoil

    return keep


def sound(folder, features, **more):
    """Three files, in a commit each; a column beside `id` for partitions."""
    log = Log(folder, features).begin(field("id", pa.int64()), field("n", pa.int32()), **more)
    for name in ("a", "b", "c"):
        log.commit(log.add(IDS, f"{name}.parquet", partition={"n": "1"} if more["partitions"] else None))
    return log


def spoilt(path, change):
    path.write_bytes(change(path.read_bytes()))


def commit_of(log, version):
    return log.log / f"{version:020}.json"


# Data files.


@case("data file", "b.parquet", "cannot be read")
def data_file_cut_off(log):
    spoilt(log.folder / "b.parquet", lambda whole: whole[: len(whole) // 2])


@case("data file", "b.parquet", "cannot be read as Parquet")
def data_file_without_its_end(log):
    spoilt(log.folder / "b.parquet", lambda whole: whole[:-1])


@case("data file", "b.parquet")
def data_file_empty(log):
    spoilt(log.folder / "b.parquet", lambda whole: b"")


@case("data file", "b.parquet", "is not there")
def data_file_gone(log):
    (log.folder / "b.parquet").unlink()


@case("data file", "b.parquet", "cannot be read as Parquet")
def data_file_of_text(log):
    spoilt(log.folder / "b.parquet", lambda whole: b"id\n1\n" + b" " * (len(whole) - 5))


@case("data file", "b.parquet", "cannot be read as Parquet")
def footer_without_its_mark(log):
    spoilt(log.folder / "b.parquet", lambda whole: whole[:-4] + b"PAR2")


@case("data file", "b.parquet", "cannot be read as Parquet")
def footer_longer_than_its_file(log):
    spoilt(log.folder / "b.parquet", lambda whole: whole[:-8] + (2**31 - 1).to_bytes(4, "little") + whole[-4:])


@case("data file", "b.parquet", "cannot be read as Parquet")
def footer_shorter_than_it_is(log):
    spoilt(log.folder / "b.parquet", lambda whole: whole[:-8] + (7).to_bytes(4, "little") + whole[-4:])


@case("data file", "b.parquet", "cannot be read as Parquet")
def pages_of_zeros(log):
    spoilt(log.folder / "b.parquet", lambda whole: whole[:4] + bytes(400) + whole[404:])


@case("data file", "b.parquet")
def size_in_the_log_too_large(log):
    spoilt(commit_of(log, 2), lambda line: re.sub(rb'"size": (\d+)', rb'"size": 9\1', line))


@case("data file", "b.parquet")
def size_in_the_log_too_small(log):
    spoilt(commit_of(log, 2), lambda line: re.sub(rb'"size": (\d+)', b'"size": 100', line))


@case("data file", "b.parquet", "its size is negative")
def size_in_the_log_negative(log):
    spoilt(commit_of(log, 2), lambda line: re.sub(rb'"size": (\d+)', b'"size": -1', line))


@case("data file", "d.parquet", "column `id` is Utf8 in a file and must be Int64")
def column_of_another_type(log):
    log.commit(log.add(pa.table({"id": ["1"]}), "d.parquet"))


@case("data file", "d.parquet", "column `id` is Float64 in a file and must be Int64")
def column_of_numbers_with_a_point(log):
    log.commit(log.add(pa.table({"id": [1.5]}), "d.parquet"))


@case("data file", "d.parquet", "column `n` holds a value that is none of its type")
def value_too_large_for_its_column(log):
    log.commit(log.add(pa.table({"id": [1], "n": [2**40]}), "d.parquet"))


@case("data file", "not the URL of an object store")
def data_file_at_an_address_of_no_store(log):
    log.commit(log.naming("https://example.invalid/x.parquet", 1, size=100))


# Logs.


@case("its log lacks the commit of version 2")
def commit_gone(log):
    commit_of(log, 2).unlink()


@case("its log lacks the commit of version 0")
def first_commit_gone(log):
    commit_of(log, 0).unlink()


@case("its log lacks the commit of version 4")
def commit_gone_after_a_checkpoint(log):
    log.checkpoint().forget()
    log.commit(log.add(IDS, "d.parquet"))
    log.commit(log.add(IDS, "e.parquet"))
    commit_of(log, log.version - 1).unlink()


@case("Not a Delta table")
def all_commits_gone(log):
    log.forget()


@case("`_delta_log/00000000000000000002.json` is no JSON")
def commit_cut_off(log):
    spoilt(commit_of(log, 2), lambda text: text[:40])


@case("`_delta_log/00000000000000000002.json` is no JSON")
def commit_of_other_bytes(log):
    spoilt(commit_of(log, 2), lambda text: b"PAR1" + bytes(range(256)))


@case("Json error", "size")
def commit_with_a_size_of_text(log):
    spoilt(commit_of(log, 2), lambda line: re.sub(rb'"size": (\d+)', b'"size": "large"', line))


@case("No protocol found")
def log_without_protocol(log):
    spoilt(commit_of(log, 0), lambda text: text.split(b"\n", 1)[1])


@case("No table metadata found")
def log_without_columns(log):
    spoilt(commit_of(log, 0), lambda text: text.split(b"\n", 1)[0] + b"\n")


@case("quaternion")
def columns_of_a_type_that_nobody_knows(log):
    log.redeclare(lambda fields: fields[0].update(type="quaternion"))


@case("key must be a string")
def columns_that_are_none(log):
    log.commit({"metaData": log.metadata | {"schemaString": "{]"}})


# Checkpoints. The commits that they stand for are gone.


def last_checkpoint(log):
    (path,) = log.log.glob("*.checkpoint*.parquet")
    return path


@case("`_delta_log/00000000000000000003.checkpoint.parquet` is no Parquet")
def checkpoint_of_text(log):
    log.checkpoint().forget()
    spoilt(last_checkpoint(log), lambda whole: b"no Parquet" * 100)


@case("`_delta_log/00000000000000000003.checkpoint.parquet` is no Parquet")
def checkpoint_cut_off(log):
    log.checkpoint().forget()
    spoilt(last_checkpoint(log), lambda whole: whole[: len(whole) // 2])


@case("Invalid Checkpoint")
def checkpoint_gone(log):
    log.checkpoint().forget()
    last_checkpoint(log).unlink()


@case("data file", "gone.parquet", "is not there")
def checkpoint_that_names_a_file_that_is_not_there(log):
    log.commit(log.naming("gone.parquet", 1000, size=4000)).checkpoint().forget()


@case("Invalid Checkpoint")
def checkpoint_that_lacks_a_part(log):
    log.checkpoint(parts=3).forget()
    next(log.log.glob("*.checkpoint.0000000002.*")).unlink()


@case("No protocol found")
def checkpoint_without_protocol(log):
    log.checkpoint().forget()
    path = last_checkpoint(log)
    table = pq.read_table(path)
    pq.write_table(table.filter([not row for row in table["protocol"].is_valid().to_pylist()]), path)


@case("_sidecars/", "not found", features=["v2Checkpoint"], checkpointPolicy="v2")
def sidecar_gone(log):
    log.checkpoint_v2().forget()
    next((log.log / "_sidecars").iterdir()).unlink()


@case("`_delta_log/_sidecars/", "is no Parquet", features=["v2Checkpoint"], checkpointPolicy="v2")
def sidecar_cut_off(log):
    log.checkpoint_v2().forget()
    spoilt(next((log.log / "_sidecars").iterdir()), lambda whole: whole[: len(whole) // 2])


# What a reader must know.


@case("undoneTomorrow")
def feature_that_nobody_knows(log):
    features = ["deletionVectors", "undoneTomorrow"]
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features}
    log.commit({"protocol": protocol})


@case("variantType")
def feature_that_is_not_read_here(log):
    protocol = {
        "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["variantType"], "writerFeatures": ["variantType"],
    }
    log.commit({"protocol": protocol})


@case("reader version 4")
def reader_of_a_version_to_come(log):
    log.commit({"protocol": {"minReaderVersion": 4, "minWriterVersion": 2}})


@case("mapped by `position`", features=["columnMapping"])
def columns_mapped_in_a_way_that_nobody_knows(log):
    log.commit({"metaData": log.metadata | {"configuration": {"delta.columnMapping.mode": "position"}}})


@case("data file", ".parquet", "its columns have no numbers", features=["columnMapping"])
def files_without_the_numbers_that_columns_are_found_by(log):
    def number(fields):
        for n, one in enumerate(fields, 1):
            one["metadata"] = {"delta.columnMapping.id": n, "delta.columnMapping.physicalName": one["name"]}

    configuration = {"delta.columnMapping.mode": "id", "delta.columnMapping.maxColumnId": "2"}
    log.metadata = log.metadata | {"configuration": configuration}
    log.redeclare(number)


# Deletion vectors and partitions.

VECTORS = {"features": ["deletionVectors"], "enableDeletionVectors": "true"}


def with_vector(log, vector, **more):
    log.commit(log.add(IDS, "d.parquet", deletionVector=vector, **more))


@case("data file `d.parquet`", "deletion vector", "cannot be read", **VECTORS)
def vector_gone(log):
    (vector,) = stored_vectors(log.folder, [1])
    next(log.folder.glob("deletion_vector_*")).unlink()
    with_vector(log, vector)


@case("data file `d.parquet`", "deletion vector", "damaged", **VECTORS)
def vector_with_a_flipped_bit(log):
    (vector,) = stored_vectors(log.folder, [1])
    spoilt(next(log.folder.glob("deletion_vector_*")), lambda whole: whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:])
    with_vector(log, vector)


@case("data file `d.parquet`", "deletion vector", "names 2 rows and the log says 3", **VECTORS)
def vector_of_other_rows_than_the_log_says(log):
    with_vector(log, inline_vector([1, 2]) | {"cardinality": 3})


@case("data file `d.parquet`", "deletion vector", "beyond the file's 1000", **VECTORS)
def vector_of_a_row_that_is_not_there(log):
    with_vector(log, inline_vector([1000]))


@case("data file `d.parquet`", "deletion vector", "how many rows", **VECTORS)
def vector_of_a_file_that_is_not_counted(log):
    with_vector(log, inline_vector([1]), stats=None)


@case("data file", "d.parquet", **VECTORS)
def vector_of_a_file_that_is_counted_wrong(log):
    with_vector(log, inline_vector([1]), stats=json.dumps({"numRecords": 999}))


@case("Failed to parse value 'one' as 'integer'", partitions=["n"])
def partition_that_is_no_number(log):
    log.commit(log.add(IDS, "d.parquet", partition={"n": "one"}))


@case("data file `d.parquet`", "no value for the partition column `n`", partitions=["n"])
def partition_without_a_value(log):
    log.commit(log.add(IDS, "d.parquet"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A mesh over all tables, which were sound when their contracts were begun, and one that still is."""
    folder, mesh = tmp_path_factory.mktemp("bad"), tmp_path_factory.mktemp("mesh") / "mesh"
    begin("repo", mesh)
    begin("domain", "foreign", cwd=mesh)
    logs = {}
    for name, (_, _, features, more) in (CASES | {"sound": (None, None, {"features": ()}, {"partitions": ()})}).items():
        logs[name] = sound(folder / name, **features, **more)
        begin("product", f"foreign.{name}", "--from", folder / name, cwd=mesh)
    for name, (_, spoil, _, _) in CASES.items():
        spoil(logs[name])
    repository = Repository(mesh, {})
    repository.edit("governance/principals.yaml", "users: []", "users:\n  - {name: ana, groups: [foreign-owners]}")
    repository.commit("a reader")
    with Server(repository.path, mesh.parent / "home") as server:
        yield server.ready()


def test_the_sound_one_is_served_beside_them(server):
    with connect(server) as connection:
        assert rows(connection, "select count(*) as n, sum(id) as s from foreign.sound.rows") == [{"n": 3000, "s": 1498500}]
    said = server.stderr.text + server.stdout.text
    assert "panicked" not in said and "bug of Weft" not in said, said


@pytest.mark.parametrize("name", CASES)
def test_is_told_and_gives_no_rows(server, name):
    # A line that says that it failed, and one that says why.
    (text,) = re.findall(rf"✗ foreign\.{name}\.rows +failed.*\n(.*)", server.stderr.text)
    assert re.search(r"\bW0\d\d\d\b", text) and f"/{name}/" in text, text
    for fragment in CASES[name][0]:
        assert fragment in text, text
    with connect(server) as connection:
        refused = refusal(lambda: rows(connection, f"select * from foreign.{name}.rows"))
    assert "W0202" in str(refused), refused
