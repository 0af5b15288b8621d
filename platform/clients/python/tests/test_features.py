"""Training sets: the question that is asked, entities that are uploaded, and sets that come again."""

import json

import pandas
import polars
import pyarrow as pa
import pytest

import weft
from weft._features import features_sql

DEPARTURES = "SELECT flight, origin AS airport, time_hour AS at FROM aviation.flights.departures WHERE month = 1"
WEATHER = "punctuality.delays.weather_history"
FEATURES = [f"{WEATHER}:temp", f"{WEATHER}:wind_speed"]


@pytest.mark.parametrize(("arguments", "expected"), [
    (("SELECT 1 AS a, now() AS at ;\n", ["a.b.c"], "at", True),
     "WITH frame AS (\nSELECT 1 AS a, now() AS at \n)\n"
     "SELECT * FROM features(frame, 'a.b.c', at => \"at\", knowledge_time => true)"),
    (("SELECT 1 -- it's a comment", ["a.b.c:x", "it's"], 'At "the" time', False),
     "WITH frame AS (\nSELECT 1 -- it's a comment\n)\n"
     "SELECT * FROM features(frame, 'a.b.c:x', 'it''s', at => \"At \"\"the\"\" time\", knowledge_time => false)"),
])
def test_the_question_is_written_as_sql(arguments, expected):
    assert features_sql(*arguments) == expected


@pytest.mark.parametrize("features", [[], "a.b.c"])
def test_features_are_a_list_of_names(connection, features):
    with pytest.raises(ValueError, match="list"):
        connection.features("SELECT 1", features, event_time="at")


FRAME = {"origin": ["JFK", "EWR"], "flight": [1, 2]}


@pytest.mark.parametrize("frame", [pa.table(FRAME), pa.record_batch(FRAME), pandas.DataFrame(FRAME), polars.DataFrame(FRAME)],
                         ids=lambda frame: type(frame).__module__.split(".")[0])
def test_frames_of_any_library_are_uploaded(connection, mesh, frame):
    mesh.takes_uploads = True
    connection.features(frame, ["a.b.c"], event_time="at")
    ((name, table),) = mesh.uploaded.items()
    assert table.to_pydict() == FRAME
    assert f'SELECT * FROM "{name}"' in mesh.asked[0]


def test_a_server_that_takes_no_entities_is_told_of(connection):
    with pytest.raises(weft.NotSupportedError, match="as SQL instead: W0906"):
        connection.features(pa.table(FRAME), ["a.b.c"], event_time="at")
    with pytest.raises(TypeError, match="`int`"):
        connection.features(7, ["a.b.c"], event_time="at")


def test_a_manifest_tells_what_was_asked_and_what_came(connection, mesh):
    training_set = connection.features("SELECT 1", ["a.b.c"], event_time="at", knowledge_time=False, endpoints=3)
    manifest = training_set.manifest()
    fetched = sum(mesh.fetched.values())
    assert json.loads(json.dumps(manifest)) == manifest
    assert manifest["sql"] == mesh.asked[0] == training_set.sql
    assert (manifest["features"], manifest["knowledgeTime"]) == (["a.b.c"], False)
    assert manifest["pinned"]["tables"] == training_set.described["tables"]
    whole = weft.content_hash(training_set.to_arrow())
    assert (manifest["rows"], manifest["contentHash"]) == (whole.rows, str(whole))
    assert sum(file["rows"] for file in manifest["files"]) == mesh.table.num_rows
    again = connection.features("SELECT 1", ["a.b.c"], event_time="at", knowledge_time=False, endpoints=3)
    again.to_arrow()
    before = sum(mesh.fetched.values())
    assert again.manifest() | {"pinned": None} == manifest | {"pinned": None}
    assert sum(mesh.fetched.values()) == before, "the rows were there already"
    assert fetched == 3


@pytest.fixture(scope="module")
def dana(served):
    with weft.connect(served.flight, token=served.token("dana"), purpose="modelling") as connection:
        yield connection


def test_features_stand_beside_the_entities_as_they_were_known(dana):
    table = dana.features(DEPARTURES, FEATURES, event_time="at", endpoints=4).to_arrow()
    assert table.schema.names == ["flight", "airport", "at", "temp", "wind_speed"]
    by_hand = dana.sql(f"""
        SELECT f.*, w.temp, w.wind_speed FROM ({DEPARTURES}) f ASOF JOIN {WEATHER} w
        MATCH_CONDITION (f.at >= w.known_at AND w.known_at >= f.at - INTERVAL '6 hours') ON f.airport = w.airport
    """).to_arrow()
    assert table.num_rows == 27_004 and table["temp"].null_count < 1_000
    assert weft.content_hash(table) == weft.content_hash(by_hand)


def test_features_are_asked_for_by_their_names(dana):
    assert dana.features(DEPARTURES, FEATURES[:1], event_time="at").schema.names[3:] == ["temp"]
    service = "punctuality.delays.departure_delay"
    entities = "SELECT carrier, origin, tailnum, time_hour AS at FROM aviation.flights.departures"
    served = dana.features(entities, [service], event_time="at")
    assert "plane__late_share_28d" in served.schema.names
    assert [pinned["service"] for pinned in served.described["services"]] == [service]
    for name in ("punctuality.delays.nothing", f"{WEATHER}:nothing"):
        with pytest.raises(weft.QueryError, match="nothing"):
            dana.features(DEPARTURES, [name], event_time="at")


def test_nobody_gets_features_without_their_purpose(served):
    with weft.connect(served.flight, token=served.token("dana")) as connection:
        with pytest.raises(weft.WeftError, match="W03"):
            connection.features(DEPARTURES, FEATURES, event_time="at").to_arrow()


def test_uploaded_entities_give_the_same_as_those_of_a_query(dana):
    entities = dana.sql(DEPARTURES).to_arrow()
    uploaded = dana.features(entities, FEATURES, event_time="at", endpoints=3)
    asked = dana.features(DEPARTURES, FEATURES, event_time="at")
    assert uploaded.content_hash() == asked.content_hash()


def test_the_command_line_makes_the_same_set_again(dana, served, tmp_path):
    training_set = dana.features(DEPARTURES, FEATURES, event_time="at", endpoints=2)
    (tmp_path / "training-set.json").write_text(json.dumps(training_set.manifest()))
    again = served.command("features", "replay", tmp_path, "--as", "dana")
    assert (again.returncode, again.stderr) == (0, "")
    assert training_set.manifest()["contentHash"] in again.stdout


def test_the_same_instant_gives_the_same_set(dana):
    first = dana.features(DEPARTURES, FEATURES, event_time="at").manifest()
    again = dana.features(DEPARTURES, FEATURES, event_time="at", as_of=first["pinned"]["asOf"], endpoints=3).manifest()
    assert (again["rows"], again["contentHash"]) == (first["rows"], first["contentHash"])
    assert again["pinned"]["tables"] == first["pinned"]["tables"]
