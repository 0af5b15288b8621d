"""Unit tests of transforms, as an author runs them."""

import json
import re
import shutil
from xml.etree import ElementTree

import pytest

from weft import REPOSITORY, command

QUERY = "products/punctuality/delays/transforms/daily.sql"
TEST = "products/punctuality/delays/tests/late_from_fifteen_minutes_on.yaml"


@pytest.fixture
def mesh(tmp_path):
    """The demo's manifests, with tests that pass."""
    for name in ("products", "governance"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    return tmp_path


def test_the_demo_passes(mesh):
    done = command("test", cwd=mesh)
    assert done.returncode == 0, done.stdout
    assert re.fullmatch(r"3 tests passed in 2 products \(\d+\.\d\d s\)\n", done.stdout), done.stdout
    one = command("test", "products/loyalty", cwd=mesh)
    assert one.returncode == 0 and one.stdout.startswith("1 test passed in 1 product "), one.stdout


def test_a_query_that_does_otherwise_is_told_by_its_rows(mesh):
    path = mesh / QUERY
    path.write_text(path.read_text().replace("dep_delay >= 15", "dep_delay > 15"))
    text = command("test", cwd=mesh)
    assert text.returncode == 1 and "2 tests passed, 1 failed in 2 products" in text.stdout, text.stdout
    assert "W0515" in text.stdout and f"{TEST}:" in text.stdout and "they differ in `late_departures`" in text.stdout
    for line in ("- flight_date: 2013-01-31, flights: 3", "+ flight_date: 2013-01-31, flights: 3"):
        assert line in text.stdout, text.stdout

    told = json.loads(command("test", "--format", "json", cwd=mesh).stdout)
    assert [(problem["code"], problem["file"]) for problem in told] == [("W0515", TEST)]
    validated = json.loads(command("validate", "--format", "json", cwd=mesh).stdout)
    assert [problem for problem in validated if problem["severity"] == "error"] == told
    report = ElementTree.fromstring(command("test", "--format", "junit", cwd=mesh).stdout)
    assert (report.get("tests"), report.get("failures")) == ("3", "1")


def test_a_test_that_cannot_be_run_is_no_success(mesh):
    path = mesh / QUERY
    path.write_text(path.read_text().replace("dep_delay", "dep_dealy", 1))
    done = command("test", "products/punctuality", cwd=mesh)
    assert done.returncode == 1 and "0 tests passed, 2 not run in 1 product" in done.stdout, done.stdout
    assert "W0203" in done.stdout and f"{QUERY}:" in done.stdout


def test_wrong_usage_has_its_own_exit_code(tmp_path):
    assert command("test", "--format", "csv", cwd=tmp_path).returncode == 2
    assert command("test", ".", cwd=tmp_path).returncode == 2


def test_the_schema_of_a_test_is_closed(mesh):
    schema = json.loads(command("schema", "test").stdout)
    assert schema["additionalProperties"] is False and schema["required"] == ["port", "expect"]
