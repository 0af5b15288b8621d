"""Holds a running server against its own description: every check of Schemathesis, over requests that it makes up.

`python tests/interop/api_held.py --minutes 15` does so for as long over a mesh of its own; the suite does it once, briefly.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from weft import Repository, Server

HERE = Path(__file__).resolve().parent
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"

# A stream has no end to wait for.
ENDLESS = "/api/v1/events"


def held(server, principal, *arguments, folder):
    """Runs Schemathesis as `principal`; gives its exit code and what it printed."""
    command = [
        SCHEMATHESIS, "--no-color", "--config-file", HERE / "schemathesis.toml", *arguments, f"{server.http}/openapi.json",
        "--header", f"Authorization: Bearer {server.token(principal)}", "--checks", "all", "--exclude-path", ENDLESS,
        "--warnings", "off",
    ]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    return done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Repository(folder / "mesh")
        with Server(folder / "mesh", folder / "home") as server:
            server.ready()
            code, printed = held(server, "omar", "fuzz", "--max-time", int(minutes * 60), folder=folder)
    print(printed)
    return code


if __name__ == "__main__":
    sys.exit(main())
