"""Questions over ADBC, against the demo mesh of the binary."""

import adbc_driver_manager
import pyarrow as pa
import pytest

import weft
from fake import Quick

BY_ORIGIN = [("EWR", 120_835), ("JFK", 111_279), ("LGA", 104_662)]
PER_ORIGIN = "SELECT origin, count(*) AS n FROM aviation.flights.departures GROUP BY origin ORDER BY n DESC"


@pytest.fixture(scope="module")
def ana(served):
    with weft.connect(served.flight, token=served.token("ana")) as connection:
        yield connection


def test_rows_come_as_arrow_pandas_and_polars(ana):
    assert [tuple(row.values()) for row in ana.sql(PER_ORIGIN).to_arrow().to_pylist()] == BY_ORIGIN
    assert list(ana.sql(PER_ORIGIN).to_pandas().itertuples(index=False, name=None)) == BY_ORIGIN
    assert ana.sql(PER_ORIGIN).to_polars().rows() == BY_ORIGIN


def test_rows_come_batch_by_batch(ana):
    everything = "SELECT * FROM aviation.flights.departures"
    reader = ana.sql(everything).reader()
    assert isinstance(reader, pa.RecordBatchReader)
    assert sum(batch.num_rows for batch in reader) == 336_776
    with ana.sql(everything) as result:
        assert next(iter(result)).num_rows > 0
    assert ana.sql("SELECT 1 AS one").to_arrow().to_pylist() == [{"one": 1}]


def test_rows_are_read_once_and_a_table_is_kept(ana):
    result = ana.sql(PER_ORIGIN)
    assert result.to_arrow() is result.to_arrow()
    assert result.to_polars().height == 3
    with pytest.raises(ValueError, match="already"):
        result.reader()
    handed_out = ana.sql(PER_ORIGIN)
    list(handed_out)
    with pytest.raises(ValueError, match="already"):
        handed_out.to_arrow()


def test_parameters_are_no_text(ana):
    count = "SELECT count(*) AS n FROM aviation.flights.departures WHERE origin = "
    assert ana.sql(count + "?", ["EWR"]).to_arrow().to_pylist() == [{"n": 120_835}]
    assert ana.sql(count + "$1", ["' OR 1 = 1 --"]).to_arrow().to_pylist() == [{"n": 0}]


def test_a_cursor_of_the_database_interface(ana):
    with ana.cursor() as cursor:
        cursor.execute(PER_ORIGIN)
        assert cursor.fetchall() == BY_ORIGIN
        with pytest.raises(adbc_driver_manager.Error):
            cursor.execute("SELECT nothing")


@pytest.mark.parametrize(("sql", "kind", "code"), [
    ("SELECT 1 +", weft.QueryError, "W0201"),
    ("SELECT * FROM aviation.flights.nothing", weft.QueryError, "W0202"),
    ("SELECT nothing FROM aviation.flights.departures", weft.QueryError, "W0203"),
    ("DELETE FROM reference.carriers.airlines", weft.PermissionDeniedError, "W0204"),
])
def test_what_is_wrong_is_told_the_same_way_by_both_drivers(ana, sql, kind, code):
    messages = []
    for ask in (ana.sql, ana.stream):
        with pytest.raises(kind) as raised:
            ask(sql)
        assert raised.value.code == code
        messages.append(str(raised.value))
    assert messages[0] == messages[1] and messages[0].startswith(code)


def test_a_token_is_needed_and_the_environments_will_do(served, monkeypatch):
    monkeypatch.delenv("WEFT_TOKEN", raising=False)
    for token, match in ((None, "WEFT_TOKEN"), ("nonsense", "W0801")):
        with weft.connect(served.flight, token=token) as connection:
            for ask in (connection.sql, connection.stream):
                with pytest.raises(weft.AuthenticationError, match=match):
                    ask("SELECT 1")
    monkeypatch.setenv("WEFT_TOKEN", served.token("ana"))
    with weft.connect(served.flight) as connection:
        assert connection.sql(PER_ORIGIN).to_arrow().num_rows == 3


def test_a_server_that_is_not_there_is_told_of():
    with weft.connect("grpc://127.0.0.1:1", token="any", retry=Quick()) as connection:
        for ask in (connection.sql, connection.stream):
            with pytest.raises(weft.UnavailableError, match="refused"):
                ask("SELECT 1")


def test_a_token_that_changes_is_followed(served):
    tokens = [served.token("ana"), "nonsense"]
    with weft.connect(served.flight, token=lambda: tokens[0]) as connection:
        assert connection.sql("SELECT 1 AS one").to_arrow().num_rows == 1
        del tokens[0]
        with pytest.raises(weft.AuthenticationError):
            connection.sql("SELECT 1 AS one")


def test_shards_of_the_mesh_are_the_answer_and_come_again(ana):
    sql = "SELECT carrier, flight, time_hour, dep_delay FROM aviation.flights.departures"
    whole = weft.content_hash(ana.sql(sql).to_arrow())
    shards = ana.stream(sql, endpoints=4)
    assert len(shards) == 4
    assert shards.content_hash() == whole
    assert [list(shards.read(nth)) for nth in range(4)] == [list(shard.read()) for shard in shards]
    (table,) = shards.described["tables"]
    assert table["port"] == "aviation.flights.departures" and table["tableVersion"] >= 0
    assert shards.as_of < shards.expires
    shards.renew()
    assert shards[2].to_arrow().num_rows > 0


def test_shards_of_the_mesh_are_no_one_elses(ana, served):
    omar = weft.connect(served.flight, token=served.token("omar"))
    shards = ana.stream("SELECT 1 AS one")
    theirs = weft.Shards(omar._target, shards._endpoints, shards.schema, b"", Quick())
    with pytest.raises(weft.TicketError, match="no such ticket"):
        theirs.to_arrow()
    assert shards.to_arrow().to_pylist() == [{"one": 1}]
