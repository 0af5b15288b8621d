"""The repository and the catalog's database go away, fall silent and come back while a mesh serves: what goes on meanwhile."""

import json
import time
import urllib.error
import urllib.request

import pytest

import postgres
from cut import Line
from git_hosts import HOSTS
from weft import Configured, Repository, Server, command, configuration, until

FLIGHTS = "select count(*) n from aviation.flights.departures"
EXTREMES = "products/weather/extremes/contracts/daily.odcs.yaml"
RESTRICTED = "select count(*) n from weather.extremes.daily"
ABOUT = "products/aviation/flights/about.md"
# Within that a mesh follows again, and says that it does not.
RESUMES, TOLD = 30, 30


def number(server, series):
    with urllib.request.urlopen(f"{server.http}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    (value,) = [line.split()[-1] for line in lines if line.startswith(f"{series} ")]
    return float(value)


def is_open(server, target):
    return number(server, f'weft_circuit_open{{target="{target}"}}')


def ask(server, name, path, body=None):
    """Status and document of an answer over REST."""
    headers = {"authorization": f"Bearer {server.token(name)}", "content-type": "application/json"}
    data = json.dumps(body).encode() if body else None
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{server.http}{path}", data, headers), timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def source(server):
    """What operators are told of the source of revisions, and which revision is applied."""
    status, ops = ask(server, "pia", "/api/v1/ops")
    assert status == 200, ops
    (light,) = [light for light in ops["lights"] if light["name"] == "source"]
    return light["state"], light["detail"], ops["revision"]


def follows(server, revision):
    until(lambda: source(server)[::2] == ("good", revision), "the newest commit is followed", longest=RESUMES, every=0.2)
    assert number(server, "weft_source_stale_seconds") == 0 and is_open(server, "git") == 0


def stale(server, why):
    """Waits until it is told since when and why what is served may be old."""
    until(lambda: source(server)[1].startswith("stale since ") and why in source(server)[1], why, longest=TOLD, every=0.2)
    until(lambda: number(server, "weft_source_stale_seconds") > 0, "it is counted")


def change(repository):
    repository.write(ABOUT, repository.text(ABOUT) + "\nMore of it.\n")
    return repository.commit("more of it")


@pytest.fixture(params=sorted(HOSTS))
def hosted(request, tmp_path):
    """A mesh whose repository lies behind a line that can be cut, and how it is started."""
    (tmp_path / "repositories").mkdir()
    repository = Repository(tmp_path / "repositories" / "mesh")
    with HOSTS[request.param](tmp_path / "repositories") as port:
        line = Line(port)
        url = f"{request.param}://127.0.0.1:{line.port}/mesh"
        # The daemon finds what lies in a work tree by itself.
        url += "" if request.param == "git" else "/.git"
        yield repository, line, lambda: Server(f"{url}#main", tmp_path / "home")


def test_a_repository_that_is_away_takes_nothing_away_and_is_followed_again(hosted):
    repository, line, start = hosted
    with start() as server:
        server.ready()
        follows(server, repository.git("rev-parse", "HEAD").strip())
        known = server.query("ana", FLIGHTS)
        line.cut()
        stale(server, "cannot fetch")
        until(lambda: is_open(server, "git") == 1, "it is asked less often", longest=15)
        revision = change(repository)
        assert server.query("ana", FLIGHTS) == known
        runs = number(server, 'weft_reconciles_total{status="failed"}')
        assert runs == 0, "what cannot be asked breaks off no run"
        line.mend()
        follows(server, revision)
        line.cut()
        assert server.stop() == 0
    with start() as server:
        server.ready()
        # Told before the line that it is ready, through another pipe.
        assert server.stderr.wait(lambda line: "what was served before is served on" in line)
        assert server.query("ana", FLIGHTS) == known
        stale(server, "cannot fetch")
        revision = change(repository)
        line.mend()
        follows(server, revision)


def test_a_repository_that_says_nothing_is_given_up_and_asked_seldom(hosted):
    repository, line, start = hosted
    with start() as server:
        server.ready()
        known = server.query("ana", FLIGHTS)
        line.hush()
        taken, began = line.taken, time.monotonic()
        stale(server, "nothing was heard of it for 20 s")
        revision = change(repository)
        for path in ("/api/v1/products", "/api/v1/products/aviation/flights", "/api/v1/runs"):
            assert ask(server, "ana", path)[0] in (200, 403), path
        assert server.query("ana", FLIGHTS) == known
        # Each question opens a connection or two, over HTTP.
        assert line.taken - taken <= 2 * (1 + (time.monotonic() - began) / 20)
        line.mend()
        follows(server, revision)


def test_a_history_that_is_written_anew_is_held_and_a_branch_that_is_gone_missed(hosted):
    repository, line, start = hosted
    with start() as server:
        server.ready()
        first = change(repository)
        follows(server, first)
        known = server.query("ana", FLIGHTS)
        repository.git("commit", "--quiet", "--amend", "--message", "another")
        stale(server, "was written anew")
        assert source(server)[2] == first and is_open(server, "git") == 0
        repository.git("branch", "other")
        repository.git("checkout", "--quiet", "--detach")
        repository.git("branch", "--quiet", "-D", "main")
        stale(server, "has no branch `main`")
        assert server.query("ana", FLIGHTS) == known
        repository.git("checkout", "--quiet", "-b", "main")
        stale(server, "was written anew")
        repository.git("merge", "--quiet", "--strategy", "ours", "--message", "meant", first)
        follows(server, repository.git("rev-parse", "HEAD").strip())


@pytest.fixture
def shared(tmp_path):
    """A mesh whose catalog is a Postgres database behind a line that can be cut."""
    repository = Repository(tmp_path / "mesh")
    repository.edit(EXTREMES, "      - name: origin\n", "      - name: origin\n        tags: [restricted]\n")
    repository.commit("restricted")
    with postgres.served(tmp_path / "postgres") as database:
        line = Line(database.port)
        (tmp_path / "password").write_text(database.password)
        url = f"postgres://{postgres.USER}@127.0.0.1:{line.port}/postgres"
        config = configuration(tmp_path, f'catalog = "{url}"', f'catalog_password = "{tmp_path / "password"}"')
        with Configured(config, tmp_path / "home") as server:
            yield repository, line, server.ready()


def timed(work):
    began = time.monotonic()
    return work(), time.monotonic() - began


@pytest.mark.parametrize("away", ["cut", "hush"])
def test_a_catalog_that_is_away_leaves_queries_and_takes_what_must_be_written(shared, away):
    repository, line, server = shared
    known, restricted = server.query("ana", FLIGHTS), server.query("ana", RESTRICTED)
    assert restricted == [{"n": 1092}] and is_open(server, "catalog") == 0
    wanted = {"port": "loyalty.members.profiles", "columns": ["email"], "purpose": "member_service", "note": "complaints"}
    request = lambda: ask(server, "dana", "/api/v1/access/requests", wanted)
    getattr(line, away)()
    until(lambda: is_open(server, "catalog") == 1, "the database is not asked any more", longest=20)
    (status, problem), took = timed(request)
    assert (status, problem["code"]) == (503, "W0903") and took < 2, problem
    for _ in range(3):
        assert server.query("ana", FLIGHTS) == known
        refused, took = timed(lambda: command("query", "--as", "ana", RESTRICTED, home=server.home))
        assert "W0908" in refused.stderr and took < 8, refused.stderr
    # What is kept in memory is shown; what has to be read is refused, the first time after a few seconds.
    assert ask(server, "ana", "/api/v1/products")[0] == 200
    until(lambda: ask(server, "pia", "/api/v1/ops")[0] == 503 and is_open(server, "catalog_reads") == 1, "reads too", longest=20)
    (status, problem), took = timed(lambda: ask(server, "pia", "/api/v1/ops"))
    assert (status, problem["code"]) == (503, "W0903") and took < 2, problem
    line.mend()
    until(lambda: is_open(server, "catalog") + is_open(server, "catalog_reads") == 0, "it is asked again", longest=10)
    until(lambda: command("query", "--as", "ana", RESTRICTED, home=server.home).returncode == 0, "on record again", longest=10)
    until(lambda: request()[0] in (200, 201), "what is asked for is written", longest=10)
    follows(server, change(repository))
    # What was decided meanwhile was kept.
    kept = "select count(*) n from system.audit.decisions where object like '%departures%'"
    assert server.query("greta", kept)[0]["n"] >= 4
