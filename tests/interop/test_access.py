"""Access that is asked for and approved on the command line, and what a client that was there all the while sees of it."""

import json
import subprocess
import urllib.request
from datetime import datetime, timedelta, timezone

import adbc_driver_flightsql.dbapi as flight_sql
import pytest

from weft import Repository, Server, command, until

PORT = "loyalty.members.profiles"
EMAIL = f"SELECT email FROM {PORT} ORDER BY points DESC, joined_on LIMIT 1"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    place = tmp_path_factory.mktemp("access")
    Repository(place / "mesh")
    with Server(place / "mesh", place / "home") as server:
        yield server.ready()


def access(server, *arguments, name):
    return command("access", *arguments, "--as", name, home=server.home)


def explained(server, *arguments, name):
    told = access(server, "explain", *arguments, "--format", "json", name=name)
    assert told.returncode == 0, told.stderr
    (explanation,) = json.loads(told.stdout)
    return explanation


def clear(email):
    return "***" not in email


@pytest.fixture
def dana(server):
    """One connection for the whole test, which asks for the service of members."""
    options = {
        "adbc.flight.sql.authorization_header": f"Bearer {server.token('dana')}",
        "adbc.flight.sql.rpc.call_header.x-weft-purpose": "member_service",
    }
    with flight_sql.connect(server.flight, db_kwargs=options, autocommit=True) as connection, connection.cursor() as cursor:
        def email():
            cursor.execute(EMAIL)
            return cursor.fetchall()[0][0]

        yield email


def test_what_lena_approves_dana_sees_at_once_and_until_the_clock_has_passed_its_end(server, dana):
    assert not clear(dana())
    before = explained(server, f"{PORT}.email", "--purpose", "member_service", name="dana")
    assert (before["sees"], before["change"]["request"]["columns"]) == ("masked", ["email"])
    (mask,) = [link for link in before["evidence"] if link["decides"]]
    assert (mask["kind"], mask["file"]) == ("mask", "governance/restrictions.yaml")
    assert any(link["kind"] == "tag" and link["file"].endswith("profiles.odcs.yaml") for link in before["evidence"])

    end = datetime.now(timezone.utc) + timedelta(seconds=15)
    asked = access(
        server, "request", PORT, "--columns", "email", "--purpose", "member_service", "--note", "complaints",
        "--until", end.isoformat().replace("+00:00", "Z"), name="dana",
    )
    assert asked.returncode == 0, asked.stderr
    (request, *_) = asked.stdout.split()
    assert "waits for loyalty-owners" in asked.stdout
    refused = access(server, "approve", request, name="omar")
    assert (refused.returncode, f"no request `{request}`" in refused.stderr) == (1, True), refused.stderr
    own = access(server, "approve", request, name="dana")
    assert (own.returncode, "your own request" in own.stderr) == (5, True), own.stderr
    assert not clear(dana())

    approved = access(server, "approve", request, "--note", "fine", name="lena")
    assert approved.returncode == 0, approved.stderr
    if datetime.now(timezone.utc) < end - timedelta(seconds=1):
        assert clear(dana()), "the very next query"
        sees = explained(server, f"{PORT}.email", "--purpose", "member_service", name="dana")
        assert sees["sees"] == "clear"
        assert any(link["kind"] == "exemption" or link["kind"] == "grant" for link in sees["evidence"]), sees
    until(lambda: not clear(dana()), "the grant ends")
    assert datetime.now(timezone.utc) >= end, "and not before its end"
    after = explained(server, f"{PORT}.email", "--purpose", "member_service", name="dana")
    assert after["sees"] == "masked"
    assert any("it ended on" in " ".join(miss["failed"]) for miss in after["near"]), after
    shown = access(server, "requests", request, name="lena")
    assert f"{request} expired" in shown.stdout and "approved by user:lena: fine" in shown.stdout, shown.stdout


def test_a_grant_that_is_exported_is_a_commit_that_holds(server, tmp_path):
    # A case of the demo says that she sees it masked for reports, so this is for the other purpose.
    asked = access(server, "request", PORT, "--columns", "points", "--purpose", "member_service", name="dana")
    (request, *_) = asked.stdout.split()
    assert access(server, "approve", request, name="lena").returncode == 0
    not_hers = access(server, "export", request, name="dana")
    assert (not_hers.returncode, not_hers.stdout) == (5, ""), not_hers.stderr
    patch = access(server, "export", request, name="lena")
    assert patch.returncode == 0, patch.stderr
    repository = Repository(tmp_path / "mesh")
    applied = subprocess.run(
        ["git", "-c", "user.name=lena", "-c", "user.email=lena@example.com", "am"],
        cwd=repository.path, input=patch.stdout, capture_output=True, text=True,
    )
    assert applied.returncode == 0, applied.stderr
    assert "p, user:dana, dom:loyalty, obj:loyalty.members.profiles.points, read" in repository.text("products/loyalty/access.csv")
    validated = command("validate", str(repository.path), home=tmp_path / "home")
    assert validated.returncode == 0, validated.stdout + validated.stderr


def test_a_request_is_an_access_agreement_to_others(server):
    asked = access(server, "request", PORT, "--columns", "tier", "--purpose", "programme_reporting", name="dana")
    (request, *_) = asked.stdout.split()
    told = access(server, "requests", request, "--format", "oaas", name="greta")
    assert told.returncode == 0, told.stderr
    agreement = json.loads(told.stdout)
    assert (agreement["kind"], agreement["status"]) == ("AccessAgreement", "requested")
    assert agreement["provider"]["outputPortId"] == PORT
    declined = access(server, "decline", request, name="lena")
    assert (declined.returncode, "say why" in declined.stderr) == (1, True), declined.stderr
    assert access(server, "decline", request, "--note", "use the tiers", name="lena").returncode == 0
    assert json.loads(access(server, "requests", request, "--format", "oaas", name="dana").stdout)["status"] == "rejected"


def test_a_refusal_has_the_same_reasons_by_its_id_on_the_command_line_and_over_rest(server):
    refused = command("query", "SELECT * FROM punctuality.delays.features", "--as", "dana", home=server.home)
    assert refused.returncode == 5
    (told,) = [line for line in refused.stderr.splitlines() if "weft access explain" in line]
    explain_id = told.split("explain ")[1].rstrip("`")
    by_id = explained(server, explain_id, name="dana")
    assert (by_id["sees"], by_id["change"]) == ("denied", {"kind": "purpose", "purpose": "modelling"})
    found = [by_id, explained(server, "punctuality.delays.features", name="dana")]
    for body in ({"explainId": explain_id}, {"port": "punctuality.delays.features"}):
        request = urllib.request.Request(
            f"{server.http}/api/v1/access/explain", json.dumps(body).encode(), {"authorization": f"Bearer {server.token('dana')}"}
        )
        with urllib.request.urlopen(request) as answer:
            found.extend(json.load(answer)["items"])
    assert len(found) == 4
    reasons = [(one["sentence"], one["evidence"], one["near"], one["change"]) for one in found]
    assert all(one == reasons[0] for one in reasons), reasons
