"""Who may not know of a table cannot tell it from one that is not there, whichever door is asked."""

import json
import re
import urllib.error
import urllib.request

import pytest

from flight import connect, refusal, rows
from weft import command

# A port, a product and a domain that are there, each with one of the same form that is not.
PORTS = [
    ("aviation.flights.departures", "aviation.flights.absent"),
    ("aviation.flights.departures", "aviation.absent.departures"),
    ("loyalty.members.profiles", "absent.members.profiles"),
]
TRACE = re.compile(r"^\s*(trace|why) .*$", re.MULTILINE)


def http(server, path, name):
    """Status, headers that say something, and the problem without its trace id."""
    request = urllib.request.Request(server.http + path, headers={"Authorization": f"Bearer {server.token(name)}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        response = opener.open(request, timeout=30)
    except urllib.error.HTTPError as error:
        response = error
    body = json.loads(response.read())
    trace = body.pop("trace_id", None)
    headers = {name.lower() for name in response.headers}
    return response.status, response.headers.get("content-type"), headers, bool(trace), body


def renamed(answer, there, absent):
    """The answer with one name put in place of the other, part by part."""
    text = json.dumps(answer, default=sorted)
    for old, new in zip(there.split("."), absent.split(".")):
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(("there", "absent"), PORTS)
def test_adbc(demo, there, absent):
    with connect(demo, "nobody") as connection:
        def answer(port):
            error = refusal(lambda: rows(connection, f"select * from {port}"))
            fields = sorted(str(key) for key, _ in error.details or [])
            return str(error.status_code), error.vendor_code, error.sqlstate, fields, str(error)

        assert "W0202" in answer(there)[-1]
        assert renamed(answer(there), there, absent) == renamed(answer(absent), there, absent)
        listed = connection.adbc_get_objects(depth="all").read_all().to_pylist()
        assert {catalog["catalog_name"] for catalog in listed} <= {"system"}


@pytest.mark.parametrize(("there", "absent"), PORTS)
def test_command_line(demo, there, absent):
    def answer(port):
        done = command("query", "--as", "nobody", f"select * from {port}", home=demo.home)
        return done.returncode, done.stdout, TRACE.sub("", done.stderr)

    code, stdout, stderr = answer(there)
    assert (code, stdout) == (1, "") and "W0202" in stderr
    assert renamed(answer(there), there, absent) == renamed(answer(absent), there, absent)


@pytest.mark.parametrize(("there", "absent"), PORTS)
def test_http(demo, there, absent):
    def answers(port):
        whole, product = port.replace(".", "/"), "/".join(port.split(".")[:2])
        paths = [f"ports/{whole}", f"ports/{whole}/releases", f"products/{product}"]
        return [http(demo, f"/api/v1/{path}", "nobody") for path in paths]

    assert {status for status, *_ in answers(there)} == {404}
    assert renamed(answers(there), there, absent) == renamed(answers(absent), there, absent)


def test_nobody_is_told_of_nothing(demo):
    for path in ("domains", "products", "runs"):
        status, *_, body = http(demo, f"/api/v1/{path}", "nobody")
        assert (status, body["items"]) == (200, []), path


def test_who_is_not_signed_in_is_told_the_same_everywhere(demo):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answers = set()
    for path in ("ports/aviation/flights/departures", "ports/aviation/flights/absent", "me"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener.open(f"{demo.http}/api/v1/{path}", timeout=30)
        body = json.loads(refused.value.read())
        body.pop("trace_id")
        answers.add((refused.value.code, json.dumps(body, sort_keys=True)))
    ((status, body),) = answers
    assert status == 401 and "W0801" in body
