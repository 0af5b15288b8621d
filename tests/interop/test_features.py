"""Feature views and services: in SQL, and as training sets that come again."""

import csv
import json
import urllib.request

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flight import connect, refusal, rows
from weft import Repository, Server, command

HOURLY = "weather.observations.hourly"
SERVICE = "aviation.flights.weather_at_both_ends"
FRAME = "SELECT flight, tailnum, origin, dest, time_hour AS at FROM aviation.flights.departures WHERE month = 3"
VIEW = """            format: parquet
      - property: featureView
        vendor: weft
        value: {entity: [origin], eventTime: time_hour, ttl: 3 h, features: [temp, wind_speed]}
"""
SERVICES = """
customProperties:
  - property: features
    vendor: weft
    value:
      - name: weather_at_both_ends
        features:
          - {view: weather.observations.hourly, features: [temp], prefix: origin}
          - {view: weather.observations.hourly, features: [temp], keys: {origin: dest}, prefix: dest}

outputPorts:"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The demo with a feature view and a service of its own."""
    place = tmp_path_factory.mktemp("features")
    repository = Repository(place / "mesh")
    with_view(repository)
    with Server(repository.path, place / "home") as server:
        yield server.ready()


def with_view(repository):
    product = "products/weather/observations/product.odps.yaml"
    text = repository.text(product)
    if "featureView" not in text:
        repository.edit(product, "            format: parquet\n", VIEW)
    repository.edit("products/aviation/flights/product.odps.yaml", "\noutputPorts:", SERVICES)
    repository.commit("features")


def extract(server, folder, spec, *arguments, name="ana"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.yaml").write_text(json.dumps(spec))
    return command("features", "extract", folder / "spec.yaml", "--as", name, *arguments, home=server.home)


def replay(server, folder, *arguments, name="ana"):
    return command("features", "replay", folder, "--as", name, *arguments, home=server.home)


def noted(server, name):
    """The training sets that somebody has noted."""
    headers = {"authorization": f"Bearer {server.token(name)}"}
    request = urllib.request.Request(f"{server.http}/api/v1/training-sets", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def spec(entities=None, shards=3, **more):
    entities = entities or {"sql": FRAME}
    return {"entities": entities, "eventTime": "at", "features": [SERVICE], "output": {"path": "set", "shards": shards}} | more


def test_a_service_is_joins_that_anybody_might_have_written(served):
    with connect(served, "ana") as ana:
        by_service = rows(ana, f"SELECT * FROM features(({FRAME}), '{SERVICE}', '{HOURLY}:wind_speed', at => at) ORDER BY flight, at, tailnum, dest")
        by_hand = rows(ana, f"""
            WITH frame AS ({FRAME})
            SELECT frame.*, o.temp AS origin__temp, d.temp AS dest__temp, w.wind_speed
            FROM frame
            ASOF JOIN {HOURLY} o MATCH_CONDITION (frame.at >= o.time_hour AND o.time_hour >= frame.at - INTERVAL '3 hours') ON frame.origin = o.origin
            ASOF JOIN {HOURLY} d MATCH_CONDITION (frame.at >= d.time_hour AND d.time_hour >= frame.at - INTERVAL '3 hours') ON frame.dest = d.origin
            ASOF JOIN {HOURLY} w MATCH_CONDITION (frame.at >= w.time_hour AND w.time_hour >= frame.at - INTERVAL '3 hours') ON frame.origin = w.origin
            ORDER BY flight, at, tailnum, dest""")
    assert len(by_service) == 28_834
    assert by_service == by_hand
    assert any(row["origin__temp"] is not None for row in by_service)


def test_a_training_set_comes_again(served, tmp_path):
    done = extract(served, tmp_path, spec(), "--hold", "30")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "set/training-set.json").read_text())
    files = [pq.read_table(tmp_path / "set" / file["path"]) for file in told["files"]]
    assert [len(file) for file in files] == [file["rows"] for file in told["files"]]
    assert sum(map(len, files)) == told["rows"] == 28_834
    assert [table["port"] for table in told["pinned"]["tables"]] == ["aviation.flights.departures", HOURLY]
    assert told["pinned"]["services"] == [{"service": SERVICE, "release": 1}]
    assert not (tmp_path / "set/.extraction.json").exists()

    again = replay(served, tmp_path / "set", "--output", tmp_path / "again")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith(f"the same: 28834 rows, content {told['contentHash']}")
    for file in told["files"]:
        assert pq.read_table(tmp_path / "again" / file["path"]).equals(pq.read_table(tmp_path / "set" / file["path"]))

    # One number of one row is another.
    told["contentHash"] = f"{int(told['contentHash'], 16) ^ 1:032x}"
    (tmp_path / "set/training-set.json").write_text(json.dumps(told))
    other = replay(served, tmp_path / "set")
    assert other.returncode == 1 and "came, not 28834 of" in other.stderr


