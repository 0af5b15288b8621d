"""Two nodes on one Postgres catalog and one bucket: each serves, one leads, and either may die or stall at any point."""

import json
import os
import random
import threading
import time
from types import SimpleNamespace

import httpx
import pytest

import postgres
import s3
from cut import Line
from flight import connect, rows
from nodes import Node, leader
from test_crash import COUNT, Bucket, Mesh, check, of_kind
from weft import REPOSITORY, Repository, Server, command, until

FAULTY = REPOSITORY / "tests" / "chaos" / "soak" / "faulty_store.py"
# For how many seconds the lead is taken each time.
LEASE = 6

# How often a node is killed or stalled in one test; more by `make nodes KILLS=200`.
KILLS = int(os.environ.get("KILLS", "8"))
SEED = int(os.environ.get("SEED", "1"))
# After so many of them all that is in the store is read again.
WHOLE = 10
# What is granted, taken away or published on one node holds on the other within that.
SOON = 5


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A database and a store."""
    place = tmp_path_factory.mktemp("nodes")
    with postgres.served(place / "postgres") as database, s3.moto(place) as store:
        yield place, database, store


@pytest.fixture(scope="module")
def pair(outside):
    """The demo on two nodes."""
    place, database, store = outside
    repository = Repository(place / "mesh")
    bucket = Bucket(store)
    a = Node(place, "a", database, bucket, repository.path).start().ready()
    b = Node(place, "b", database, bucket, repository.path, keys=a.home / "keys").start().ready()
    yield a, b, repository
    a.end()
    b.end()


def test_each_serves_what_one_made(outside, pair):
    _, database, _ = outside
    a, b, _ = pair
    assert leader(database, pair[:2]) is a
    flights = "select count(*) n from aviation.flights.departures"
    assert a.server.query("ana", flights) == b.server.query("ana", flights)
    with connect(b.server, token=a.server.token("ana")) as connection:
        assert rows(connection, "select 1 one") == [{"one": 1}], "a token of one is good at the other"
    assert database.ask("select count(*) from releases") != [["0"]]
    assert not (a.home / "catalog.db").exists()


def test_what_is_granted_or_taken_away_on_one_holds_on_both(pair):
    a, b, repository = pair
    email = "select email from loyalty.members.profiles order by points desc, joined_on limit 1"
    purpose = ["--purpose", "member_service"]

    def clear(node):
        done = command("query", "--as", "dana", email, "--format", "json", *purpose, home=node.home)
        assert done.returncode == 0, done.stderr
        return "***" not in json.loads(done.stdout)[0]["email"]

    assert not clear(a) and not clear(b)
    asked = command("access", "request", "loyalty.members.profiles", "--columns", "email", *purpose, "--note", "x",
                    "--as", "dana", home=b.home)
    assert asked.returncode == 0, asked.stderr
    (request, *_) = asked.stdout.split()
    until(lambda: request in command("access", "requests", "--as", "lena", home=a.home).stdout, "the request is on both", longest=SOON)
    assert command("access", "approve", request, "--as", "lena", home=a.home).returncode == 0
    assert clear(a), "the very next query"
    until(lambda: clear(b), "the grant holds on the other node", longest=SOON)
    revoked = command("access", "revoke", request, "--note", "done", "--as", "lena", home=b.home)
    assert revoked.returncode == 0, revoked.stderr
    assert not clear(b), "the very next query"
    until(lambda: not clear(a), "what was taken away is denied on the other node", longest=SOON)


def test_what_only_a_leader_may_do_the_other_refuses_by_its_name(pair):
    a, b, _ = pair
    refused = command("release", "rollback", "aviation.flights", "--reason", "x", "--as", "omar", home=b.home)
    assert refused.returncode != 0 and ("W0911" in refused.stderr and a.url in refused.stderr), refused.stderr


def test_a_node_with_other_keys_is_refused(outside, pair):
    place, database, store = outside
    _, _, repository = pair
    stranger = Node(place, "stranger", database, pair[0].warehouse, repository.path).start()
    assert stranger.server.process.wait(timeout=60) != 0
    assert "are not those of the node that leads" in stranger.server.stderr.text


def test_nodes_that_start_together_on_nothing_are_all_there_in_the_end(tmp_path):
    mesh = Mesh(tmp_path / "mesh", 200)
    with Server(mesh.path, tmp_path / "first") as first:
        first.ready()
    with postgres.served(tmp_path / "postgres") as database, s3.moto(tmp_path, FAULTY) as store:
        bucket, began = Bucket(store), time.monotonic()
        httpx.put(f"{store.endpoint}/_weather", json={"wait": 0.2}).raise_for_status()
        make = lambda name: Node(tmp_path, name, database, bucket, mesh.path, keys=tmp_path / "first" / "keys")
        nodes = [make(name).start() for name in "ab"]
        try:
            for node in nodes:
                node.ready()
            assert time.monotonic() - began > LEASE, "who leads had to keep the lead while it began"
            for node in nodes:
                until(lambda: node.server.query("ana", COUNT) == [{"n": 200}], "what one made is served by both")
            httpx.put(f"{store.endpoint}/_weather", json={"wait": 0}).raise_for_status()
            check(bucket, mesh)
            assert len(of_kind(bucket, "token")) == 1, "the lead was not taken over"
        finally:
            for node in nodes:
                node.end()


def test_what_one_releases_is_in_memory_of_the_other_as_what_it_takes_the_place_of(tmp_path):
    mesh, asked = Mesh(tmp_path / "mesh", 1_500), "select count(*) n, sum(amount) total from sales.summary.large"
    with postgres.served(tmp_path / "postgres") as database, s3.moto(tmp_path) as store:
        bucket, line = Bucket(store), Line(int(store.endpoint.rsplit(":", 1)[1]))
        through = bucket.variables | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{line.port}"}
        a = Node(tmp_path, "a", database, bucket, mesh.path).start().ready()
        there = SimpleNamespace(url=bucket.url, variables=through)
        b = Node(tmp_path, "b", database, there, mesh.path, keys=a.home / "keys").start().ready()
        try:
            assert leader(database, [a, b]) is a
            (before,), kept = b.server.query("ana", asked), kept_bytes(b)
            mesh.change(3_000)
            # Twice as many rows take more memory.
            until(lambda: kept_bytes(b) > kept, "the next release is in memory")
            line.cut()
            (after,) = b.server.query("ana", asked)
            assert before["n"] < after["n"] == len(mesh.expected[mesh.newest]["summary/large"])
        finally:
            a.end()
            b.end()


def kept_bytes(node):
    lines = httpx.get(f"{node.server.http}/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("weft_kept_columns_bytes"))


def test_the_catalog_s_password_is_written_nowhere(outside, pair):
    _, database, _ = outside
    for node in pair[:2]:
        assert database.password not in node.log() + node.server.stderr.text + node.server.stdout.text


class Asking(threading.Thread):
    """Asks both nodes all the while; each answer must be one of a revision that there was."""

    def __init__(self, nodes, mesh):
        super().__init__(daemon=True)
        self.nodes, self.mesh = nodes, mesh
        self.stopped, self.wrong, self.answers = threading.Event(), [], 0
        self.start()

    def run(self):
        while not self.stopped.is_set():
            for node in self.nodes:
                counts = {len(held["orders/lines"]) for held in list(self.mesh.expected.values())}
                done = command("query", "--as", "ana", COUNT, "--format", "json", home=node.home) if not node.is_paused else None
                if done is None or done.returncode != 0:
                    continue
                counts |= {len(held["orders/lines"]) for held in list(self.mesh.expected.values())}
                (n,) = [row["n"] for row in json.loads(done.stdout)]
                self.answers += 1
                if n not in counts:
                    self.wrong.append((node.name, n, counts))
            self.stopped.wait(0.05)


def doubled(warehouse):
    """Commits of one table that were made of the same."""
    found, logs = [], {}
    for name in of_kind(warehouse, "commit"):
        for line in warehouse.text(name).splitlines():
            info = json.loads(line).get("commitInfo")
            if info and info.get("weft.fingerprint"):
                logs.setdefault(name.rsplit("/", 1)[0], []).append(info["weft.fingerprint"])
    for log, prints in logs.items():
        found += [(log, one) for one, other in zip(prints, prints[1:]) if one == other]
    return found


def newest_released(warehouse):
    """The revisions of which the newest releases are."""
    numbered = sorted(of_kind(warehouse, "release"), key=lambda name: int(name.rsplit("/", 1)[1].removesuffix(".json")))
    newest = {name.rsplit("/", 1)[0]: name for name in numbered}
    return {json.loads(warehouse.text(name))["revision"] for name in newest.values()}


def test_either_may_die_or_stall_at_any_point(tmp_path):
    chosen = random.Random(SEED)
    mesh = Mesh(tmp_path / "mesh", 1_000)
    with postgres.served(tmp_path / "postgres") as database, s3.moto(tmp_path) as store:
        bucket = Bucket(store)
        nodes = [Node(tmp_path, "a", database, bucket, mesh.path).start().ready()]
        nodes.append(Node(tmp_path, "b", database, bucket, mesh.path, keys=nodes[0].home / "keys").start().ready())
        asking, serves = Asking(nodes, mesh), lambda node, n: node.server.process.poll() is None and counted(node) == n
        try:
            for turn in range(KILLS):
                told = f"seed {SEED}, turn {turn}"
                if chosen.random() < 0.85:
                    mesh.change(chosen.randint(500, 3_000))
                time.sleep(chosen.random() * 2.5)
                victim = chosen.choice([leader(database, nodes) or nodes[0], *nodes])
                if chosen.random() < 0.5:
                    victim.kill()
                    time.sleep(chosen.random() * 2)
                    victim.start()
                else:
                    victim.pause()
                    # For less and for longer than a lease lasts.
                    time.sleep(chosen.choice([0.5, 3, 9]))
                    victim.resume()
                victim.ready()
                n = len(mesh.rows)
                until(lambda: all(serves(node, n) for node in nodes), f"{told}: both serve the newest", longest=60)
                assert not asking.wrong, f"{told}: {asking.wrong}"
                until(lambda: newest_released(bucket) == {mesh.newest}, f"{told}: all is released", longest=60)
                if turn % WHOLE == WHOLE - 1 or turn == KILLS - 1:
                    assert set(check(bucket, mesh).values()) == {mesh.newest}, told
                    assert not doubled(bucket), told
                    print(f"turn {turn + 1}: {asking.answers} answers", flush=True)
            revoked(nodes, mesh)
        finally:
            asking.stopped.set()
            asking.join(30)
            for node in nodes:
                node.end()
        assert asking.answers >= KILLS
        # Of each product, the catalog has what the store has.
        kept = database.ask("select product, count(*) from releases group by product order by product")
        objects = of_kind(bucket, "release")
        for product, count in kept:
            assert sum(f"/{product.split('.')[1]}/" in name for name in objects) == int(count), product
        print(f"\n{KILLS} kills and stalls, {asking.answers} answers, {len(objects)} releases")


def revoked(nodes, mesh):
    """What a commit takes away is denied on both soon, and what it gives back is there."""
    reads = lambda node: counted(node) is not None
    file = "products/sales/access.csv"
    text = mesh.repository.text(file)
    mesh.repository.edit(file, "p, role:analyst, dom:sales, obj:sales, read, *, -, allow\n", "")
    mesh.repository.commit("analysts read nothing")
    until(lambda: not any(map(reads, nodes)), "both deny", longest=SOON)
    mesh.repository.write(file, text)
    mesh.repository.commit("they do")
    until(lambda: all(map(reads, nodes)), "both allow", longest=SOON)


def counted(node):
    done = command("query", "--as", "ana", COUNT, "--format", "json", home=node.home)
    return json.loads(done.stdout)[0]["n"] if done.returncode == 0 else None
