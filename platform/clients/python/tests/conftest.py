"""A server that fails when told to, and the demo mesh, served by the binary that was built."""

import importlib.util
from contextlib import contextmanager
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
def demo_with(tmp_path_factory):
    """Serves the demo mesh, changed by a function. What starts the binary is called as the client is: it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("binary", INTEROP / "weft.py")
    binary = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(binary)

    @contextmanager
    def serve(edit=None):
        folder = tmp_path_factory.mktemp("demo")
        repository = binary.Repository(folder / "mesh")
        if edit:
            edit(repository)
            repository.commit("changed")
        with binary.Server(folder / "mesh", folder / "home") as server:
            server.command = partial(binary.command, home=folder / "home")
            yield server.ready()

    return serve


@pytest.fixture(scope="session")
def served(demo_with):
    """The demo mesh, served."""
    with demo_with() as server:
        yield server


VIEW = """      - property: featureView
        vendor: weft
        value: {entity: [origin], eventTime: time_hour, ttl: 3 h, features: [temp, wind_speed]}
"""


@pytest.fixture(scope="session")
def weather(demo_with):
    """The demo, whose weather is a feature view of these features."""
    def edit(repository):
        manifest, anchor = "products/weather/observations/product.odps.yaml", "      - property: transform\n"
        repository.edit(manifest, anchor, VIEW + anchor)

    with demo_with(edit) as server:
        yield server
