"""The Flight SQL door, as ADBC asks it."""

import threading

import adbc_driver_flightsql.dbapi as flight_sql
import pyarrow as pa
import pytest
from adbc_driver_manager import AdbcStatusCode

from figures import BY_ORIGIN
from flight import connect, connect_basic, refusal, rows

PER_ORIGIN = "select origin, count(*) n from aviation.flights.departures group by origin order by n desc"


@pytest.fixture(scope="module")
def ana(demo):
    with connect(demo, "ana") as connection:
        yield connection


def test_a_bearer_token_asks_and_is_answered(ana):
    assert [tuple(row.values()) for row in rows(ana, PER_ORIGIN)] == BY_ORIGIN


def test_the_handshake_takes_name_and_token(demo):
    with connect_basic(demo, "ana", demo.token("ana")) as connection:
        assert [tuple(row.values()) for row in rows(connection, PER_ORIGIN)] == BY_ORIGIN


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", ""])
def test_a_wrong_token_is_unauthenticated(demo, token):
    def ask():
        header = {"adbc.flight.sql.authorization_header": f"Bearer {token}"}
        with flight_sql.connect(demo.flight, db_kwargs=header, autocommit=True) as connection:
            rows(connection, "select 1")

    error = refusal(ask)
    assert error.status_code == AdbcStatusCode.UNAUTHENTICATED
    assert "W0801" in str(error)


def test_another_mesh_has_signed_nothing_that_counts(demo, tmp_path):
    from weft import command

    token = command("token", "ana", home=tmp_path / "other").stdout.strip()
    assert token

    def ask():
        with connect(demo, token=token) as connection:
            rows(connection, "select 1")

    assert refusal(ask).status_code == AdbcStatusCode.UNAUTHENTICATED


def test_the_handshake_refuses_a_token_under_another_name(demo):
    def ask():
        with connect_basic(demo, "omar", demo.token("ana")) as connection:
            rows(connection, "select 1")

    assert refusal(ask).status_code == AdbcStatusCode.UNAUTHENTICATED


def test_catalogs_are_domains_schemas_products_and_tables_ports(ana):
    found = ana.adbc_get_objects(depth="tables").read_all().to_pylist()
    tables = {
        f"{catalog['catalog_name']}.{schema['db_schema_name']}.{table['table_name']}"
        for catalog in found
        for schema in catalog["catalog_db_schemas"] or []
        for table in schema["db_schema_tables"] or []
    }
    assert {"aviation.flights.departures", "punctuality.carriers.scorecard", "system.mesh.runs"} <= tables
    assert "loyalty.members.profiles" in tables
    assert "loyalty.engagement.tiers" not in tables, "what ana may not know of is not there for her"


def test_what_a_query_reads_is_on_record(ana):
    rows(ana, "select count(*) n from reference.carriers.airlines where upper(name) like 'A%'")
    reads = "select distinct column_name from system.usage.reads where port = 'reference.carriers.airlines'"
    assert {row["column_name"] for row in rows(ana, reads)} >= {None, "name"}


def test_patterns_choose_among_tables(ana):
    found = ana.adbc_get_objects(depth="tables", table_name_filter="d%p_rtures").read_all().to_pylist()
    names = [
        table["table_name"]
        for catalog in found
        for schema in catalog["catalog_db_schemas"] or []
        for table in schema["db_schema_tables"] or []
    ]
    assert names == ["departures"]


def test_a_table_tells_its_columns(ana):
    schema = ana.adbc_get_table_schema("departures", catalog_filter="aviation", db_schema_filter="flights")
    assert {"origin", "dest", "distance", "time_hour"} <= set(schema.names)
    found = ana.adbc_get_objects(depth="all", catalog_filter="aviation", table_name_filter="departures")
    (catalog,) = found.read_all().to_pylist()
    (table,) = [table for schema in catalog["catalog_db_schemas"] for table in schema["db_schema_tables"] or []]
    assert [column["column_name"] for column in table["table_columns"]] == schema.names


