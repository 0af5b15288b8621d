"""Events of a mesh, received by the reference library of Standard Webhooks and the SDK of CloudEvents."""

import json

import httpx
import pytest

from receiver import SECRET, Receiver, lines_of
from weft import Configured, Repository, configuration, until

OTHER = "whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRODUCT = "products/loyalty/members/product.odps.yaml"


def metrics(server):
    return httpx.get(f"{server.http}/metrics").text


def test_a_release_by_a_commit_reaches_a_receiver_that_checks_it(tmp_path):
    mesh = Repository(tmp_path / "mesh")
    with Receiver() as receiver:
        config = configuration(tmp_path, *lines_of(tmp_path, "house", receiver.url))
        with Configured(config, tmp_path / "home") as server:
            server.ready()
            first = receiver.of("release.published", "loyalty.members")
            assert first["specversion"] == "1.0" and first["source"].startswith("http")
            assert (first["data"]["product"], first["data"]["number"]) == ("loyalty.members", 1)
            mesh.edit(PRODUCT, "purpose: SYNTHETIC members", "purpose: Told anew, SYNTHETIC members")
            revision = mesh.commit("tell it anew")
            ended = lambda: [e for e in receiver.taken() if e["type"] == "org.weft.run.ended" and e["data"]["revision"] == revision]
            until(ended, "the run of the commit ends")
            assert all("event" in told for told in receiver.came()), "each came signed and whole"
            assert receiver.came()[0]["status"] == 503
            ids = lambda: [told["headers"]["webhook-id"] for told in receiver.came()]
            until(lambda: ids().count(ids()[0]) == 2, "what was refused comes again under its id")
            shown = metrics(server)
            assert 'weft_webhook_deliveries_total{webhook="house",outcome="delivered"}' in shown
            assert 'weft_circuit_open{target="webhook:house"} 0' in shown
            assert SECRET not in server.stderr.text and SECRET.removeprefix("whsec_") not in server.stderr.text


def test_events_of_a_product_come_in_order(tmp_path):
    Repository(tmp_path / "mesh")
    with Receiver() as receiver:
        config = configuration(tmp_path, *lines_of(tmp_path, "house", receiver.url))
        with Configured(config, tmp_path / "home") as server:
            server.ready()
            until(lambda: 'weft_webhook_pending{webhook="house"} 0' in metrics(server) and receiver.taken(), "all is told")
        numbers = {}
        for event in receiver.taken():
            product = ".".join(event["subject"].split(".")[:2])
            number = int(event["id"].split("-")[0])
            assert numbers.get(product, 0) < number
            numbers[product] = number


def test_while_a_secret_is_rotated_receivers_with_either_take_what_comes(tmp_path):
    Repository(tmp_path / "mesh")
    with Receiver(SECRET) as old, Receiver(OTHER) as new:
        both = lambda name, url: lines_of(tmp_path, name, url, 'events = ["release"]', secrets=(OTHER, SECRET))
        config = configuration(tmp_path, *both("old", old.url), *both("new", new.url))
        with Configured(config, tmp_path / "home") as server:
            server.ready()
            for receiver in (old, new):
                receiver.of("release.published", "loyalty.members")
                assert all(event["type"].startswith("org.weft.release.") for event in receiver.taken())


@pytest.mark.parametrize("line, told", [
    ('url = "http://example.org/hook"', "the URL cannot be used"),
    ('url = "https://example.org/hook"\nevents = ["sale"]', "no event is of the kind `sale`"),
])
def test_a_webhook_that_cannot_be_used_is_told_before_anything_starts(tmp_path, line, told):
    Repository(tmp_path / "mesh")
    (tmp_path / "secret").write_text(SECRET)
    config = configuration(tmp_path, "[[webhooks]]", 'name = "house"', line, f'secrets = ["{tmp_path / "secret"}"]')
    with Configured(config, tmp_path / "home") as server:
        assert server.process.wait(timeout=60) != 0
        server.stderr.wait_at_most(30)
        assert told in server.stderr.text and SECRET not in server.stderr.text
