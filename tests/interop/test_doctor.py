"""`weft doctor`: what a configuration needs, looked at before anything starts."""

import re
import socket

import pytest

import postgres
from receiver import SECRET, Receiver, lines_of
from test_tls import Authority
from weft import Configured, Repository, command, configuration, free_port


def lines(doctor):
    """What was looked at, its mark and what was found; below trouble, the help for it."""
    found = []
    for line in doctor.stdout.splitlines():
        if line.startswith("  help: "):
            found[-1][2] += f"\n{line.strip()}"
        else:
            mark, what, told = line.split(maxsplit=2)
            found.append([what, mark, told])
    return found


def found(doctor):
    """What each line says, by what it is about."""
    return {what: (mark, told) for what, mark, told in lines(doctor)}


def test_a_doctor_finds_what_is_well_before_the_first_start_and_beside_a_mesh_that_runs(tmp_path):
    Repository(tmp_path / "mesh")
    config = configuration(tmp_path)
    before = command("doctor", "--config", config)
    assert before.returncode == 0, before.stdout + before.stderr
    marks = {what: mark for what, (mark, _) in found(before).items()}
    assert marks == {"home": "✓", "disk": "✓", "mesh": "✓", "store": "✓", "catalog": "-", "doors": "✓", "tls": "-", "oidc": "-", "clock": "-", "webhook": "-"}
    assert not (tmp_path / "home").exists(), "it leaves nothing behind"

    with Configured(config, tmp_path / "home") as server:
        server.ready()
        beside = command("doctor", "--config", config)
        assert beside.returncode == 0, beside.stdout + beside.stderr
        assert f"process {server.process.pid}" in found(beside)["home"][1]
        mark, told = found(beside)["catalog"]
        assert mark == "✓" and "products" in told
        assert server.query("pia", "select 1 as one") == [{"one": 1}], "the mesh goes on"


def test_a_doctor_names_each_trouble_with_a_way_out(tmp_path):
    (tmp_path / "key.pem").write_text("no key")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        tls = ["[tls]", f'certificate = "{tmp_path / "none.pem"}"', f'key = "{tmp_path / "key.pem"}"']
        oidc = ["[oidc]", 'issuer = "http://127.0.0.1:9"', 'client_id = "weft"']
        config = configuration(tmp_path, f'warehouse = "file://{tmp_path / "weft.toml"}/"', *tls, *oidc, mesh="nowhere")
        config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}", 1))
        done = command("doctor", "--config", config)
    marks = {what: mark for what, (mark, _) in found(done).items()}
    wrong = {"mesh", "store", "doors", "tls", "oidc"}
    assert {what for what, mark in marks.items() if mark == "✗"} == wrong, done.stdout
    assert done.returncode == 1
    assert "5 of 10 do not work" in done.stderr
    assert str(port) in found(done)["doors"][1]
    assert done.stdout.count("help: ") == 5, done.stdout


def test_a_doctor_reads_a_configuration_as_the_server_does(tmp_path):
    config = configuration(tmp_path, "colour = 1")
    done = command("doctor", "--config", config)
    assert done.returncode == 1
    assert "W0107" in done.stderr and done.stdout == ""


# The catalog in a database


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    with postgres.served(tmp_path_factory.mktemp("doctor") / "database") as database:
        yield database


@pytest.fixture
def empty(database):
    """The database with nothing in it, and a role that may do no more than come in."""
    database.ask("DROP SCHEMA public CASCADE; DROP ROLE IF EXISTS reader")
    database.ask(f"CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC; CREATE ROLE reader LOGIN PASSWORD '{database.password}'")
    yield database
    database.ask("ALTER ROLE weft RESET search_path")


def sharing(folder, database, url=None, password=None):
    """The configuration of a node on that database."""
    (folder / "password").write_text(password or database.password)
    return configuration(folder, f'catalog = "{url or database.url}"', f'catalog_password = "{folder / "password"}"')


