"""One demo mesh for all suites that only read; suites that change something start their own."""

import pytest

from weft import BINARY, Repository, Server


def pytest_sessionstart(session):
    if not BINARY.is_file():
        pytest.exit(f"there is no binary at {BINARY}: run `make build` first", returncode=3)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The demo mesh, served. Nobody may change its manifests."""
    folder = tmp_path_factory.mktemp("demo")
    Repository(folder / "mesh")
    with Server(folder / "mesh", folder / "home") as server:
        yield server.ready()
