"""The same mesh on S3; and no writing where the store cannot keep two writers apart."""

import pytest

import s3
from figures import BY_ORIGIN, TABLES, VIEWS, folder, of_row, reader_of, select
from flight import readers, rows
from readers import READERS
from weft import Repository, Server

WAREHOUSE = "s3://weft/tables"


@pytest.fixture(scope="module")
def on_s3(tmp_path_factory):
    """The demo on S3, and its store."""
    place = tmp_path_factory.mktemp("on_s3")
    Repository(place / "mesh")
    with s3.moto(place) as store:
        store.client().create_bucket(Bucket="weft")
        with Server(place / "mesh", place / "home", "--warehouse", WAREHOUSE, env=store.variables) as server:
            yield server.ready(), store


def test_weft_agrees_with_itself_on_files(on_s3):
    server, _ = on_s3
    with readers(server) as connections:
        per_origin = "select origin, count(*) n from aviation.flights.departures group by origin order by n desc"
        assert [tuple(row.values()) for row in rows(connections["ana"], per_origin)] == BY_ORIGIN
        for port, expected in (TABLES | VIEWS).items():
            (row,) = rows(connections[reader_of(port)], f"select {select(port, expected.sums)}")
            assert of_row(row, expected.sums) == expected, port
    assert not (server.home / "warehouse").exists()


@pytest.mark.parametrize("reader", READERS)
def test_other_engines_agree(on_s3, reader):
    _, store = on_s3
    for port, expected in TABLES.items():
        assert READERS[reader](folder(WAREHOUSE, port), expected.sums, store.options) == expected, port


def test_a_store_that_ignores_put_if_absent_is_refused_at_the_start(tmp_path):
    Repository(tmp_path / "mesh")
    with s3.s3rver(tmp_path) as store:
        server = Server(tmp_path / "mesh", tmp_path / "home", "--warehouse", WAREHOUSE, env=store.variables)
        code = server.process.wait(timeout=60)
        assert server.stdout.wait(lambda _: True) is None, "it never was ready"
        assert server.stderr.wait(lambda line: "W0701" in line), server.stderr.text
        assert code == 1
        left = store.client().list_objects_v2(Bucket="weft").get("Contents", [])
        assert not [object for object in left if "_delta_log" in object["Key"]], "nothing was written"
