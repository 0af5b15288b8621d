"""A home that an earlier version of Weft wrote: it is brought up to date as a whole, or left as it is."""

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from test_crash import COUNT, Mesh
from weft import Server

# What the commit before Postgres and webhooks wrote: two commits of `sales`, with 20 and 25 orders.
HOME = Path(__file__).with_name("homes") / "of_schema_8.tar.gz"
RELEASES = "select product, release, row_count from system.mesh.releases order by 1, 2, 3"


@pytest.fixture
def old(tmp_path):
    """The manifests of that mesh, and the home."""
    mesh = Mesh(tmp_path / "mesh", 20)
    mesh.change(25)
    home = tmp_path / "home"
    with tarfile.open(HOME) as archive:
        archive.extractall(home, filter="data")
    return mesh, home


def ask(home, sql):
    with closing(sqlite3.connect(home / "catalog.db")) as database, database:
        return database.execute(sql).fetchall()


def versions(home):
    return [version for (version,) in ask(home, "select version from _sqlx_migrations order by version")]


def refused(mesh, home):
    server = Server(mesh.path, home)
    assert server.process.wait(timeout=60) != 0
    return server.stderr.text


def test_it_serves_what_it_served_and_keeps_its_history(old):
    mesh, home = old
    assert versions(home)[-1] == 8
    before = ask(home, "select product, number, document from releases order by 1, 2")
    with Server(mesh.path, home) as server:
        server.ready()
        assert server.query("ana", COUNT) == [{"n": 25}]
        assert len(server.query("ana", RELEASES)) == 6
    assert ask(home, "select product, number, document from releases order by 1, 2")[: len(before)] == before
    assert versions(home)[-1] > 8


def test_what_cannot_be_brought_up_to_date_is_left_as_it_was(old):
    mesh, home = old
    # Somebody's own table stands where one of the new ones would.
    ask(home, "create table webhooks (mine text)")
    ask(home, "insert into webhooks values ('kept')")
    served = ask(home, "select product, number, served from products order by 1")
    assert "W0903" in refused(mesh, home)
    assert ask(home, "select product, number, served from products order by 1") == served
    assert ask(home, "select mine from webhooks") == [("kept",)]
    assert 10 not in versions(home)
    ask(home, "drop table webhooks")
    with Server(mesh.path, home) as server:
        assert server.ready().query("ana", COUNT) == [{"n": 25}]


def test_a_home_of_a_later_version_is_refused_with_words(old):
    mesh, home = old
    with Server(mesh.path, home) as server:
        server.ready()
    ask(home, "insert into _sqlx_migrations (version, description, success, checksum, execution_time) "
              "values (9999, 'of tomorrow', 1, x'00', 0)")
    told = refused(mesh, home)
    assert "W0903" in told and "newer version of weft" in told, told
