"""A mesh that is backed up while it runs, lost, and restored: the same answers, the same releases, the same decisions."""

import json
import shutil

import pytest

import postgres
import s3
from figures import TABLES, VIEWS, reader_of, select
from flight import connect, readers, rows
from nodes import Node
from test_crash import Bucket
from weft import Repository, Server, command

# What the platform itself keeps; requests, decisions and usage are in no other place.
KEPT = {
    "releases": "select product, port, release, table_version, revision, at from system.mesh.releases order by 1, 2, 3",
    "requests": "select request, principal, port, columns, state, waits_for from system.mesh.requests order by 1",
    "decisions": "select seq, at, object, outcome, hash from system.audit.decisions where seq <= 20 order by seq",
}
# The change that made the table of that name, the newest of all.
USAGE_ANSWERS = 11
REQUEST = ["access", "request", "loyalty.members.profiles", "--columns", "email", "--purpose", "member_service",
           "--note", "complaints", "--as", "dana"]


def answers(server):
    found = {}
    with readers(server) as connections:
        for port, expected in (TABLES | VIEWS).items():
            found[port] = rows(connections[reader_of(port)], f"select {select(port, expected.sums)}")
    return found


def kept(server):
    """As those who see all of it see it: the owner who decides, and the auditor."""
    by = {"releases": "omar", "requests": "lena", "decisions": "greta"}
    found = {name: server.query(by[name], sql) for name, sql in KEPT.items()}
    assert all(found.values()), found
    return found


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    """A mesh's manifests and backup, and what it answered before it was lost."""
    place = tmp_path_factory.mktemp("backup")
    Repository(place / "mesh")
    home, backup = place / "home", place / "backup"
    with Server(place / "mesh", home) as server:
        server.ready()
        assert command(*REQUEST, home=home).returncode == 0
        before = {"answers": answers(server), "token": server.token("ana"), "kept": kept(server)}
        done = command("backup", str(backup), home=home)
        assert done.returncode == 0, done.stderr
        assert "products at" in done.stderr
    shutil.rmtree(home)
    yield place, backup, before


def same(server, before):
    assert answers(server) == before["answers"]
    assert kept(server) == before["kept"]
    with connect(server, token=before["token"]) as connection:
        assert rows(connection, "select 1 one") == [{"one": 1}], "a token of before is good"


def test_what_is_restored_answers_as_before(lost):
    place, backup, before = lost
    home = place / "again"
    done = command("restore", str(backup), home=home)
    assert done.returncode == 0, done.stderr
    with Server(place / "mesh", home) as server:
        server.ready()
        same(server, before)
        log = [json.loads(line) for line in (home / "logs" / "weft.log").read_text().splitlines()]
        assert any("as it was written" in line.get("message", "") for line in log), "the chain of decisions holds"


def test_a_mesh_moves_from_a_laptop_to_postgres_and_s3(lost, tmp_path):
    place, backup, before = lost
    with postgres.served(tmp_path / "postgres") as database, s3.moto(tmp_path) as store:
        node = Node(tmp_path, "a", database, Bucket(store), place / "mesh")
        done = command("restore", str(backup), "--config", str(node.config), env=node.warehouse.variables)
        assert done.returncode == 0, done.stderr
        try:
            same(node.start().ready().server, before)
            back = tmp_path / "back"
            done = command("backup", str(back), "--config", str(node.config), env=node.warehouse.variables)
            assert done.returncode == 0, done.stderr
        finally:
            node.end()
        # As an earlier version left it: a backup before an upgrade must not be the upgrade.
        database.ask("drop table usage_answers")
        database.ask(f"delete from _sqlx_migrations where version >= {USAGE_ANSWERS}")
        shutil.rmtree(back)
        done = command("backup", str(back), "--config", str(node.config), env=node.warehouse.variables)
        assert done.returncode == 0, done.stderr
        assert database.ask("select max(version) from _sqlx_migrations") == [[str(USAGE_ANSWERS - 1)]]
        home = tmp_path / "laptop"
        # As an image makes it.
        (home / "keys").mkdir(parents=True)
        done = command("restore", str(back), home=home)
        assert done.returncode == 0, done.stderr
        with Server(place / "mesh", home) as server:
            same(server.ready(), before)


def test_only_what_is_empty_is_filled_and_only_from_a_sound_backup(lost, tmp_path):
    place, backup, _ = lost
    again = command("backup", str(backup), home=tmp_path / "home")
    assert again.returncode != 0 and "holds something already" in again.stderr, again.stderr
    changed = tmp_path / "changed"
    shutil.copytree(backup, changed)
    settings = changed / "catalog" / "settings.jsonl"
    settings.write_text(settings.read_text().replace("revision", "revisiom", 1))
    refused = command("restore", str(changed), home=tmp_path / "home")
    assert refused.returncode != 0 and "W0912" in refused.stderr, refused.stderr
    shutil.copytree(backup, tmp_path / "cut")
    data = next((tmp_path / "cut" / "warehouse").rglob("*.parquet"))
    data.write_bytes(data.read_bytes()[:-1])
    refused = command("restore", str(tmp_path / "cut"), home=tmp_path / "other")
    assert refused.returncode != 0 and "W0912" in refused.stderr, refused.stderr
    unfinished = tmp_path / "unfinished"
    shutil.copytree(backup, unfinished)
    (unfinished / "backup.json").unlink()
    refused = command("restore", str(unfinished), home=tmp_path / "third")
    assert refused.returncode != 0 and "W0912" in refused.stderr, refused.stderr
    assert command("restore", str(backup), home=tmp_path / "fourth").returncode == 0
    refused = command("restore", str(backup), home=tmp_path / "fourth")
    assert refused.returncode != 0 and "holds something already" in refused.stderr, refused.stderr
