"""Who sees what, and what a change of rules would do, from the command line."""

import csv
import io
import json

import pytest

from weft import Repository, Server, command

PROFILES = "loyalty.members.profiles"
MEMBERS = "products/loyalty/access.csv"
PLANES = "fleet.aircraft.planes"
ACCESS = "products/fleet/access.csv"
LINE = "p, service:loyalty-jobs, dom:fleet, obj:fleet.aircraft, read, *, -, allow\n"


@pytest.fixture(scope="module")
def mesh(tmp_path_factory):
    """The demo, served: its repository and home."""
    place = tmp_path_factory.mktemp("access")
    repository, home = Repository(place / "mesh"), place / "home"
    with Server(repository.path, home) as server:
        server.ready()
        yield repository, home


def roster(home, who, what, *more):
    return command("access", "roster", what, "--as", who, *more, home=home)


def test_the_owner_is_told_who_sees_a_column_and_how(mesh):
    _, home = mesh
    done = roster(home, "lena", f"{PROFILES}.email")
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines == [
        "SEES WHO THROUGH NAMES",
        "in clear 2 role:owner · service:loyalty-jobs lena, loyalty-jobs",
        "masked (partial_email) 2 role:member_analyst 2 ana, dana",
        "nobody else; 14 principals in all",
    ]


def test_a_roster_as_csv_has_everyone_and_their_paths(mesh):
    _, home = mesh
    done = roster(home, "lena", PROFILES, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len({row["principal"] for row in rows}) == 14
    ana = next(row for row in rows if row["principal"] == "ana" and row["column"] == "email")
    assert (ana["sees"], ana["masks"], ana["rows"]) == ("masked", "partial_email", "all")
    assert ana["paths"].startswith("ana > group:analysts > role:member_analyst (products/loyalty/access.csv:")
    assert {row["sees"] for row in rows if row["principal"] == "nobody"} == {"denied"}


def test_others_are_not_told(mesh):
    _, home = mesh
    refused = roster(home, "ana", PROFILES)
    assert refused.returncode == 5 and "W0301" in refused.stderr, refused.stderr
    hidden, absent = roster(home, "nobody", PROFILES), roster(home, "nobody", "loyalty.members.absent")
    assert hidden.returncode == absent.returncode == 1
    assert steady(hidden.stderr).replace("profiles", "absent") == steady(absent.stderr)


def steady(text):
    return "\n".join(line for line in text.splitlines() if "trace" not in line)


def test_a_change_on_disk_says_who_gains_before_anybody_does(mesh):
    repository, home = mesh
    before = repository.text(ACCESS)
    nothing = command("access", "simulate", repository.path, home=home)
    assert (nothing.returncode, nothing.stdout) == (0, "  + nobody gains\n  - nobody loses\n"), nothing.stderr
    repository.write(ACCESS, before + LINE)
    try:
        done = command("access", "simulate", repository.path, home=home)
        assert done.returncode == 0, done.stderr
        number = len(before.splitlines()) + 1
        assert done.stdout == (
            f"  + 1 service gains {PLANES}   ({ACCESS}:{number})\n      loyalty-jobs\n  - nobody loses\n"
        )
        [change] = json.loads(command("access", "simulate", repository.path, "--format", "json", home=home).stdout)
        assert (change["change"], change["services"], change["people"]) == ("gains", ["loyalty-jobs"], [])
    finally:
        repository.write(ACCESS, before)


def test_who_loses_by_a_line_that_goes_is_told_beside_the_cases_that_stand_in_its_way(mesh, tmp_path):
    _, home = mesh
    other = Repository(tmp_path / "mesh")
    text = other.text(MEMBERS)
    line = next(line for line in text.splitlines() if "role:member_analyst" in line and ", read," in line)
    other.edit(MEMBERS, line + "\n", "")
    other.commit("analysts see members no more")
    done = command("access", "simulate", other.path, "--ref", "HEAD", "--against", "HEAD~1", home=home)
    number = text.splitlines().index(line) + 1
    assert f"  - 2 people lose {PROFILES}   (was {MEMBERS}:{number})\n      ana, dana\n" in done.stdout, done.stderr
    assert done.returncode == 1 and "W0307" in done.stderr and "stand in the way" in done.stderr


def test_a_plan_says_who_gains_and_loses(mesh, tmp_path):
    _, home = mesh
    other = Repository(tmp_path / "mesh")
    other.write(ACCESS, other.text(ACCESS) + LINE)
    other.commit("loyalty reads planes")
    planned = command("plan", other.path, "--against", "HEAD~1", home=home)
    assert planned.returncode == 0, planned.stderr
    access = planned.stdout.split("  ~ access\n")[1].split("\n\n")[0].splitlines()
    number = len(other.text(ACCESS).splitlines())
    assert access == [
        f"      + {ACCESS}:{number}   {LINE.strip()}",
        f"      + 1 service gains {PLANES}   ({ACCESS}:{number})",
        "          loyalty-jobs",
    ]


def test_rules_without_effect_are_warnings_of_the_lint(mesh, tmp_path):
    repository, _ = mesh
    clean = command("policy", "lint", repository.path)
    assert clean.returncode == 0 and "0 errors, 0 warnings" in clean.stdout, clean.stdout + clean.stderr
    other = Repository(tmp_path / "mesh")
    other.write(ACCESS, other.text(ACCESS) + "p, role:owner, dom:fleet, obj:fleet.aircraft, read, *, -, allow\n")
    told = command("policy", "lint", other.path)
    assert told.returncode == 0 and "W0331" in told.stderr and "1 warning" in told.stdout, told.stderr
