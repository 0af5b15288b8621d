"""The binary under test: meshes that run as processes of their own, and commands against them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or Path.home() / ".cache" / "weft-target")
BINARY = TARGET / "release" / "weft"
# Generous: speed is measured elsewhere, this only ends what hangs.
LONGEST = 120


def command(*arguments, home=None, env=None, cwd=None, stdin=None):
    """Runs one `weft` command to its end; gives code, stdout and stderr."""
    home_arguments = ["--home", str(home)] if home else []
    return subprocess.run(
        [BINARY, *map(str, arguments), *home_arguments],
        capture_output=True, text=True, errors="replace", timeout=LONGEST, cwd=cwd,
        input=stdin, env=environment(env), **({} if stdin else {"stdin": subprocess.DEVNULL}),
    )


def environment(more=None):
    """The caller's environment without what would change how Weft behaves."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WEFT_"))}
    return kept | {"NO_COLOR": "1"} | (more or {})


def until(condition, what, longest=LONGEST, every=0.02):
    """Asks again and again until `condition()` is true, and gives what it said."""
    deadline = time.monotonic() + longest
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {longest} s: {what}"
        time.sleep(every)
    return found


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Repository:
    """A git work tree with the demo's manifests, or with other files."""

    def __init__(self, path, files=None):
        self.path = Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        if files is None:
            for name in ("products", "governance"):
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(REPOSITORY / name, self.path / name, ignore=ignored)
        else:
            for name, content in files.items():
                self.write(name, content)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("first")

    def write(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def text(self, name):
        return (self.path / name).read_text()

    def edit(self, name, old, new):
        text = self.text(name)
        assert old in text, f"{name} holds no {old!r}"
        self.write(name, text.replace(old, new, 1))

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments):
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        quiet = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.path, env=os.environ | quiet, capture_output=True, text=True, check=True, timeout=LONGEST,
        )
        return done.stdout


def begin(*arguments, cwd=None):
    """Runs `weft init`, which must succeed."""
    done = command("init", *arguments, cwd=cwd)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"


class Lines:
    """What a process writes to one stream, kept as it comes."""

    def __init__(self, stream):
        self.all = []
        self.ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream):
        for line in stream:
            with self._changed:
                self.all.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def wait(self, is_wanted, longest=LONGEST):
        """The first line that is wanted; `None` if the stream ends before there is one."""
        with self._changed:
            found = lambda: next((line for line in self.all if is_wanted(line)), None)
            met = self._changed.wait_for(lambda: found() is not None or self.ended, longest)
            assert met, "no such line in time:\n" + "\n".join(self.all)
            return found()

    def wait_at_most(self, seconds):
        """Waits for the stream's end, and no longer than that."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended, seconds)

    def count(self, at_least, is_wanted, longest=LONGEST):
        """Waits for a number of wanted lines, or for the stream's end."""
        with self._changed:
            enough = lambda: sum(map(is_wanted, self.all)) >= at_least or self.ended
            assert self._changed.wait_for(enough, longest), "too few lines:\n" + "\n".join(self.all)

    @property
    def text(self):
        return "\n".join(self.all)


class Server:
    """`weft up` as a process of its own, on free ports. `before` is a command that becomes it in the end."""

    def __init__(self, mesh, home, *arguments, env=None, before=()):
        free = ("--http", "127.0.0.1:0", "--flight", "127.0.0.1:0")
        self._run(home, [*before, BINARY, "up", str(mesh), "--home", str(home), *free, *arguments], env)

    def _run(self, home, arguments, env=None):
        self.home = Path(home)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace", env=environment(env),
        )
        self.stdout, self.stderr = Lines(self.process.stdout), Lines(self.process.stderr)
        self.seconds = None

    def ready(self):
        """Waits for the line `ready …` and learns the addresses from it."""
        line = self.stdout.wait(lambda line: line.startswith("ready "))
        assert line, f"it ended before it was ready:\n{self.stderr.text}"
        self.seconds = time.monotonic() - self.began
        address = dict(part.split("=", 1) for part in line.split()[1:])
        self.http, self.flight = address["http"], address["flight"]
        return self

    def token(self, name):
        done = command("token", name, home=self.home)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def query(self, name, sql):
        """Rows as dictionaries, through the command line."""
        done = command("query", "--as", name, sql, "--format", "json", home=self.home)
        assert done.returncode == 0, f"{sql}\n{done.stderr}"
        return json.loads(done.stdout)

    def stop(self):
        """Ends it as Ctrl-C does; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def configuration(folder, *more, mesh="mesh"):
    """The file of a mesh in that folder, on free ports, with more lines behind."""
    config = folder / "weft.toml"
    lines = [f'mesh = "{folder / mesh}"', f'home = "{folder / "home"}"', 'http = "127.0.0.1:0"', 'flight = "127.0.0.1:0"', *more]
    config.write_text("\n".join(lines) + "\n")
    return config


class Configured(Server):
    """`weft serve` with the configuration in a file."""

    def __init__(self, config, home, env=None):
        self._run(home, [BINARY, "serve", "--config", str(config)], env)
