"""Training sets: the question that is asked, entities that are uploaded, and sets that come again."""

import json

import pandas
import polars
import pyarrow as pa
import pytest

import weft
from weft._features import features_sql

DEPARTURES = "SELECT flight, origin, time_hour AS at FROM aviation.flights.departures WHERE month = 1"


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
def ana(weather):
    with weft.connect(weather.flight, token=weather.token("ana")) as connection:
        yield connection


def test_features_stand_beside_the_entities_as_they_were_known(ana):
    training_set = ana.features(DEPARTURES, ["weather.observations.hourly"], event_time="at", endpoints=4)
    table = training_set.to_arrow()
    assert table.schema.names == ["flight", "origin", "at", "temp", "wind_speed"]
    by_hand = ana.sql(f"""
        SELECT f.*, w.temp, w.wind_speed FROM ({DEPARTURES}) f ASOF JOIN weather.observations.hourly w
        MATCH_CONDITION (f.at >= w.time_hour AND w.time_hour >= f.at - INTERVAL '3 hours') ON f.origin = w.origin
    """).to_arrow()
    assert table.num_rows == 27_004
    assert weft.content_hash(table) == weft.content_hash(by_hand)


def test_one_feature_is_asked_for_by_its_name(ana):
    training_set = ana.features(DEPARTURES, ["weather.observations.hourly:temp"], event_time="at")
    assert training_set.schema.names == ["flight", "origin", "at", "temp"]
    for name in ("weather.observations.nothing", "weather.observations.hourly:nothing"):
        with pytest.raises(weft.QueryError, match="nothing"):
            ana.features(DEPARTURES, [name], event_time="at")


def test_uploaded_entities_give_the_same_as_those_of_a_query(ana):
    entities = ana.sql(DEPARTURES).to_arrow()
    uploaded = ana.features(entities, ["weather.observations.hourly"], event_time="at", endpoints=3)
    asked = ana.features(DEPARTURES, ["weather.observations.hourly"], event_time="at")
    assert uploaded.content_hash() == asked.content_hash()


def test_the_command_line_makes_the_same_set_again(ana, weather, tmp_path):
    training_set = ana.features(DEPARTURES, ["weather.observations.hourly"], event_time="at", endpoints=2)
    (tmp_path / "training-set.json").write_text(json.dumps(training_set.manifest()))
    again = weather.command("features", "replay", tmp_path, "--as", "ana")
    assert (again.returncode, again.stderr) == (0, "")
    assert training_set.manifest()["contentHash"] in again.stdout
