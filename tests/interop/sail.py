"""Sail, which reads and writes Delta tables by code of its own: Spark's SQL through its server of Flight SQL."""

import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import adbc_driver_flightsql.dbapi as flight_sql

from weft import environment, free_port, until


class Sail:
    def __init__(self, connection):
        self._connection = connection
        self._named = 0

    def ask(self, sql):
        """The rows of a statement, as a table of Arrow's."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    def make(self, folder, columns, *statements, partitioned=None, **properties):
        """A table in `folder`; `{t}` in the statements stands for it. Properties are Delta's, with `_` for `.`."""
        name = self._name()
        partitioned = f"PARTITIONED BY ({partitioned})" if partitioned else ""
        given = ", ".join(f"'delta.{key.replace('_', '.')}' = '{value}'" for key, value in properties.items())
        properties = f"TBLPROPERTIES ({given})" if given else ""
        self.ask(f"CREATE TABLE {name} ({columns}) USING delta {partitioned} LOCATION '{folder}' {properties}")
        for statement in statements:
            self.ask(statement.replace("{t}", name))

    def read(self, folder):
        """All rows of the table in `folder`."""
        name = self._name()
        self.ask(f"CREATE TABLE {name} USING delta LOCATION '{folder}'")
        return self.ask(f"SELECT * FROM {name}")

    def _name(self):
        self._named += 1
        return f"t{self._named}"


@contextmanager
def sail(log):
    """A server of its own, from when it answers until the block ends."""
    port, command = free_port(), Path(sys.executable).parent / "sail"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [str(command), "flight", "server", "--port", str(port)],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment(),
        )
        try:
            until(lambda: process.poll() is not None or _answers(port), "Sail answers")
            assert process.poll() is None, Path(log).read_text(errors="replace")
            with flight_sql.connect(f"grpc://127.0.0.1:{port}", autocommit=True) as connection:
                yield Sail(connection)
        finally:
            # It takes no hint to end.
            process.kill()
            process.wait(timeout=30)


def _answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