def test_what_was_broken_off_goes_on(served, tmp_path):
    in_the_way = tmp_path / "set/part-00002-of-00003.parquet"
    (in_the_way / "x").mkdir(parents=True)
    broken = extract(served, tmp_path, spec())
    assert broken.returncode == 1 and "part-00002" in broken.stderr
    assert (tmp_path / "set/.extraction.json").exists() and not (tmp_path / "set/training-set.json").exists()
    (in_the_way / "x").rmdir()
    in_the_way.rmdir()
    there = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "set").glob("part-*.parquet")}
    done = extract(served, tmp_path, spec())
    assert done.returncode == 0, done.stderr
    if there:
        assert "of 3 shards are there already" in done.stderr
    assert all((tmp_path / "set" / name).stat().st_mtime_ns == time for name, time in there.items())
    assert replay(served, tmp_path / "set").returncode == 0


def test_entities_may_be_a_file_that_is_kept_beside_the_set(served, tmp_path):
    with connect(served, "ana") as ana:
        frame = rows(ana, f"SELECT origin, dest, at FROM ({FRAME}) ORDER BY at LIMIT 500")
    with open(tmp_path / "frame.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["origin", "dest", "at"])
        writer.writerows([row["origin"], row["dest"], row["at"].strftime("%Y-%m-%dT%H:%M:%SZ")] for row in frame)
    done = extract(served, tmp_path, spec({"file": "frame.csv"}, shards=1))
    assert done.returncode == 0, done.stderr
    (shard,) = (tmp_path / "set").glob("part-*.parquet")
    table = pq.read_table(shard)
    assert len(table) == 500 and table["origin__temp"].null_count < 500
    assert replay(served, tmp_path / "set").returncode == 0
    (tmp_path / "set/entities.csv").write_text("origin,dest,at\n")
    changed = replay(served, tmp_path / "set")
    assert changed.returncode == 1 and "is not the file" in changed.stderr


def test_purposes_are_asked_for_as_everywhere(served, tmp_path):
    entities = {"sql": "SELECT origin, dest, time_hour AS at FROM punctuality.delays.features LIMIT 10"}
    without = extract(served, tmp_path, spec(entities, shards=1), name="dana")
    assert without.returncode == 5 and "W0301" in without.stderr
    done = extract(served, tmp_path, spec(entities, shards=1, purpose="modelling"), name="dana")
    assert done.returncode == 0, done.stderr


def test_a_specification_that_is_wrong_says_where(served, tmp_path):
    wrong = extract(served, tmp_path, spec() | {"eventTimes": "at"})
    assert wrong.returncode == 1 and "eventTimes" in wrong.stdout and "spec.yaml" in wrong.stdout
    both = extract(served, tmp_path, spec({"sql": FRAME, "port": HOURLY}))
    assert both.returncode == 2 and "one of" in both.stderr


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (f"features(({FRAME}), 'aviation.flights.nothing', at => at)", "no table `aviation.flights.nothing`"),
        (f"features(({FRAME}), 'aviation.flights.departures', at => at)", "no table `aviation.flights.departures`"),
        (f"features(({FRAME}), '{HOURLY}:rain', at => at)", "`rain` is no feature"),
        (f"features(({FRAME}), '{SERVICE}')", "`at => COLUMN` is missing"),
        ("features(loyalty.members.profiles, '" + HOURLY + "', at => joined_on)", "origin"),
    ],
)
def test_a_call_that_cannot_be_is_refused(served, call, problem):
    with connect(served, "ana") as ana:
        assert problem in str(refusal(lambda: rows(ana, f"SELECT * FROM {call}")))


def test_an_uploaded_table_is_its_principals_own(served):
    frame = pa.table({"origin": ["JFK"], "at": pa.array([1_372_680_000_000_000], pa.timestamp("us", tz="UTC"))})
    with connect(served, "ana") as ana, connect(served, "omar") as omar:
        with ana.cursor() as cursor:
            assert cursor.adbc_ingest("moments", frame, mode="create", temporary=True) == 1
            refusal(lambda: cursor.adbc_ingest("moments", frame, mode="create", temporary=True))
            refusal(lambda: cursor.adbc_ingest("moments", frame, mode="create"))
        assert rows(ana, f"SELECT temp FROM features(moments, '{HOURLY}:temp', at => at)") == [{"temp": 73.4}]
        assert "no table `moments`" in str(refusal(lambda: rows(omar, "SELECT * FROM moments")))


def test_what_is_held_is_listed_for_whoever_made_it(served, tmp_path):
    assert extract(served, tmp_path, spec(shards=1), "--hold", "10").returncode == 0
    held = noted(served, "ana")
    assert held[0]["rows"] == 28_834 and held[0]["features"] == [SERVICE]
    assert {table["port"] for table in held[0]["tables"]} == {"aviation.flights.departures", HOURLY}
    assert noted(served, "omar") == []
