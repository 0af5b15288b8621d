"""The servers that are measured, each a process of its own on a free port of this machine."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from processes import Asker
from tables import NAMES


class NotReady(Exception):
    """A server did not start."""


class Weft:
    """Weft over a mesh, and what whoever asks it needs; `home` is kept from one start to the next. With `tls`, files of
    a certificate and its key, its doors speak TLS. What is `told` goes into its configuration."""

    names = "b.{}.rows"

    def __init__(self, binary, mesh, home, tls=None, **told):
        self.binary, self.home = binary, home
        told = {"mesh": mesh, "home": home, "http": "127.0.0.1:0", "flight": "127.0.0.1:0"} | told
        lines = [f'{key} = "{value}"' for key, value in told.items()]
        if tls:
            lines += ["[tls]", f'certificate = "{tls[0]}"', f'key = "{tls[1]}"']
        configuration = Path(f"{home}.toml")
        configuration.write_text("\n".join(lines) + "\n")
        with open(f"{home}.log", "w") as notes:
            self.process = subprocess.Popen([binary, "serve", "--config", configuration], stdout=subprocess.PIPE,
                                            stderr=notes, text=True)
        ready = re.match(r"ready http=(\S+) flight=(\S+)", self.process.stdout.readline())
        if not ready:
            self.stop()
            raise NotReady(f"weft did not start; see {notes.name}")
        self.address, self.pid = ready[2], self.process.pid
        self.token = self.token_of("reader")
        self.version = subprocess.run([binary, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()

    def token_of(self, user):
        command = [self.binary, "token", user, "--home", self.home]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def asker(self):
        return Asker(sys.executable, "flight", self.address, self.pid, self.names, self.token)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Sail:
    """Sail's server of Flight SQL, over the Delta tables `<tables>/<name>/rows`."""

    names = "{}"
    token = ""

    def __init__(self, tables):
        port = free_port()
        sail = Path(sys.executable).parent / "sail"
        self.process = subprocess.Popen([sail, "flight", "server", "--port", str(port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.address, self.pid = f"grpc://127.0.0.1:{port}", self.process.pid
        wait_for(port)
        self.version = f"pysail {version_of('pysail')}"
        with self.asker() as asker:
            for name in NAMES:
                asker.ask(sql=f"CREATE TABLE {name} USING delta LOCATION '{tables}/{name}/rows'")

    asker = Weft.asker

    def stop(self):
        # It takes no hint to end.
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def version_of(package):
    from importlib.metadata import version

    return version(package)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)


def emptied(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder
