"""`weft release list|rollback` on the real binary: what was served is served again, and what reads it follows."""

import json

import pytest

from weft import Repository, Server, command, until

DELAYS = "punctuality.delays"
DAILY = "products/punctuality/delays/transforms/daily.sql"
FLIGHTS = "select sum(flights) n from punctuality.delays.daily"
CARRIERS = "select count(*) n from punctuality.carriers.scorecard"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A demo of which a commit has left out a carrier, by mistake."""
    place = tmp_path_factory.mktemp("releases")
    repository = Repository(place / "mesh")
    with Server(repository.path, place / "home") as server:
        server.ready()
        before = server.query("ana", FLIGHTS), server.query("ana", CARRIERS)
        source = "FROM aviation.flights.departures"
        repository.edit(DAILY, source, f"{source} WHERE carrier <> 'HA'")
        repository.commit("leave out a carrier")
        until(lambda: server.query("ana", CARRIERS) != before[1], "the edited transform is served", longest=60)
        yield server, repository, before


def release(server, *arguments, name="dana"):
    return command("release", *arguments, "--as", name, home=server.home)


def listed(server):
    return json.loads(release(server, "list", DELAYS, "--format", "json").stdout)


def test_a_roll_back_is_a_release_and_what_reads_it_is_made_anew(served):
    server, repository, before = served
    assert [made["number"] for made in listed(server)] == [2, 1]

    done = release(server, "rollback", DELAYS, name="ana")
    assert (done.returncode, done.stdout) == (5, "")
    assert "error[W0301]: only who owns the domain of `punctuality.delays`, or is its steward" in done.stderr
    done = release(server, "rollback", DELAYS, name="nobody")
    assert (done.returncode, "W0905" in done.stderr) == (1, True)
    done = release(server, "rollback", DELAYS, "--to", "7")
    assert (done.returncode, "error[W0520]: `punctuality.delays` has no release 7" in done.stderr) == (1, True)

    done = release(server, "rollback", DELAYS, "--reason", "HA is missing")
    assert (done.returncode, done.stdout) == (0, "punctuality.delays serves release 1 again, as release 3\n"), done.stderr
    assert server.query("ana", FLIGHTS) == before[0]
    until(lambda: server.query("ana", CARRIERS) == before[1], "what reads it follows", longest=60)

    newest = listed(server)[0]
    assert newest["rolledBack"] == {"to": 1, "from": 2, "by": "user:dana", "reason": "HA is missing"}
    text = release(server, "list", DELAYS).stdout.splitlines()
    assert text[0].split() == ["RELEASE", "WHEN", "REVISION", "WHAT", "ROWS", "REASON"]
    assert text[1].startswith("3 ") and "rolled back to 1, served" in text[1] and text[1].rstrip().endswith("HA is missing")

    plan = command("plan", repository.path, home=server.home)
    told = "= punctuality.delays   held: rolled back to release 1; changes with the next commit to the product"
    assert (plan.returncode, told in plan.stdout) == (0, True), plan.stdout + plan.stderr


def test_the_next_commit_to_the_product_is_served(served):
    server, repository, before = served
    repository.edit(DAILY, " WHERE carrier <> 'HA'", " WHERE carrier <> 'OO'")
    repository.commit("leave out another carrier")
    without = "select sum(flights) n from punctuality.delays.daily where carrier = 'OO'"
    until(lambda: server.query("ana", without) == [{"n": None}], "the commit is served", longest=60)
    assert [made["number"] for made in listed(server)] == [4, 3, 2, 1]
    (other,) = server.query("ana", without.replace("'OO'", "'HA'"))
    assert other["n"] > 0