def examined(config, *secrets):
    done = command("doctor", "--config", config)
    assert not any(secret in done.stdout + done.stderr for secret in secrets)
    return done, found(done)


def test_a_doctor_asks_the_database_that_is_to_hold_the_catalog(tmp_path, empty):
    Repository(tmp_path / "mesh")
    config = sharing(tmp_path, empty)
    before, seen = examined(config, empty.password)
    assert before.returncode == 0, before.stdout
    well = {what for what, (mark, _) in seen.items() if mark == "✓"}
    assert well == {"home", "disk", "mesh", "store", "catalog", "rights", "lead", "doors", "clock"}
    assert re.match(rf"`127.0.0.1:{empty.port}/postgres`, PostgreSQL \d.*, has no tables of Weft yet", seen["catalog"][1])
    assert "no node leads" in seen["lead"][1]
    assert re.fullmatch(r"[+-]\d s from that of the catalog's database", seen["clock"][1])
    assert not (tmp_path / "home").exists()
    assert empty.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [["0"]], "it leaves nothing behind"

    with Configured(config, tmp_path / "home") as server:
        server.ready()
        beside, seen = examined(config, empty.password)
        assert beside.returncode == 0, beside.stdout
        assert seen["catalog"][1].endswith("has the tables of this version")
        assert re.match(r"`127.0.0.1:0 on \S+ \(\w+\)` leads the mesh, for another \d+ s", seen["lead"][1])
        assert server.query("pia", "select 1 as one") == [{"one": 1}], "the mesh goes on"


def test_a_doctor_compares_the_tables_of_the_database_with_its_own(tmp_path, empty):
    Repository(tmp_path / "mesh")
    config = sharing(tmp_path, empty)
    with Configured(config, tmp_path / "home") as server:
        server.ready()
    # As a newer version leaves them.
    empty.ask("INSERT INTO _sqlx_migrations SELECT 9001, 'later', now(), true, checksum, 0 FROM _sqlx_migrations LIMIT 1")
    newer, seen = examined(config)
    mark, told = seen["catalog"]
    assert (newer.returncode, mark) == (1, "✗") and told.startswith("W0903 ")
    assert "with one change that this one does not know\nhelp: start that version" in told
    # As an earlier version left them.
    empty.ask("DELETE FROM _sqlx_migrations WHERE version = 9001")
    empty.ask("DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)")
    earlier, seen = examined(config)
    assert earlier.returncode == 0, earlier.stdout
    assert seen["catalog"][1].endswith("the next start makes one change to them, so take a backup first")
    empty.ask("UPDATE _sqlx_migrations SET success = false WHERE version = 2")
    assert "change 2 was broken off" in examined(config)[1]["catalog"][1]


def test_a_doctor_says_which_statement_lets_the_role_write(tmp_path, empty):
    Repository(tmp_path / "mesh")
    with Configured(sharing(tmp_path, empty), tmp_path / "home") as server:
        server.ready()
    config = sharing(tmp_path, empty, url=empty.url.replace("weft@", "reader@"))
    done, seen = examined(config, empty.password)
    assert done.returncode == 1 and (seen["catalog"][0], seen["rights"][0]) == ("-", "✗")
    assert "`reader` may not make tables in the schema `public`; nor read and write the rows of " in seen["rights"][1]
    for _ in range(2):
        (statement,) = re.findall(r"help: .*`(GRANT .*)`$", examined(config)[1]["rights"][1])
        empty.ask(statement)
    done, seen = examined(config)
    assert done.returncode == 0, done.stdout
    assert (seen["catalog"][0], seen["rights"][0]) == ("✓", "✓")
    empty.ask("ALTER ROLE reader SET default_transaction_read_only = on")
    assert "`reader` may not write here" in examined(config)[1]["rights"][1]


