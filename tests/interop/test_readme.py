"""README's blocks, run as they stand, while `make demo` runs in a fresh clone."""

import os
import signal
import subprocess

import pytest

from console import blocks, commands, matches
from weft import BINARY, LONGEST, REPOSITORY, TARGET, Lines, environment

# These build or run for minutes; the first is what the blocks run against.
NOT_RUN = ("make demo", "make test", "make bench", "make build")
README = REPOSITORY / "README.md"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A fresh clone in which `make demo` runs: its folder and the variables of whoever types in it."""
    clone = tmp_path_factory.mktemp("clone") / "weft"
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, clone], check=True, timeout=LONGEST)
    (clone / "README.md").write_bytes((REPOSITORY / "README.md").read_bytes())
    (clone / "Makefile").write_bytes((REPOSITORY / "Makefile").read_bytes())
    path = f"{TARGET / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    variables = environment({"PATH": path, "CARGO_TARGET_DIR": str(TARGET)})
    # The binary under test is built already; a terminal's Ctrl-C reaches the whole group.
    process = subprocess.Popen(
        ["make", "demo", f"WEFT={BINARY}"], cwd=clone, env=variables, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    stdout, stderr = Lines(process.stdout), Lines(process.stderr)
    try:
        assert stdout.wait(lambda line: line.startswith("ready ")), stderr.text
        yield clone, variables
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)
        assert stderr.wait(lambda line: line.startswith("Stopping")), stderr.text
        assert not (clone / ".weft" / "server.json").exists(), "it let go of its home"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=60)


def test_readme_has_blocks_of_each_kind():
    assert {"console", "python"} <= {block.language for block in blocks(README)}


@pytest.mark.parametrize("block", blocks(README), ids=lambda block: f"line_{block.line}")
def test_block(demo, block):
    clone, variables = demo

    def run(arguments):
        return subprocess.run(
            arguments, cwd=clone, env=variables, timeout=LONGEST,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )

    if block.language == "python":
        done = run(["python3", "-c", block.text])
        assert done.returncode == 0, done.stdout
    elif block.language == "sql":
        done = run(["./weft", "query", "--as", "ana", block.text])
        assert done.returncode == 0, done.stdout
    else:
        for command, expected in commands(block.text):
            if command.startswith(NOT_RUN):
                continue
            done = run(["bash", "-c", command])
            assert done.returncode == 0, f"{command}\n{done.stdout}"
            missing = [line for line in expected if not matches(line, done.stdout)]
            assert not missing, f"{command}\n{done.stdout}\nlacks {missing}"
