"""The server does what its description says, whatever it is asked, and a call of each kind comes through."""

import pytest

from api_held import PRINCIPALS, held
from weft import Repository, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A mesh of its own: rows are erased and releases rolled back at random."""
    folder = tmp_path_factory.mktemp("described")
    Repository(folder / "mesh")
    with Server(folder / "mesh", folder / "home") as server:
        yield server.ready()


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_the_server_does_what_its_description_says(server, principal, tmp_path):
    code, printed = held(server, principal, "run", "--max-examples", 4, "--seed", 1, folder=tmp_path)
    assert code == 0, printed[-6000:]
    assert "Test cases:" in printed, printed[-2000:]