def test_a_doctor_compares_the_clock_with_that_of_the_database(tmp_path, empty):
    Repository(tmp_path / "mesh")
    # A database an hour behind: whoever asks it for the time is answered by this function.
    behind = "SELECT pg_catalog.clock_timestamp() - interval '1 hour'"
    empty.ask(f"CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $${behind}$$")
    empty.ask("ALTER ROLE weft SET search_path = public, pg_catalog")
    done, seen = examined(sharing(tmp_path, empty))
    mark, told = seen["clock"]
    assert (done.returncode, mark) == (1, "✗")
    assert re.match(r"\+(3599|3600) s from that of the catalog's database\nhelp: have all follow a time server", told), told


def test_a_doctor_tells_why_a_database_is_not_reached(tmp_path, empty):
    Repository(tmp_path / "mesh")

    def told(**how):
        done, seen = examined(sharing(tmp_path, empty, **how), empty.password, "not-this-one")
        assert done.returncode == 1 and not {"rights", "lead"} & set(seen)
        mark, what = seen["catalog"]
        assert mark == "✗" and "cannot connect to the catalog" in what
        return what

    assert "help: `catalog` names the role and `catalog_password` the file" in told(password="not-this-one")
    assert "help: make it (`createdb" in told(url=empty.url.replace("/postgres", "/elsewhere"))
    assert "help: set `sslmode`" in told(url=f"{empty.url}?sslmode=require")
    nobody = free_port()
    what = told(url=empty.url.replace(str(empty.port), str(nobody)))
    assert f"`127.0.0.1:{nobody}/postgres`: " in what and "help: see whether Postgres runs" in what


# Webhooks, doors and certificates


def test_a_doctor_looks_where_webhooks_lead_and_tells_them_nothing(tmp_path):
    Repository(tmp_path / "mesh")
    with Receiver() as receiver:
        near = lines_of(tmp_path, "near", receiver.url, secrets=(SECRET, SECRET))
        inside = [line for line in lines_of(tmp_path, "inside", "https://localhost/hook") if "allow_private" not in line]
        # No part of a name is so long, so nobody is asked for it.
        nowhere = lines_of(tmp_path, "nowhere", f"https://{'x' * 64}.example/hook")
        done = command("doctor", "--config", configuration(tmp_path, *near, *inside, *nowhere))
        assert receiver.came() == []
    hooks = {told.split("`")[1]: (mark, told) for what, mark, told in lines(done) if what == "webhook"}
    assert hooks["near"] == ("✓", "`near` leads to 127.0.0.1, signed with 2 secrets")
    assert hooks["inside"][0] == "✗" and "an address of this machine or its network\nhelp: " in hooks["inside"][1]
    assert hooks["nowhere"][0] == "✗" and "its host stands for no address" in hooks["nowhere"][1]
    assert "2 of 12 do not work" in done.stderr
    assert SECRET not in done.stdout + done.stderr

    (tmp_path / "inside-0").unlink()
    done = command("doctor", "--config", configuration(tmp_path, *inside))
    assert (done.returncode, done.stdout) == (1, ""), "it takes no configuration that the server would not take"
    assert "inside-0" in done.stderr and "each of `secrets` names a file" in " ".join(done.stderr.split())


def test_a_doctor_sees_that_both_doors_have_one_port(tmp_path):
    Repository(tmp_path / "mesh")
    config = configuration(tmp_path)
    config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{free_port()}"))
    done, seen = examined(config)
    mark, told = seen["doors"]
    assert (done.returncode, mark) == (1, "✗")
    assert "both doors have one port\nhelp: give each a port of its own" in told


def test_a_doctor_tells_of_a_certificate_before_it_ends(tmp_path):
    Repository(tmp_path / "mesh")
    certificate, key = Authority(tmp_path / "authority").issue()
    (tmp_path / "certificate.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    tls = ["[tls]", f'certificate = "{tmp_path / "certificate.pem"}"', f'key = "{tmp_path / "key.pem"}"']
    done, seen = examined(configuration(tmp_path, *tls))
    mark, told = seen["tls"]
    assert (done.returncode, mark) == (1, "✗")
    assert re.search(r"certificate.pem` ends on \d{4}-\d\d-\d\d .* UTC, in 23 hours\nhelp: have it renewed", told), told
