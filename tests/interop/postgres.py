"""A Postgres server on this machine, of a folder of its own."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from weft import free_port, until

USER = "weft"


def programs():
    """Where Debian puts what starts a server."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda folder: float(folder.parent.name))


def own(folder):
    """Postgres refuses to run as root, so root lends it a user that can reach the folder."""
    if os.geteuid() != 0:
        return []
    for above in [folder, *folder.parents]:
        if above != Path("/") and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
    shutil.chown(folder, "postgres")
    return ["runuser", "-u", "postgres", "--"]


class Database:
    def __init__(self, folder, port, password):
        self.folder, self.port, self.password = folder, port, password
        self.process = None

    @property
    def url(self):
        return f"postgres://{USER}@127.0.0.1:{self.port}/postgres"

    def start(self):
        log = open(self.folder / "log", "ab")
        flags = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}", "-p", str(self.port)]
        # Without waiting for the disk: what is killed here are the clients.
        flags += ["-c", "fsync=off", "-c", "shared_buffers=16MB"]
        self.process = subprocess.Popen(
            [*own(self.folder), str(programs() / "postgres"), "-D", str(self.folder / "data"), *flags],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )
        is_ready = [str(programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        until(lambda: subprocess.run(is_ready).returncode == 0 or self.process.poll() is not None, "Postgres answers")
        assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            stop = [str(programs() / "pg_ctl"), "stop", "-D", str(self.folder / "data"), "-m", "immediate", "-w"]
            subprocess.run([*own(self.folder), *stop], check=True, stdout=subprocess.DEVNULL)
            self.process.wait(timeout=60)

    def ask(self, sql):
        """Rows as lists of texts."""
        done = subprocess.run(
            [programs() / "psql", "-At", "-F", "\t", "-c", sql, self.url],
            capture_output=True, text=True, env=os.environ | {"PGPASSWORD": self.password}, timeout=60, check=True,
        )
        return [line.split("\t") for line in done.stdout.splitlines()]


@contextmanager
def served(folder, password="not-told-to-anybody"):
    """A server that asks for a password, from when it answers until the block ends."""
    folder.mkdir()
    (folder / "password").write_text(password)
    (folder / "password").chmod(0o644)
    init = [str(programs() / "initdb"), "-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256"]
    init += ["--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8", "--pwfile", str(folder / "password")]
    subprocess.run([*own(folder), *init], check=True, stdout=subprocess.DEVNULL)
    (folder / "log").touch()
    database = Database(folder, free_port(), password)
    try:
        yield database.start()
    finally:
        database.stop()
