"""Service levels of ports, measured by the queries that read them."""

import json
import urllib.request

import pytest

from weft import Repository, Server, command, until

PORT = "reference.carriers.airlines"
CONTRACT = "products/reference/carriers/contracts/airlines.odcs.yaml"
LEVELS = """slaProperties:
  - {property: availability, value: 99.5, unit: percent}
  - {property: errorRate, value: 0.5, unit: percent}
  - property: latency
    value: 60
    unit: s
    customProperties: [{property: percentile, vendor: weft, value: 95}]
  - {property: throughput, value: 10, unit: MB/s}
"""
OF_TRAFFIC = ("availability", "errorRate", "latency p95", "throughput")
# The monitor looks once a minute.
LOOKED = 180


@pytest.fixture
def promising(tmp_path):
    """The demo, with promises about the queries of one port."""
    repository = Repository(tmp_path / "mesh")
    repository.edit(CONTRACT, "slaProperties:\n", LEVELS)
    repository.commit("promises about queries")
    with Server(tmp_path / "mesh", tmp_path / "home") as server:
        yield server.ready()


def verdicts(server, name):
    sql = f"select check_name, outcome, threshold, message from system.mesh.checks where run is null and port = '{PORT}'"
    return {row["check_name"]: row for row in server.query(name, sql)}


def numbers(server, name):
    rows = server.query(name, f"select * from system.mesh.service_levels where port = '{PORT}'")
    assert len(rows) <= 1, rows
    return rows[0] if rows else None


def get(server, name, path):
    request = urllib.request.Request(f"{server.http}{path}", headers={"authorization": f"Bearer {server.token(name)}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_queries_keep_what_the_contract_promises_of_them(promising):
    server = promising
    # Under too few queries nothing is known, and it is said why.
    until(lambda: set(OF_TRAFFIC) <= set(verdicts(server, "ana")), "the monitor has looked", longest=LOOKED)
    first = verdicts(server, "ana")
    assert {first[name]["outcome"] for name in OF_TRAFFIC} == {"unknown"}, first
    assert "fewer than 20 queries" in first["availability"]["message"]
    assert "rows/s" in first["throughput"]["message"]
    assert numbers(server, "ana") is None

    for n in range(20):
        assert server.query("ana", f"select count(*) n from {PORT} where 1 <= {n + 1}")
        # Whose fault that is, is plain.
        assert command("query", "--as", "ana", f"select absent from {PORT}", home=server.home).returncode != 0
    told = numbers(server, "ana")
    assert (told["availability"], told["error_rate"]) == (100.0, 0.0), told
    assert 0 <= told["latency_p50_ms"] <= told["latency_p95_ms"] < 60_000, told
    assert told["latency_p99_ms"] is None and told["rows_per_second"] is None, told
    assert told["queries"] is None and told["failed"] is None, "ana does not answer for the port"

    passed = lambda: verdicts(server, "ana")["availability"]["outcome"] == "passed"
    until(passed, "the verdict turns", longest=LOOKED, every=1)
    found = verdicts(server, "ana")
    assert [found[name]["outcome"] for name in OF_TRAFFIC] == ["passed", "passed", "passed", "unknown"], found
    assert found["availability"]["threshold"] == "must be at least 99.5 %"
    assert found["latency p95"]["threshold"] == "must be at most 60 s"
    port = get(server, "ana", f"/api/v1/ports/{PORT.replace('.', '/')}")
    levels = {level["name"]: level for level in port["serviceLevels"]}
    assert levels["availability"]["outcome"] == "passed" and levels["availability"]["measured"] == 100.0, levels


def test_how_many_asked_is_for_who_may_know_it(promising):
    server = promising
    for _ in range(3):
        server.query("ana", f"select count(*) n from {PORT}")
    assert numbers(server, "ana") is None, "three queries are told to nobody who does not answer for the port"
    owner = "omar"
    told = numbers(server, owner)
    assert (told["queries"], told["failed"], told["availability"]) == (3, 0, 100.0), told
