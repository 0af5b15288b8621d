"""Holds a running server against its own description: every check of Schemathesis, over requests that it makes up.

`python tests/interop/api_held.py --minutes 15` does so for as long over a mesh of its own; the suite does it once, briefly.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from weft import Repository, Server

HERE = Path(__file__).resolve().parent
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"

# One sees the rules and runs of the whole mesh, one owns domains, one has no rights.
PRINCIPALS = ["greta", "omar", "nobody"]

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
            return hold(server, time.monotonic() + minutes * 60, folder)


def hold(server, until, folder):
    """Round after round, each with requests of its own and as another person; gives the exit code of the first that fails."""
    for seed in itertools.count(1):
        principal = PRINCIPALS[seed % len(PRINCIPALS)]
        code, printed = held(server, principal, "run", "--max-examples", 20, "--seed", seed, folder=folder)
        print(f"round {seed}, as {principal}: {printed.strip().splitlines()[-1]}", flush=True)
        if code != 0:
            print(printed)
        if code != 0 or time.monotonic() > until:
            return code


if __name__ == "__main__":
    sys.exit(main())
