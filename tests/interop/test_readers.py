"""Weft and three engines that know nothing of it agree on what the demo's tables hold."""

import pytest
from deltalake import DeltaTable

from figures import TABLES, VIEWS, folder, of_row, reader_of, select
from flight import readers, rows
from readers import READERS


@pytest.fixture(scope="module")
def connections(demo):
    with readers(demo) as connections:
        yield connections


@pytest.mark.parametrize("port", [*TABLES, *VIEWS])
def test_weft(connections, port):
    expected = (TABLES | VIEWS)[port]
    (row,) = rows(connections[reader_of(port)], f"select {select(port, expected.sums)}")
    assert of_row(row, expected.sums) == expected


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("port", TABLES)
def test_other_engines(demo, port, reader):
    expected = TABLES[port]
    assert READERS[reader](folder(demo.home / "warehouse", port), expected.sums, None) == expected


def test_every_stored_table_is_compared(demo):
    stored = {".".join(log.parent.parts[-3:]) for log in (demo.home / "warehouse").rglob("_delta_log")}
    assert stored == set(TABLES)


def test_a_commit_says_what_it_was_made_from(demo):
    for port in TABLES:
        (commit,) = DeltaTable(folder(demo.home / "warehouse", port)).history()
        text = str(commit)
        for key in ("revision", "contract"):
            assert key in text, f"{port}: {commit}"


def test_columns_that_are_required_are_not_nullable(demo):
    schema = DeltaTable(folder(demo.home / "warehouse", "reference.carriers.airlines")).schema()
    assert {field.name: field.nullable for field in schema.fields}["carrier"] is False
