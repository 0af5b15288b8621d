"""What public tools take for what Weft does: one request a line on stdin, its seconds on stdout.

    python writing.py FOLDER

`FOLDER` holds the tables of TPC-H at scale factor 1, as Parquet files and as Delta tables; they are made there first
if they are not. Each request does its work once; preparations that are not measured are done beforehand.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_flightsql import dbapi
from deltalake import DeltaTable, write_deltalake

TABLES = ["lineitem", "orders", "customer", "supplier", "nation"]
WIDE = (
    "SELECT l.*, o.o_custkey, o.o_orderdate, o.o_orderpriority, s.s_name FROM lineitem l "
    "JOIN orders o ON o.o_orderkey = l.l_orderkey JOIN supplier s ON s.s_suppkey = l.l_suppkey"
)
AGGREGATE = (
    "SELECT c.c_custkey, n.n_name, year(o.o_orderdate) AS o_year, count(*) AS lines, sum(l.l_extendedprice) AS price "
    "FROM lineitem l JOIN orders o ON o.o_orderkey = l.l_orderkey JOIN customer c ON c.c_custkey = o.o_custkey "
    "JOIN nation n ON n.n_nationkey = c.c_nationkey WHERE l.l_returnflag <> 'A' GROUP BY 1, 2, 3"
)
CHANGES = 60_000
PORT = 32110


def main():
    folder = Path(sys.argv[1])
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    prepare()
    peers = Peers()
    print("ready", flush=True)
    try:
        for line in sys.stdin:
            print(peers.seconds(line.strip()), flush=True)
    finally:
        peers.stop()


def prepare():
    """The tables, and the changes to be merged; once."""
    if Path("prepared").exists():
        return
    tpchgen = Path(sys.executable).parent / "tpchgen-cli"
    subprocess.run([tpchgen, "parquet", "-s", "1", f"--tables={','.join(TABLES)}", "--output-dir=tpch"], check=True,
                   stdout=sys.stderr)
    for name in TABLES:
        write_deltalake(f"delta/{name}", plain(pq.read_table(f"tpch/{name}.parquet")), mode="overwrite")
    lines = plain(pq.read_table("tpch/lineitem.parquet"))
    shuffled = lines.sort_by("l_shipdate")
    pq.write_table(shuffled, "by_day.parquet", row_group_size=262_144)
    for n in range(8):
        pq.write_table(changes(lines, clustered(lines), n), f"clustered{n}.parquet")
        pq.write_table(changes(lines, spread(lines), n), f"spread{n}.parquet")
        late = shuffled.slice(2_000_000 + n * 300_000, CHANGES)
        pq.write_table(changes(late, None, n), f"late{n}.parquet")
    Path("prepared").touch()


def plain(table):
    """Without text in view form, which not all of these tools read."""
    fields = [
        field.with_type(pa.string()) if str(field.type) in ("string_view", "large_string") else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields)).replace_schema_metadata(None)


def clustered(lines):
    return pa.array(range(3_000_000, 3_000_000 + CHANGES))


def spread(lines):
    return pa.array(range(0, lines.num_rows, lines.num_rows // CHANGES)[:CHANGES])


def changes(lines, places, n):
    """Rows of `lines` at `places` (all of them if there are none), with another quantity."""
    rows = lines if places is None else lines.take(places)
    quantity = pa.array([Decimal(n + 1)] * rows.num_rows, pa.decimal128(15, 2))
    return rows.set_column(rows.schema.get_field_index("l_quantity"), lines.schema.field("l_quantity"), quantity)


class Peers:
    def __init__(self):
        self.rounds = 0
        self.sail = None
        self.duckdb = duckdb.connect()
        for name in TABLES:
            files = [str(uri) for uri in DeltaTable(f"delta/{name}").file_uris()]
            self.duckdb.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({files!r})")
        self.appended = 0

    def stop(self):
        if self.sail:
            self.sail.kill()

    def seconds(self, what):
        self.rounds += 1
        prepare = getattr(self, f"prepare_{what}", lambda: None)
        prepare()
        began = time.perf_counter()
        getattr(self, what)()
        return time.perf_counter() - began

    def prepare_wide(self):
        shutil.rmtree("out/wide", ignore_errors=True)
        if self.sail:
            return
        command = [Path(sys.executable).parent / "sail", "flight", "server", "--port", str(PORT)]
        self.sail = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        self.connection = dbapi.connect(f"grpc://127.0.0.1:{PORT}", autocommit=True)
        for name in ("lineitem", "orders", "supplier"):
            self.ask(f"CREATE TABLE {name} USING delta LOCATION '{Path.cwd()}/delta/{name}'")

    def ask(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()

    def wide(self):
        self.ask(f"CREATE TABLE wide{self.rounds} USING delta LOCATION '{Path.cwd()}/out/wide' AS {WIDE}")

    def aggregate(self):
        write_deltalake("out/aggregate", self.duckdb.sql(AGGREGATE).to_arrow_table(), mode="overwrite")

    def prepare_merge(self):
        if not Path("out/merge/_delta_log").exists():
            write_deltalake("out/merge", plain(pq.read_table("tpch/lineitem.parquet")), mode="overwrite",
                            target_file_size=64 << 20)

    def merge(self, file):
        (
            DeltaTable("out/merge")
            .merge(pq.read_table(file), "t.l_orderkey = s.l_orderkey AND t.l_linenumber = s.l_linenumber", "s", "t")
            .when_matched_update_all().when_not_matched_insert_all().execute()
        )

    prepare_clustered = prepare_spread = prepare_merge

    def clustered(self):
        self.merge(f"clustered{self.rounds % 8}.parquet")

    def spread(self):
        self.merge(f"spread{self.rounds % 8}.parquet")

    def prepare_append(self):
        """250 commits, none of which sums the log up."""
        if self.appended == 0:
            shutil.rmtree("out/append", ignore_errors=True)
        while self.appended < 250:
            self.append_once()

    def append(self):
        for _ in range(10):
            self.append_once()

    def append_once(self):
        rows = pa.table({"id": pa.array(range(self.appended * 1000, self.appended * 1000 + 1000)),
                         "amount": pa.array([1.5] * 1000), "name": pa.array(["a name"] * 1000)})
        write_deltalake("out/append", rows, mode="append", configuration={"delta.checkpointInterval": "100000"}
                        if self.appended == 0 else None)
        self.appended += 1


if __name__ == "__main__":
    main()
