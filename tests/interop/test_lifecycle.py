"""Commits that come while the mesh is served, processes that die, and state that is lost."""

import json
import random
import shutil

import pytest
from deltalake import DeltaTable

from figures import TABLES, folder
from weft import Repository, Server, command, until

RELEASES = "select product, port, release, table_version, row_count from system.mesh.releases"
# What `weft up` offers where rows are refused: the newest checks that failed come first.
SAMPLES = (
    "select check_name, failing_rows, sample from system.mesh.checks "
    "where port = 'weather.extremes.daily' and outcome = 'failed' order by at desc"
)
EXTREMES = "products/weather/extremes/transforms/daily.sql"
HOURLY = "FROM weather.observations.hourly"
# The Done-when lines of speed are measured by the bench; this ends what is out of all proportion.
FIRST_MAX, RESTART_MAX = 60, 10


def is_step(line):
    """Whether a line on stderr tells of a port that was made."""
    return line.lstrip().startswith("✓") and " rows " in line


def stored(home):
    """Version and rows of each stored table."""
    tables = {port: DeltaTable(folder(home / "warehouse", port)) for port in TABLES}
    return {port: (table.version(), table.to_pyarrow_dataset().count_rows()) for port, table in tables.items()}


def releases(server):
    """Every release of every product, in one order."""
    return sorted(server.query("pia", RELEASES), key=lambda row: sorted(map(str, row.items())))


def ended(server, revision):
    """How the run of a revision ended; nothing before it has."""
    sql = f"select distinct status from system.mesh.runs where revision = '{revision}' and ended_at is not null"
    return [row["status"] for row in server.query("pia", sql)]


def uninterrupted():
    return {port: (0, expected.rows) for port, expected in TABLES.items()}


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """A demo whose manifests the tests of this module change, one after the other."""
    place = tmp_path_factory.mktemp("edited")
    repository = Repository(place / "mesh")
    with Server(repository.path, place / "home") as server:
        yield server.ready(), repository


def test_the_first_reconcile_and_a_restart_take_seconds(tmp_path):
    repository = Repository(tmp_path / "mesh")
    with Server(repository.path, tmp_path / "home") as server:
        first = server.ready().seconds
        told = releases(server)
    assert server.process.returncode == 0
    with Server(repository.path, tmp_path / "home") as server:
        again = server.ready().seconds
        assert releases(server) == told
        assert not any(map(is_step, server.stderr.all)), "nothing is built anew"
    print(f"\nfirst reconcile: {first:.1f} s; restart: {again:.1f} s")
    assert first < FIRST_MAX and again < RESTART_MAX


def test_a_commit_that_edits_a_transform_is_live(edited):
    server, repository = edited
    before = server.query("ana", "select count(*) n from weather.extremes.daily")
    repository.edit(EXTREMES, HOURLY, f"{HOURLY} WHERE month <> 1 OR day > 2")
    revision = repository.commit("leave out two days")
    count = "select count(*) n from weather.extremes.daily"
    until(lambda: server.query("ana", count) != before, "the edited transform is served", longest=30)
    assert server.query("ana", "select min(observed_on) first from weather.extremes.daily") == [{"first": "2013-01-03"}]
    (release,) = server.query("ana", "select release, revision from system.mesh.products where product = 'extremes'")
    assert release == {"release": 2, "revision": revision}
    others = server.query("ana", "select distinct release from system.mesh.products where product <> 'extremes'")
    assert others == [{"release": 1}], "nothing else is built anew"


def test_rows_that_break_a_quality_rule_are_not_served_and_the_check_says_so(edited):
    server, repository = edited
    before, text = releases(server), repository.text(EXTREMES)
    repository.edit(EXTREMES, "WHERE month <> 1 OR day > 2", "WHERE origin <> 'LGA'")
    revision = repository.commit("leave out LaGuardia")
    assert until(lambda: ended(server, revision), "the run shows up", longest=30) == ["failed"]
    assert releases(server) == before, "readers see what they saw"
    failed = "system.mesh.checks where port = 'weather.extremes.daily' and outcome = 'failed'"
    (check,) = server.query("ana", f"select check_name, message from {failed}")
    told = "check `row_count` counts 728 rows, and must be 1080 to 1095, both included"
    assert check == {"check_name": "row_count", "message": told}
    operator = server.query("pia", f"select check_name, message from {failed}")
    assert operator == [{"check_name": "row_count", "message": None}], "who sees no rows sees no number of theirs"
    assert server.stderr.wait(lambda line: "W0605" in line and told in line)
    repository.write(EXTREMES, text)
    repaired = repository.commit("take LaGuardia in again")
    assert until(lambda: ended(server, repaired), "the repaired commit is applied", longest=30) == ["succeeded"]


