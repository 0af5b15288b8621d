"""Asks one engine, one request a line on stdin, and answers each with a line on stdout. Both are JSON.

    python asking.py duckdb TABLES [SETTING=VALUE…]
    python asking.py polars TABLES
    python asking.py flight ADDRESS PID NAMES [TOKEN]
    python asking.py stream ADDRESS PID NAMES [TOKEN [CERTIFICATE]]

`TABLES` is the folder of Delta tables `<name>/rows`; `PID` the process that serves, whose processor time counts as
well; `NAMES` how a table is called there, such as `b.{}.rows`. The first line tells the engine's version. A request
names a `query` of TPC-H, or gives `sql` of its own; it is answered with the seconds that passed and the seconds of
processor time until the rows were there as Arrow, how many rows and bytes these are, and with `digest` a digest of
them, or with what the engine said if it `failed`. With `keep` the rows are written to that file. `stream` measures
one DoGet alone, and keeps no row.
"""

import glob
import json
import os
import sys
import time
from pathlib import Path

import pyarrow as pa

import answers
from processes import cpu_seconds
from tables import HISTORIES, NAMES

ALL = [*NAMES, *HISTORIES]

QUERIES = Path(__file__).resolve().parent.parent / "queries"


class DuckDB:
    """DuckDB over Delta tables, by its `delta_scan`; each query looks for the newest version."""

    def __init__(self, tables, *settings):
        import duckdb
        import duckdb_extension_delta

        self.version = f"duckdb {duckdb.__version__}"
        self.connection = duckdb.connect(config=dict(setting.split("=", 1) for setting in settings))
        packed = Path(duckdb_extension_delta.__file__).parent
        extension = glob.glob(f"{packed}/extensions/**/*.duckdb_extension", recursive=True)
        self.connection.execute(f"LOAD '{extension[0]}'")
        self.tables = {name: f"delta_scan('{tables}/{name}/rows')" for name in ALL}

    def rows(self, sql):
        return self.connection.execute(sql.format_map(self.tables)).to_arrow_table()


class Polars:
    """Polars' SQL over Delta tables; each query looks for the newest version."""

    def __init__(self, tables):
        import polars

        self.polars = polars
        self.version = f"polars {polars.__version__}"
        self.folders = {name: f"{tables}/{name}/rows" for name in ALL}

    def rows(self, sql):
        used = [name for name in ALL if f"{{{name}}}" in sql]
        frames = {name: self.polars.scan_delta(self.folders[name]) for name in used}
        sql = sql.format_map({name: name for name in used})
        with self.polars.SQLContext(frames) as context:
            return context.execute(sql).collect(engine="streaming").to_arrow()


class Flight:
    """A server of Flight SQL, asked by ADBC."""

    def __init__(self, address, pid, names, token=None):
        import adbc_driver_flightsql
        from adbc_driver_flightsql import DatabaseOptions, dbapi

        self.version = f"adbc-driver-flightsql {adbc_driver_flightsql.__version__}"
        self.server = int(pid)
        options = {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {token}"} if token else {}
        self.connection = dbapi.connect(address, db_kwargs=options, autocommit=True)
        self.tables = {name: names.format(name) for name in ALL}

    def rows(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql.format_map(self.tables))
            return cursor.fetch_arrow_table()


class Stream:
    """A server of Flight, asked by the plain client of Arrow's C++ library; without names, one that is not of SQL."""

    def __init__(self, address, pid, names, token="", certificate=None):
        from pyarrow import flight

        self.flight = flight
        self.version = f"pyarrow {pa.__version__}"
        self.server = int(pid)
        trusted = {"tls_root_certs": Path(certificate).read_bytes()} if certificate else {}
        self.client = flight.FlightClient(address, **trusted)
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        self.options = flight.FlightCallOptions(headers=headers)
        self.tables = {name: names.format(name) for name in ALL}

    def ready(self, sql):
        """The ticket of a statement: the message CommandStatementQuery of Flight SQL, within an Any."""
        sql = sql.format_map(self.tables)
        if sql in ALL:
            return self.flight.Ticket(sql.encode())
        url = b"type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"
        command = field(1, url) + field(2, field(1, sql.encode()))
        described = self.flight.FlightDescriptor.for_command(command)
        return self.client.get_flight_info(described, self.options).endpoints[0].ticket

    def rows(self, ticket):
        counted = Counted()
        for chunk in self.client.do_get(ticket, self.options):
            counted.num_rows += chunk.data.num_rows
            counted.nbytes += chunk.data.nbytes
        return counted


class Counted:
    num_rows = nbytes = 0


def field(number, content):
    """A field of a protocol buffer: bytes of less than 16 KiB."""
    size = len(content)
    return bytes([number << 3 | 2, *([size] if size < 128 else [size & 127 | 128, size >> 7])]) + content


def main():
    kind, *arguments = sys.argv[1:]
    serve({"duckdb": DuckDB, "polars": Polars, "flight": Flight, "stream": Stream}[kind](*arguments), text_of)


def text_of(request):
    return request.get("sql") or (QUERIES / f"{request['query']}.sql").read_text()


def serve(engine, wanted):
    """Lets `engine` answer requests, of each what `wanted` takes out of it."""
    processes = [os.getpid(), *([engine.server] if hasattr(engine, "server") else [])]
    tell(version=engine.version)
    for line in sys.stdin:
        request = json.loads(line)
        sql = wanted(request)
        if hasattr(engine, "ready"):
            sql = engine.ready(sql)
        before, began = sum(map(cpu_seconds, processes)), time.perf_counter()
        try:
            rows = engine.rows(sql)
        except Exception as failure:
            tell(failed=str(failure))
            continue
        wall, cpu = time.perf_counter() - began, sum(map(cpu_seconds, processes)) - before
        if "keep" in request:
            with pa.ipc.new_file(request["keep"], rows.schema) as file:
                file.write_table(rows)
        tell(wall=wall, cpu=cpu, rows=rows.num_rows, bytes=rows.nbytes,
             digest=answers.digest(rows) if request.get("digest") else "")


def tell(**answer):
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