def test_no_column_comes_as_a_view_type(ana):
    with ana.cursor() as cursor:
        cursor.execute("select * from reference.carriers.airlines")
        schema = cursor.fetch_arrow_table().schema
    assert not any(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind) for kind in schema.types)


def test_question_marks_and_numbers_are_parameters(ana):
    count = "select count(*) n from aviation.flights.departures where origin = "
    assert rows(ana, count + "?", ("EWR",)) == [{"n": 120835}]
    assert rows(ana, count + "$1", ("JFK",)) == [{"n": 111279}]
    both = rows(ana, count + "? and month = ?", ("EWR", 1))
    assert both == rows(ana, count + "'EWR' and month = 1")


def test_a_prepared_statement_is_bound_again_and_again(ana):
    sql = "select count(*) n from aviation.flights.departures where origin = ?"
    with ana.cursor() as cursor:
        found = []
        for origin, _ in BY_ORIGIN:
            cursor.execute(sql, (origin,))
            found.append((origin, cursor.fetchone()[0]))
    assert found == BY_ORIGIN


@pytest.mark.parametrize("sql", [
    "select carrier, name from reference.carriers.airlines order by name",
    "select dest, flights from aviation.schedule.routes order by dest, origin, flights",
    "select product, port from system.mesh.ports order by domain, product, port",
])
def test_rows_come_in_the_order_that_was_asked_for(ana, sql):
    """Also where nothing but the order stands between the question and a table."""
    found = [tuple(row.values()) for row in rows(ana, sql)]
    assert len(found) > 10
    if "order by name" in sql:
        assert [name for _, name in found] == sorted(name for _, name in found)


def test_a_statement_is_cancelled(demo):
    sql = "select sum(a.distance * b.distance) from aviation.flights.departures a cross join aviation.flights.departures b"
    with connect(demo) as connection, connection.cursor() as cursor:
        ended = []

        def ask():
            try:
                cursor.execute(sql)
                ended.append(cursor.fetch_arrow_table())
            except Exception as error:
                ended.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        for _ in range(300):
            asking.join(timeout=0.1)
            if not asking.is_alive():
                break
            cursor.adbc_cancel()
        assert not asking.is_alive(), "it goes on after it was cancelled"
        (error,) = ended
        assert isinstance(error, flight_sql.Error) and error.status_code == AdbcStatusCode.CANCELLED, error
    with connect(demo) as connection:
        assert rows(connection, "select 1 as one") == [{"one": 1}], "the mesh goes on"


@pytest.mark.parametrize("statement", [
    "insert into reference.carriers.airlines values ('XX', 'None')",
    "update reference.carriers.airlines set name = ''",
    "delete from reference.carriers.airlines",
    "drop table reference.carriers.airlines",
    "create table reference.carriers.more as select 1",
    "copy (select 1) to '/tmp/weft-was-here'",
])
def test_a_write_is_refused_and_changes_nothing(ana, statement):
    error = refusal(lambda: rows(ana, statement))
    assert "W0204" in str(error), error
    assert error.status_code in (AdbcStatusCode.UNAUTHORIZED, AdbcStatusCode.INVALID_ARGUMENT)
    assert rows(ana, "select count(*) n from reference.carriers.airlines") == [{"n": 16}]


def test_ingest_and_update_are_refused(ana):
    def ingest():
        with ana.cursor() as cursor:
            cursor.adbc_ingest("more", pa.table({"a": [1]}), mode="create")

    def update():
        with ana.cursor() as cursor:
            cursor.executescript("delete from reference.carriers.airlines")

    for act in (ingest, update):
        refusal(act)
    assert rows(ana, "select count(*) n from reference.carriers.airlines") == [{"n": 16}]


@pytest.mark.parametrize(("sql", "code"), [
    ("select 1 +", "W0201"),
    ("select * from aviation.flights.nothing", "W0202"),
    ("select nothing from aviation.flights.departures", "W0203"),
])
def test_what_is_wrong_with_a_query_has_its_code(ana, sql, code):
    assert code in str(refusal(lambda: rows(ana, sql)))
