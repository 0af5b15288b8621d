"""Delta tables of others as sources: each reads as whoever wrote it reads it, value by value."""

import json

import pyarrow as pa
import pytest

import foreign_by_hand
import foreign_python
import foreign_sail
from flight import connect
from sail import sail
from weft import Repository, Server, begin

CASES = foreign_python.CASES | foreign_sail.CASES | foreign_by_hand.CASES
# Sail takes an address in a log for a path below the table.
UNREAD_BY_SAIL = {"shallow_clone"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The folder of all tables; of each, its rows, or what its writer ended in; and what Sail reads of those by hand."""
    folder = tmp_path_factory.mktemp("foreign")
    written, others = {}, {}
    with sail(folder / "sail.log") as server:
        for name, make in CASES.items():
            (folder / name).mkdir()
            written[name] = ended(lambda: make(folder / name, server))
            if name in foreign_by_hand.CASES:
                others[name] = ended(lambda: server.read(folder / name))
    return folder, written, others


@pytest.fixture(scope="module")
def connection(tables, tmp_path_factory):
    """A reader of a mesh with a port for each table, whose contract is begun from what the table says of itself."""
    folder, mesh = tables[0], tmp_path_factory.mktemp("mesh")
    begin("repo", mesh / "mesh")
    begin("domain", "foreign", cwd=mesh / "mesh")
    for name, rows in tables[1].items():
        if not isinstance(rows, Exception):
            begin("product", f"foreign.{name}", "--from", folder / name, cwd=mesh / "mesh")
    repository = Repository(mesh / "mesh", {})
    repository.edit("governance/principals.yaml", "users: []", "users:\n  - {name: ana, groups: [foreign-owners]}")
    repository.commit("a reader")
    with Server(repository.path, mesh / "home") as server, connect(server.ready()) as connection:
        yield connection


def ended(act):
    try:
        return act()
    except Exception as error:
        return error


@pytest.mark.parametrize("name", CASES)
def test_reads_as_whoever_wrote_it_reads_it(tables, connection, name):
    expected = tables[1][name]
    if isinstance(expected, Exception):
        raise expected
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM foreign.{name}.rows")
        read = cursor.fetch_arrow_table()
    assert columns(read) == columns(expected)
    assert lines(read) == lines(expected)


@pytest.mark.parametrize("name", foreign_by_hand.CASES)
def test_what_is_made_by_hand_is_read_alike_by_another(tables, name):
    expected, other = tables[1][name], tables[2][name]
    if name in UNREAD_BY_SAIL:
        assert isinstance(other, Exception) or lines(other) != lines(expected), "it does by now"
        return
    if isinstance(other, Exception):
        raise other
    assert lines(other.select(expected.column_names)) == lines(expected)


def columns(table):
    return [(field.name, plain(field.type)) for field in table.schema]


def lines(table):
    """Each row as text that tells all values apart, in an order that depends on nothing but the rows."""
    shaped = table.cast(pa.schema([pa.field(field.name, plain(field.type)) for field in table.schema]))
    return sorted(json.dumps(told(row), sort_keys=True, ensure_ascii=False) for row in shaped.to_pylist())


def told(value):
    match value:
        case dict():
            return {name: told(part) for name, part in value.items()}
        case list() | tuple():
            return [told(part) for part in value]
    return repr(value)


def plain(kind):
    """The one type of Arrow's for what readers give in several."""
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    if pa.types.is_map(kind):
        return pa.map_(plain(kind.key_type), plain(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(pa.field("element", plain(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(part.name, plain(part.type)) for part in kind])
    return kind