def test_which_rows_break_a_rule_is_shown_to_who_may_see_them(edited):
    server, repository = edited
    before, text = releases(server), repository.text(EXTREMES)
    fastest = "select max(wind_speed_max) m from weather.extremes.daily"
    served = server.query("ana", fastest)
    repository.edit(EXTREMES, "MAX(CASE WHEN wind_speed <= 250 THEN wind_speed END)", "MAX(wind_speed)")
    revision = repository.commit("believe the instrument")
    assert until(lambda: ended(server, revision), "the run shows up", longest=30) == ["failed"]
    assert releases(server) == before and server.query("ana", fastest) == served, "readers see what they saw"
    told = "column `wind_speed_max`: check `maximum` counts 1 row, and must be 0"
    assert server.stderr.wait(lambda line: "W0605" in line and told in line)
    assert server.stderr.wait(lambda line: SAMPLES in line), "it says where to look"
    row, *_ = server.query("ana", SAMPLES)
    assert (row["check_name"], row["failing_rows"]) == ("maximum", 1)
    assert json.loads(row["sample"]) == [{"observed_on": "2013-02-12", "origin": "EWR", "wind_speed_max": "1048.36058"}]
    operator, *_ = server.query("pia", SAMPLES)
    assert (operator["check_name"], operator["failing_rows"], operator["sample"]) == ("maximum", None, None)
    repository.write(EXTREMES, text)
    repaired = repository.commit("believe it no longer")
    assert until(lambda: ended(server, repaired), "the repaired commit is applied", longest=30) == ["succeeded"]


def test_a_commit_that_breaks_a_manifest_changes_nothing_and_says_where(edited):
    server, repository = edited
    before = releases(server)
    contract = "products/weather/extremes/contracts/daily.odcs.yaml"
    line = next(n for n, text in enumerate(repository.text(contract).splitlines(), 1) if text.startswith("status:"))
    repository.edit(contract, "\nstatus:", "\nstatsu:")
    revision = repository.commit("misspell a key")
    assert until(lambda: ended(server, revision), "the run shows up", longest=30) == ["partial"]
    sql = f"select code, file, line from system.mesh.runs where revision = '{revision}' and kind = 'problem'"
    problems = server.query("pia", sql)
    assert {"code": "W0107", "file": contract, "line": line} in problems
    assert server.stderr.wait(lambda text: f"{contract}:{line}:" in text and "W0107" in text)
    assert releases(server) == before
    repository.edit(contract, "\nstatsu:", "\nstatus:")
    repaired = repository.commit("spell it right")
    assert until(lambda: ended(server, repaired), "the repaired commit is applied", longest=30) == ["succeeded"]
    assert releases(server) == before


def test_a_column_that_is_not_there_is_told_in_the_sql_file(edited):
    server, repository = edited
    before = releases(server)
    repository.edit(EXTREMES, "MIN(temp)", "MIN(tmep)")
    line = next(n for n, text in enumerate(repository.text(EXTREMES).splitlines(), 1) if "tmep" in text)
    repository.commit("misspell a column")
    assert server.stderr.wait(lambda text: f"{EXTREMES}:{line}:" in text, longest=30)
    assert releases(server) == before
    repository.edit(EXTREMES, "MIN(tmep)", "MIN(temp)")
    repository.commit("spell it right")


def test_killed_while_it_builds_and_started_again_it_is_as_if_nothing_had_been(tmp_path):
    repository = Repository(tmp_path / "mesh")
    seed = random.randrange(2**32)
    print(f"\nseed {seed}")
    chance = random.Random(seed)
    for attempt, steps in enumerate(sorted(chance.sample(range(len(TABLES)), 4))):
        home = tmp_path / f"home{attempt}"
        server = Server(repository.path, home)
        server.stderr.count(steps, is_step)
        # Somewhere within the next step, or just after the last.
        server.stdout.wait_at_most(chance.random())
        server.kill()
        if chance.random() < 0.5:
            # And once more, on the way back.
            server = Server(repository.path, home)
            server.stdout.wait_at_most(chance.random())
            server.kill()
        with Server(repository.path, home) as server:
            server.ready()
            assert stored(home) == uninterrupted(), f"seed {seed}, killed after {steps} steps"
            assert {row["release"] for row in releases(server)} == {1}
            assert server.query("pia", "select run from system.mesh.runs where ended_at is null") == []
        shutil.rmtree(home)


def test_a_lost_catalog_is_rebuilt_and_no_table_is(tmp_path):
    repository, home = Repository(tmp_path / "mesh"), tmp_path / "home"
    with Server(repository.path, home) as server:
        server.ready()
        repository.edit(EXTREMES, HOURLY, f"{HOURLY} WHERE month <> 1 OR day > 2")
        repository.commit("leave out two days")
        until(lambda: any(row["release"] == 2 for row in releases(server)), "the second release", longest=30)
        told = releases(server)
    tables = stored(home)
    for file in home.glob("catalog.db*"):
        file.unlink()
    with Server(repository.path, home) as server:
        server.ready()
        assert releases(server) == told
        assert not any(map(is_step, server.stderr.all)), server.stderr.text
        assert server.query("ana", "select count(*) n from aviation.flights.departures") == [{"n": 336776}]
    assert stored(home) == tables


def test_a_second_process_on_one_home_is_refused(edited):
    server, repository = edited
    done = command("up", repository.path, "--http", "127.0.0.1:0", "--flight", "127.0.0.1:0", home=server.home)
    assert done.returncode == 7, done.stderr
    assert "W0902" in done.stderr and str(server.process.pid) in done.stderr
    assert server.query("ana", "select 1 as one") == [{"one": 1}]


def test_a_server_that_is_not_there_is_told_with_its_own_exit_code(tmp_path):
    assert command("query", "--as", "ana", "select 1", home=tmp_path / "none").returncode == 6
