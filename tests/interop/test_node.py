"""A client in another language: Node, which reads Arrow by code of its own."""

import json
import subprocess
from pathlib import Path

import pytest

from flight import connect, rows
from weft import TARGET, environment

SCRIPT = Path(__file__).parent / "node" / "ask.cjs"
BY_CARRIER = (
    "select carrier, count(*) as flights, sum(distance) as miles from aviation.flights.departures group by 1 order by 1"
)


def ask(server, *calls, **credentials):
    host, port = server.flight.removeprefix("grpc://").rsplit(":", 1)
    asked = {"host": host, "port": int(port), "calls": calls, **(credentials or {"token": server.token("ana")})}
    done = subprocess.run(
        ["node", SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        env=environment({"NODE_PATH": str(TARGET / "npm" / "node_modules")}),
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def ana(demo):
    with connect(demo) as connection:
        yield connection


def test_rows_are_those_that_python_reads(demo, ana):
    kinds = "select 1 as small, 9007199254740993 as large, 1.5e0 as part, true as yes, 'é' as word, null as nothing"
    by_carrier, of_kinds, none = ask(demo, ("query", BY_CARRIER), ("query", kinds), ("query", BY_CARRIER + " limit 0"))
    expected = rows(ana, BY_CARRIER)
    assert [row | {"flights": int(row["flights"]), "miles": int(row["miles"])} for row in by_carrier["rows"]] == expected
    assert len(expected) == 16
    told = {"small": "1", "large": "9007199254740993", "part": 1.5, "yes": True, "word": "é", "nothing": None}
    assert of_kinds["rows"] == [told]
    assert none["rows"] == [] and none["columns"] == by_carrier["columns"]


def test_what_there_is(demo, ana):
    wanted = {"catalog": "aviation", "dbSchemaFilterPattern": "fl%", "includeSchema": True}
    calls = ("getCatalogs", None), ("getDbSchemas", {"catalog": "aviation"}), ("getTables", wanted)
    catalogs, schemas, tables = ask(demo, *calls)
    domains = {row["catalog_name"] for row in catalogs["rows"]}
    assert {"aviation", "weather", "system"} <= domains
    assert {row["db_schema_name"] for row in schemas["rows"]} >= {"flights"}
    assert {row["table_name"] for row in tables["rows"]} >= {"departures"}


def test_what_is_refused_ends_nothing(demo):
    # This client tells of a refusal that there was one, and no more.
    asked = ["select * from no.such.table", "from select", "select 1 as one"]
    unknown, wrong, after = ask(demo, *(("query", sql) for sql in asked))
    assert unknown.keys() == wrong.keys() == {"refused"}
    assert after["rows"] == [{"one": "1"}]


def test_a_name_and_a_token_are_a_name_and_a_password(demo):
    (answer,) = ask(demo, ("query", "select 2 as two"), username="ana", password=demo.token("ana"))
    assert answer["rows"] == [{"two": "2"}]
