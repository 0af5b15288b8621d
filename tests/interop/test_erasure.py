"""`weft erase` on the real binary, and what a reader that knows nothing of Weft finds of the rows afterwards."""

import hashlib
import json
from pathlib import Path

import pytest
from deltalake import DeltaTable

from weft import Repository, Server, command

PORT = "loyalty.members.profiles"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A demo whose contract lets members go."""
    place = tmp_path_factory.mktemp("erasure")
    repository = Repository(place / "mesh")
    repository.edit("products/loyalty/members/contracts/profiles.odcs.yaml", "mustBe: 20000", "mustBeGreaterThan: 19000")
    repository.commit("members may go")
    with Server(repository.path, place / "home") as server:
        yield server.ready()


def erase(server, condition, *arguments, name="lena", port=PORT):
    return command("erase", port, "--where", condition, *arguments, "--as", name, home=server.home)


def hashed(certificate):
    bare = {key: value for key, value in certificate.items() if key != "sha256"}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_rows_are_erased_for_good_and_certified(server):
    table = server.home / "warehouse" / PORT.replace(".", "/")
    members = DeltaTable(table).to_pyarrow_table(columns=["member_id"])["member_id"].to_pylist()
    gone = sorted(members)[:2]
    condition = "member_id IN (" + ", ".join(f"'{member}'" for member in gone) + ")"

    told = erase(server, condition, "--dry-run")
    assert (told.returncode, told.stdout.splitlines()[0]) == (0, f"{PORT}: 2 rows would be erased where `{condition}`"), told.stderr
    assert "read by loyalty.engagement.tiers (full), which takes the change in with its next run" in told.stdout
    asked = erase(server, condition)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "2 rows would be erased" in asked.stderr and "nothing was erased; `--yes` erases" in asked.stderr
    assert DeltaTable(table).version() == 0

    done = erase(server, condition, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"{PORT}: 2 rows erased, release 2 serves the others, 1 file deleted\n"), done.stderr
    certificate = json.loads(done.stdout)
    assert (certificate["rowsErased"], certificate["versionAfter"], certificate["by"]) == (2, 1, "user:lena")
    assert certificate["sha256"] == hashed(certificate)
    (kept,) = (server.home / "warehouse/loyalty/_erasures/members/profiles").iterdir()
    assert json.loads(kept.read_text()) == certificate

    left = DeltaTable(table).to_pyarrow_table(columns=["member_id"])["member_id"].to_pylist()
    assert sorted(left) == sorted(members)[2:]
    on_disk = {f"{PORT.replace('.', '/')}/{file.name}" for file in table.glob("*.parquet")}
    served = {f"{PORT.replace('.', '/')}/{Path(uri).name}" for uri in DeltaTable(table).file_uris()}
    assert on_disk == served, "no other file is left"
    assert set(certificate["filesWritten"]) <= served and not set(certificate["filesRemoved"]) & on_disk
    with pytest.raises(Exception):
        DeltaTable(table, version=0).to_pyarrow_table()

    again = erase(server, condition, "--yes")
    assert (again.returncode, json.loads(again.stdout)["rowsErased"]) == (0, 0)
    assert again.stderr.startswith(f"{PORT}: 0 rows erased, 0 files deleted\n"), again.stderr
    assert DeltaTable(table).version() == 1


def test_who_may_not_and_what_cannot_be_is_refused(server):
    for name, condition, code, status in [
        ("ana", "true", "W0301", 5),
        ("nobody", "true", "W0905", 1),
        ("lena", "none = 1", "W0531", 1),
        ("lena", f"member_id in (select member_id from {PORT})", "W0531", 1),
    ]:
        done = erase(server, condition, "--yes", name=name)
        assert (done.returncode, done.stdout, f"error[{code}]" in done.stderr) == (status, "", True), done.stderr
    done = erase(server, "true", "--dry-run", "--yes")
    assert done.returncode == 2
    done = erase(server, "true", "--yes")
    assert (done.returncode, "error[W0605]: check `row_count` counts 0 rows" in done.stderr) == (1, True), done.stderr


def test_readers_that_the_asker_may_not_know_of_are_counted(server):
    done = erase(server, "false", "--dry-run", port="reference.carriers.airlines")
    named = [line for line in done.stdout.splitlines() if line.startswith("  read by ")]
    assert (done.returncode, named[-1]) == (0, "  read by 2 more that you may not know of"), done.stdout
