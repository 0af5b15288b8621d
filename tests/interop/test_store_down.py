"""The store of the tables goes away and comes back while a mesh serves."""

import time
import urllib.error
import urllib.request

import pytest

import s3
from cut import Line
from test_crash import Bucket, Mesh
from weft import Repository, Server, command, until

KEPT = "select count(*) n, sum(distance) d from aviation.flights.departures"
NOT_KEPT = "select sum(flight) n from aviation.flights.departures"
# Within that the store is not asked any more, and asked again.
OPENS, CLOSES = 5, 10


@pytest.fixture
def cut(tmp_path):
    """A mesh whose line to its store can be cut."""
    Repository(tmp_path / "mesh")
    with s3.moto(tmp_path) as store:
        store.client().create_bucket(Bucket="weft")
        line = Line(int(store.endpoint.rsplit(":", 1)[1]))
        through = store.variables | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{line.port}"}
        start = lambda: Server(tmp_path / "mesh", tmp_path / "home", "--warehouse", "s3://weft/tables", env=through)
        with start() as server:
            server.ready()
        # Started anew, since whoever made a table has all of it in memory.
        with start() as server:
            yield server.ready(), line


def circuit(server):
    with urllib.request.urlopen(f"{server.http}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    (value,) = [line.split()[-1] for line in lines if line.startswith('weft_circuit_open{target="store"}')]
    return float(value)


def page(server, path):
    request = urllib.request.Request(f"{server.http}{path}", headers={"authorization": f"Bearer {server.token('ana')}", "accept": "text/html, */*"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_what_is_kept_and_every_page_still_answers_and_the_rest_is_told_at_once(cut):
    server, line = cut
    known = [server.query("ana", KEPT) for _ in range(3)][-1]
    assert circuit(server) == 0
    line.cut()
    began = time.monotonic()

    def asked():
        done = command("query", "--as", "ana", NOT_KEPT, home=server.home)
        assert done.returncode != 0, done.stdout
        return circuit(server) == 1

    until(asked, "the circuit opens", longest=OPENS + 5)
    assert time.monotonic() - began < OPENS + 2, "the commands take a while themselves"
    assert server.query("ana", KEPT) == known, "what is kept in memory"
    for path in ("/api/v1/products", "/api/v1/products/aviation/flights", "/api/v1/search?q=flights", "/health/live", "/"):
        assert page(server, path) == 200, path
    began = time.monotonic()
    refused = command("query", "--as", "ana", NOT_KEPT, home=server.home)
    assert "W0702" in refused.stderr and time.monotonic() - began < 2, refused.stderr
    line.mend()
    until(lambda: circuit(server) == 0, "the circuit closes", longest=CLOSES)
    assert server.query("ana", NOT_KEPT)
    (served,) = server.query("omar", "select * from system.mesh.service_levels where port = 'aviation.flights.departures'")
    assert 2 <= served["failed"] < served["queries"] and 0 < served["availability"] < 100, served


def test_a_release_that_nobody_has_read_is_in_memory_as_the_one_before_it_was(tmp_path):
    mesh, asked = Mesh(tmp_path / "mesh", 1_500), "select count(*) n, sum(amount) total from sales.summary.large"
    with s3.moto(tmp_path) as store:
        bucket, line = Bucket(store), Line(int(store.endpoint.rsplit(":", 1)[1]))
        through = bucket.variables | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{line.port}"}
        with Server(mesh.path, tmp_path / "home", *bucket.arguments, env=through) as server:
            server.ready()
            before = server.query("ana", asked)
            mesh.change(3_000)
            served = lambda: server.query("ana", "select 1 from system.mesh.releases where product = 'sales.summary' and release = 2")
            until(served, "the next release is served")
            line.cut()
            (after,) = server.query("ana", asked)
            amounts = [amount for _, amount in mesh.expected[mesh.newest]["summary/large"]]
            assert [after] != before and (after["n"], after["total"]) == (len(amounts), float(sum(amounts)))
