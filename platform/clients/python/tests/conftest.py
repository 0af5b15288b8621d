"""A server that fails when told to, and the demo mesh, served by the binary that was built."""

import importlib.util
from functools import partial
from pathlib import Path

import pytest

import weft
from fake import Mesh, Quick

TOKEN = "ana's token"
INTEROP = Path(__file__).parents[4] / "tests" / "interop"


@pytest.fixture
def mesh():
    """A server that can be told to fail."""
    with Mesh(TOKEN) as mesh:
        yield mesh


@pytest.fixture
def connection(mesh):
    with weft.connect(mesh.uri, token=TOKEN, retry=Quick()) as connection:
        yield connection


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The demo mesh, served. What starts the binary is called as the client is, and so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("binary", INTEROP / "weft.py")
    binary = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(binary)
    folder = tmp_path_factory.mktemp("demo")
    binary.Repository(folder / "mesh")
    with binary.Server(folder / "mesh", folder / "home") as server:
        server.command = partial(binary.command, home=folder / "home")
        yield server.ready()
