"""Bearer tokens of an identity provider on every door: the good are believed, and each of the bad is refused alike."""

import time

import httpx
import pyarrow as pa
import pyarrow.flight as fl
import pytest
from adbc_driver_manager import AdbcStatusCode

from flight import connect, connect_basic, fetch, refusal, rows
from provider import Key, Provider, base64url, by_secret, signed
from weft import Configured, Repository, command, configuration, until

COUNT = "select count(*) as n from aviation.flights.departures"


def claiming(provider, *more):
    """The table of a configuration in which whoever the provider vouches for is a principal."""
    return [
        "[oidc]", f'issuer = "{provider.issuer}"', 'client_id = "weft"', 'audience = ["weft", "mesh"]',
        'principals = "claims"', 'groups_claim = "roles"', 'attributes = { carrier = "of_carrier" }', *more,
    ]


@pytest.fixture(scope="module")
def provider():
    with Provider(Key("rsa", "RS256"), Key("ec", "ES256"), Key("ed", "EdDSA")) as provider:
        yield provider


@pytest.fixture(scope="module")
def mesh(provider, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bearer")
    Repository(folder / "mesh")
    with Configured(configuration(folder, *claiming(provider)), folder / "home") as server:
        yield server.ready()


def on_rest(server, token, path="/api/v1/me"):
    return httpx.get(f"{server.http}{path}", headers={"authorization": f"Bearer {token}"})


def signing_in(server, token):
    return httpx.post(f"{server.http}/api/v1/session", json={"token": token})


def counted(server, token):
    """The answer to one query on REST, through ADBC by bearer, and by Flight's own verbs: the same on each."""
    bearer = {"authorization": f"Bearer {token}"}
    rest = httpx.post(f"{server.http}/api/v1/sql", json={"sql": COUNT}, headers=bearer)
    assert rest.status_code == 200, rest.text
    with connect(server, token=token) as connection:
        [by_adbc] = rows(connection, COUNT)
    with fl.connect(server.flight) as client:
        [by_flight] = fetch(client, COUNT, (b"authorization", f"Bearer {token}".encode())).to_pylist()
    assert by_adbc == by_flight
    assert str(by_adbc["n"]) in rest.text
    return by_adbc["n"]


def test_a_good_token_of_each_kind_of_key_is_believed_on_every_door(mesh, provider):
    of_file = mesh.query("ana", COUNT)[0]["n"]
    assert of_file > 0
    for key in provider.keys:
        token = key.token(provider.claims("ana"))
        assert on_rest(mesh, token).json()["principal"] == "ana"
        assert counted(mesh, token) == of_file, key.algorithm
        with connect_basic(mesh, "ana", token) as connection:
            assert rows(connection, COUNT)[0]["n"] == of_file
        with httpx.Client() as browser:
            session = browser.post(f"{mesh.http}/api/v1/session", json={"token": token})
            assert session.json()["me"]["principal"] == "ana"
            assert browser.get(f"{mesh.http}/api/v1/products").is_success
    many = provider.keys[0].token(provider.claims("ana", aud=["billing", "mesh"]))
    assert on_rest(mesh, many).is_success


def bad_tokens(provider):
    """What each bad token is, and the token."""
    rsa, ec, ed = provider.keys
    now = int(time.time())
    good = provider.claims("ana")
    stranger, elsewhere = Key("rsa", "RS256"), Key("elsewhere", "RS256")
    token = rsa.token(good)
    head, body, seal = token.split(".")
    omars = base64url(provider.claims("omar"))
    public = ed.private.public_key().public_bytes_raw()
    return {
        "no algorithm": signed({"alg": "none"}, good, lambda _: b""),
        "no algorithm, under a key's name": signed({"alg": "None", "kid": "rsa"}, good, lambda _: b""),
        "no algorithm, and a signature": rsa.token(good, alg="none"),
        "HMAC by the public key": signed({"alg": "HS256", "kid": "rsa"}, good, by_secret(rsa.pem())),
        "HMAC by the public key's bytes": signed({"alg": "HS256", "kid": "ed"}, good, by_secret(public)),
        "HMAC by the client's name": signed({"alg": "HS256"}, good, by_secret(b"weft")),
        "an algorithm of another key": ec.token(good, alg="RS256"),
        "another issuer": rsa.token(provider.claims("ana", iss="https://id.example.org")),
        "an issuer that ends otherwise": rsa.token(provider.claims("ana", iss=f"{provider.issuer}/")),
        "the issuer of the mesh itself": rsa.token(provider.claims("ana", iss="weft", sub="ana")),
        "no issuer": rsa.token(provider.claims("ana", iss=None)),
        "another audience": rsa.token(provider.claims("ana", aud="billing")),
        "other audiences": rsa.token(provider.claims("ana", aud=["billing", "weft2"])),
        "no audience": rsa.token(provider.claims("ana", aud=None)),
        "another's key under a known name": stranger.token(good),
        "a key that nobody publishes": elsewhere.token(good),
        "a key in the header": stranger.token(good, jwk=stranger.jwk()),
        "the address of keys in the header": elsewhere.token(good, jku=f"{provider.issuer}/other", x5u=provider.issuer),
        "expired": rsa.token(provider.claims("ana", exp=now - 5)),
        "no end": rsa.token(provider.claims("ana", exp=None)),
        "not valid yet": rsa.token(provider.claims("ana", nbf=now + 600)),
        "no name": rsa.token(provider.claims("ana", preferred_username=None)),
        "a name that is none": rsa.token(provider.claims("user:ana")),
        "the name of a service": rsa.token(provider.claims("aviation-jobs")),
        "groups that are no list": rsa.token(provider.claims("eva", roles={"analysts": True})),
        "changed claims": f"{head}.{omars}.{seal}",
        "no signature": f"{head}.{body}.",
        "something critical": rsa.token(good, crit=["exp"]),
        "another kind of token": rsa.token(good, typ="logout+jwt"),
        "bound to a key": rsa.token(provider.claims("ana", cnf={"jkt": "x"})),
        "too long": rsa.token(provider.claims("ana", more="x" * 20_000)),
        "no token": "a.b.c",
    }


def test_every_bad_token_is_refused_alike_on_every_door(mesh, provider):
    refused = on_rest(mesh, "nonsense").json()
    for what, token in bad_tokens(provider).items():
        answer = on_rest(mesh, token)
        assert answer.status_code == 401, f"{what}: {answer.text}"
        same = lambda problem: {key: value for key, value in problem.items() if key != "trace_id"}
        assert same(answer.json()) == same(refused) and answer.json()["code"] == "W0801", what
        session = signing_in(mesh, token)
        assert (session.status_code, session.json()["code"]) == (401, "W0801"), what
        assert "set-cookie" not in session.headers, what
        with fl.connect(mesh.flight) as client, pytest.raises(fl.FlightUnauthenticatedError, match="W0801"):
            fetch(client, "select 1", (b"authorization", f"Bearer {token}".encode()))

        def ask(token=token):
            with connect(mesh, token=token) as connection:
                rows(connection, "select 1")

        assert refusal(ask).status_code == AdbcStatusCode.UNAUTHENTICATED, what

        def greet(token=token):
            with connect_basic(mesh, "ana", token) as connection:
                rows(connection, "select 1")

        assert refusal(greet).status_code == AdbcStatusCode.UNAUTHENTICATED, what
    assert on_rest(mesh, provider.keys[0].token(provider.claims("ana"))).is_success


def test_groups_and_attributes_come_from_claims_for_whoever_stands_in_no_file(mesh, provider):
    key = provider.keys[0]
    everyones, carriers = mesh.query("ana", COUNT)[0]["n"], mesh.query("cole", COUNT)[0]["n"]
    assert 0 < carriers < everyones
    eva = key.token(provider.claims("eva", roles=["analysts", "made-up"]))
    assert on_rest(mesh, eva).json()["groups"] == ["analysts"]
    assert counted(mesh, eva) == everyones
    rita = key.token(provider.claims("rita", roles=["airline-analysts"], of_carrier="AA"))
    assert counted(mesh, rita) == carriers
    nobody = key.token(provider.claims("newcomer"))
    assert on_rest(mesh, nobody).json()["groups"] == []
    bearer = {"authorization": f"Bearer {nobody}"}
    assert httpx.post(f"{mesh.http}/api/v1/sql", json={"sql": COUNT}, headers=bearer).status_code in (403, 404)


def test_a_name_of_the_files_has_what_stands_there(mesh, provider):
    token = provider.keys[0].token(provider.claims("nobody", roles=["governance-office", "analysts"], of_carrier="AA"))
    assert on_rest(mesh, token).json()["groups"] == []


def test_a_browser_keeps_what_was_vouched_for_and_gets_no_token_of_the_mesh(mesh, provider):
    token = provider.keys[0].token(provider.claims("eva", roles=["analysts"]))
    with httpx.Client() as browser:
        session = browser.post(f"{mesh.http}/api/v1/session", json={"token": token}).json()
        assert session["me"]["groups"] == ["analysts"]
        proof = {"x-weft-csrf": session["csrf"]}
        asked = browser.post(f"{mesh.http}/api/v1/sql", json={"sql": COUNT}, headers=proof)
        assert asked.is_success, asked.text
        made = browser.post(f"{mesh.http}/api/v1/tokens", json={}, headers=proof)
        assert (made.status_code, made.json()["code"]) == (403, "W0301"), made.text


def test_a_name_alone_is_believed_where_principals_stand_in_files(provider, tmp_path):
    Repository(tmp_path / "mesh")
    lines = ["[oidc]", f'issuer = "{provider.issuer}"', 'client_id = "weft"']
    with Configured(configuration(tmp_path, *lines), tmp_path / "home") as server:
        server.ready()
        key = provider.keys[1]
        assert on_rest(server, key.token(provider.claims("ana", roles=["governance-office"]))).json()["groups"] == ["analysts"]
        for name in ("eva", "aviation-jobs"):
            assert on_rest(server, key.token(provider.claims(name, roles=["analysts"]))).status_code == 401


def test_keys_are_rotated_and_a_provider_that_is_down_takes_nothing_away(tmp_path):
    old, new = Key("old", "RS256"), Key("new", "ES256")
    Repository(tmp_path / "mesh")
    with Provider(old) as provider:
        lines = ["[oidc]", f'issuer = "{provider.issuer}"', 'client_id = "weft"']
        with Configured(configuration(tmp_path, *lines), tmp_path / "home") as server:
            server.ready()
            seen = old.token(provider.claims("ana"))
            until(lambda: on_rest(server, seen).is_success, "the first keys are known")
            provider.keys.append(new)
            fresh = new.token(provider.claims("ana"))
            until(lambda: on_rest(server, fresh).is_success, "the new key is known", longest=20)
            assert on_rest(server, seen).is_success
            asked = provider.asked
            stranger = Key("stranger", "RS256").token(provider.claims("ana"))
            began = time.monotonic()
            for _ in range(50):
                assert on_rest(server, stranger).status_code == 401
            most = 1 + int((time.monotonic() - began) // 10) + 1
            assert provider.asked - asked <= most
            provider.is_down = True
            for token in (seen, fresh, new.token(provider.claims("omar"))):
                assert on_rest(server, token).is_success
            assert on_rest(server, Key("other", "RS256").token(provider.claims("ana"))).status_code == 401


def test_who_asks_too_often_is_told_when_to_come_back(provider, tmp_path):
    Repository(tmp_path / "mesh")
    lines = ["[rates]", "requests_per_second = 1", "requests_burst = 5", "refusals_per_minute = 3"]
    with Configured(configuration(tmp_path, *lines), tmp_path / "home") as server:
        server.ready()
        ana, omar = server.token("ana"), server.token("omar")
        answers = [on_rest(server, ana) for _ in range(12)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert answers[0].is_success and limited
        assert limited[0].json()["code"] == "W0806" and int(limited[0].headers["retry-after"]) >= 1
        # On Flight it is the same bucket.
        with fl.connect(server.flight) as client:
            with pytest.raises((fl.FlightError, pa.ArrowException), match="W0806"):
                for _ in range(12):
                    fetch(client, "select 1", (b"authorization", f"Bearer {ana}".encode()))
        assert on_rest(server, omar).is_success, "others are not held up"
        refusals = [on_rest(server, "nonsense").status_code for _ in range(6)]
        assert refusals[:3] == [401, 401, 401] and refusals[-1] == 429
        assert signing_in(server, "nonsense").status_code == 429
        assert on_rest(server, server.token("lena")).status_code == 429, "nothing new is looked at"
        until(lambda: on_rest(server, omar).is_success, "who was believed before goes on", longest=10)
        numbers = httpx.get(f"{server.http}/metrics").text
        assert 'weft_identity_limited_total{by="principal"}' in numbers and 'by="address"' in numbers
        assert "weft_identity_refused_total" in numbers


def test_doctor_asks_for_the_keys(provider, tmp_path):
    Repository(tmp_path / "mesh")
    config = configuration(tmp_path, *claiming(provider))
    done = command("doctor", "--config", config)
    assert "publishes 3 keys" in done.stdout + done.stderr
    with Provider() as empty:
        config = configuration(tmp_path, *claiming(empty))
        done = command("doctor", "--config", config)
        assert done.returncode != 0 and "publishes no key" in done.stdout + done.stderr
