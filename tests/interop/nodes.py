"""Nodes of one mesh: processes on one Postgres catalog and one bucket."""

import shutil
import signal
from pathlib import Path

from weft import Configured, configuration


class Node:
    """One of them, which can be killed, stopped for a while and started again."""

    def __init__(self, place, name, database, warehouse, mesh, keys=None):
        self.name, self.warehouse, self.is_paused = name, warehouse, False
        self.folder = Path(place) / name
        self.home = self.folder / "home"
        self.home.mkdir(parents=True)
        password = self.folder / "password"
        password.write_text(database.password)
        if keys:
            shutil.copytree(keys, self.home / "keys")
        # By which the others know it.
        self.url = f"http://{name}.example.org"
        more = [f'public_url = "{self.url}"', f'catalog = "{database.url}"', f'catalog_password = "{password}"', f'warehouse = "{warehouse.url}"']
        self.config = configuration(self.folder, *more, mesh=str(mesh))
        self.server = None

    def start(self):
        self.server = Configured(self.config, self.home, env=self.warehouse.variables)
        return self

    def ready(self):
        self.server.ready()
        return self

    def kill(self):
        self.resume()
        self.server.kill()

    def pause(self):
        self.server.process.send_signal(signal.SIGSTOP)
        self.is_paused = True

    def resume(self):
        if self.is_paused:
            self.server.process.send_signal(signal.SIGCONT)
            self.is_paused = False

    def end(self):
        if self.server:
            self.resume()
            self.server.stop()

    def log(self):
        return (self.home / "logs" / "weft.log").read_text()


def leader(database, nodes):
    """The node that holds the lease, or `None`."""
    rows = database.ask("select holder from leases where until_ms > extract(epoch from clock_timestamp()) * 1000")
    return next((node for node in nodes if rows and rows[0][0].startswith(f"{node.url} ")), None)
