"""A browser signs in with an identity provider that is a process of its own, below a base path."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from weft import Configured, Repository, configuration, free_port, until

PROVIDER = Path(sys.executable).parent / "oidc-provider-mock"


@pytest.fixture(scope="module")
def provider():
    """URL of an identity provider that signs in whoever says who they are."""
    port = free_port()
    process = subprocess.Popen(
        [PROVIDER, "--port", str(port), "--require-nonce", "true"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(f"{issuer}/.well-known/openid-configuration"), "the provider answers")
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(url):
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def catalog(provider, tmp_path_factory):
    """URL of the catalog."""
    folder = tmp_path_factory.mktemp("signing-in")
    Repository(folder / "mesh")
    (folder / "secret").write_text("of the client\n")
    lines = [
        'base_path = "/weft"', "[oidc]", 'name = "House"', f'issuer = "{provider}"', 'client_id = "weft"',
        f'client_secret = "{folder / "secret"}"', 'name_claim = "sub"',
    ]
    with Configured(configuration(folder, *lines), folder / "home") as server:
        yield server.ready().http


def back(browser, catalog, name, return_to="/p/loyalty/members"):
    """Where the provider sends a browser whose person says that they are `name`."""
    there = browser.get(f"{catalog}/auth/login", params={"return": return_to})
    assert there.status_code == 303, there.text
    assert "code_challenge_method=S256" in there.headers["location"]
    return browser.post(there.headers["location"], data={"sub": name}).headers["location"]


def test_who_the_provider_proves_is_signed_in_where_they_wanted_to_go(catalog):
    with httpx.Client() as browser:
        session = browser.get(f"{catalog}/api/v1/session").json()
        assert session["signIn"] == {"demo": [], "oidc": {"name": "House", "href": "auth/login"}}
        done = browser.get(back(browser, catalog, "dana"))
        assert (done.status_code, done.headers["location"]) == (303, "/weft/p/loyalty/members")
        assert browser.get(f"{catalog}/api/v1/session").json()["me"]["principal"] == "dana"
        assert browser.get(f"{catalog}/api/v1/products").is_success


def test_a_code_is_good_for_the_browser_that_went_and_once(catalog):
    with httpx.Client() as browser, httpx.Client() as other:
        address = back(browser, catalog, "omar")
        assert other.get(address).headers["location"] == "/weft/?sign_in=failed"
        forged = re.sub(r"state=[^&]+", "state=guessed", address)
        assert browser.get(forged).headers["location"] == "/weft/?sign_in=failed"
        assert not browser.get(f"{catalog}/api/v1/session").json()["signedIn"]
        assert browser.get(address).headers["location"] == "/weft/?sign_in=failed", "the forged answer ended it"


def test_a_name_that_the_mesh_does_not_know_is_signed_in_nowhere(catalog):
    with httpx.Client() as browser:
        assert browser.get(back(browser, catalog, "mallory")).headers["location"] == "/weft/?sign_in=failed"
        assert browser.get(f"{catalog}/api/v1/products").status_code == 401


def test_the_page_is_served_below_the_base_path(catalog):
    for path in ("/", "/p/loyalty/members"):
        page = httpx.get(f"{catalog}{path}", headers={"accept": "text/html"})
        assert page.status_code == 200 and '<base href="/weft/"' in page.text, path
        nonce = re.search(r"'nonce-(\w+)'", page.headers["content-security-policy"])[1]
        assert f'nonce="{nonce}"' in page.text and "unsafe" not in page.headers["content-security-policy"]
        script = re.search(r'src="\./(assets/[^"]+\.js)"', page.text)[1]
        asset = httpx.get(f"{catalog}/{script}", headers={"accept-encoding": "br, gzip"})
        assert asset.headers["content-encoding"] == "br" and "immutable" in asset.headers["cache-control"]
        assert httpx.get(f"{catalog}/{script}", headers={"if-none-match": asset.headers["etag"]}).status_code == 304
    outside = str(httpx.URL(catalog).join("/"))
    assert httpx.get(outside, headers={"accept": "text/html"}).status_code == 404
