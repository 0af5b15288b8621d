"""Programs that people read tables with, each by its own way to Flight SQL or to Arrow."""

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.flight as fl
import pytest

from flight import command, connect, fetch, rows

BY_ORIGIN = {"EWR": 120_835, "JFK": 111_279, "LGA": 104_662}
FLIGHTS = "select origin, dest, distance, time_hour from aviation.flights.departures"


@pytest.fixture(scope="module")
def ana(demo):
    with connect(demo) as connection:
        yield connection


@pytest.fixture(scope="module")
def flights(ana):
    with ana.cursor() as cursor:
        cursor.execute(FLIGHTS)
        return cursor.fetch_arrow_table()


def test_pyarrow_reads_by_flights_own_verbs(demo, flights):
    bearer = (b"authorization", f"Bearer {demo.token('ana')}".encode())
    with fl.connect(demo.flight) as client:
        table = fetch(client, FLIGHTS, bearer)
        order = [("time_hour", "ascending"), ("origin", "ascending"), ("dest", "ascending"), ("distance", "ascending")]
        assert table.sort_by(order).equals(flights.sort_by(order))
        assert client.get_schema(*_asking("select 1 as one", bearer)).schema.names == ["one"]


def test_keys_from_table_to_table_are_told_to_whoever_reads_both(demo):
    def keys(name, kind, texts):
        bearer = (b"authorization", f"Bearer {demo.token(name)}".encode())
        with fl.connect(demo.flight) as client:
            found = fetch(client, command(kind, texts), bearer).to_pylist()
        side = lambda row, of: ".".join(row[f"{of}_{part}"] for part in ("catalog_name", "db_schema_name", "table_name", "column_name"))
        return [(side(row, "fk"), side(row, "pk"), row["key_sequence"]) for row in found]

    daily, airlines = "aviation.cancellations.daily.carrier", "reference.carriers.airlines.carrier"
    assert (daily, airlines, 1) in keys("ana", "CommandGetExportedKeys", {3: "airlines"})
    assert keys("ana", "CommandGetImportedKeys", {1: "aviation", 2: "cancellations", 3: "daily"}) == [(daily, airlines, 1)]
    assert keys("ana", "CommandGetCrossReference", {3: "airlines", 6: "daily"}) == [(daily, airlines, 1)]
    assert keys("ana", "CommandGetImportedKeys", {3: "airlines"}) == []
    assert keys("nobody", "CommandGetExportedKeys", {3: "airlines"}) == [], "nobody reads any of these"


def test_pyarrow_reads_with_name_and_token(demo):
    with fl.connect(demo.flight) as client:
        bearer = client.authenticate_basic_token("ana", demo.token("ana"))
        assert fetch(client, "select 1 as one", bearer).to_pylist() == [{"one": 1}]
        again = client.authenticate_basic_token("ana", demo.token("ana"))
        assert again != bearer, "each handshake begins a session"
        assert fetch(client, "select 2 as two", bearer).to_pylist() == [{"two": 2}], "and ends no other"


def test_pyarrow_stops_in_the_middle_and_the_mesh_goes_on(demo):
    bearer = (b"authorization", f"Bearer {demo.token('ana')}".encode())
    many = "select a.dest, b.dest from aviation.flights.departures a cross join reference.geography.airports b"
    options = fl.FlightCallOptions(headers=[bearer])
    with fl.connect(demo.flight) as client:
        for _ in range(20):
            (endpoint,) = client.get_flight_info(_asking(many.replace("b.dest", "b.faa"), bearer)[0], options).endpoints
            reader = client.do_get(endpoint.ticket, options)
            assert reader.read_chunk().data.num_rows > 0
            reader.cancel()
        assert fetch(client, "select 1 as one", bearer).to_pylist() == [{"one": 1}]


def test_polars_takes_the_rows(ana, flights):
    frame = pl.read_database(FLIGHTS, connection=ana)
    assert dict(frame.group_by("origin").len().iter_rows()) == BY_ORIGIN
    assert pl.from_arrow(flights).height == sum(BY_ORIGIN.values())


def test_duckdb_takes_the_rows(flights):
    found = duckdb.sql("select origin, count(*) from flights group by origin").fetchall()
    assert dict(found) == BY_ORIGIN


def test_pandas_takes_the_rows(ana):
    with ana.cursor() as cursor:
        cursor.execute(FLIGHTS)
        frame = cursor.fetch_df()
    assert frame["origin"].value_counts().to_dict() == BY_ORIGIN


def test_a_dictionary_comes_as_one(ana):
    sql = "select arrow_cast(origin, 'Dictionary(Int32, Utf8)') origin from aviation.flights.departures"
    with ana.cursor() as cursor:
        cursor.execute(sql)
        column = cursor.fetch_arrow_table().column("origin")
    assert pa.types.is_dictionary(column.type)
    assert {pair["values"]: pair["counts"] for pair in column.value_counts().to_pylist()} == BY_ORIGIN


def test_each_row_of_parameters_runs_the_query_once(ana):
    sql = "select origin, count(*) n from aviation.flights.departures where origin = ? group by origin"
    with ana.cursor() as cursor:
        cursor.adbc_prepare(sql)
        cursor.execute(sql, pa.record_batch({"1": ["EWR", "LGA", "nowhere", "EWR"]}))
        found = [tuple(row.values()) for row in cursor.fetch_arrow_table().to_pylist()]
    assert found == [("EWR", BY_ORIGIN["EWR"]), ("LGA", BY_ORIGIN["LGA"]), ("EWR", BY_ORIGIN["EWR"])]
    assert rows(ana, sql, ("JFK",)) == [{"origin": "JFK", "n": BY_ORIGIN["JFK"]}]


def _asking(sql, bearer):
    from flight import descriptor

    return descriptor(sql), fl.FlightCallOptions(headers=[bearer])
