"""Other people's engines, each reading a stored table by itself: rows and sums."""

import duckdb
import polars
import pyarrow.compute as compute
from deltalake import DeltaTable

from figures import Figures


def by_deltalake(url, sums, options):
    table = DeltaTable(url, storage_options=options).to_pyarrow_table(columns=list(sums) or None)
    return Figures(table.num_rows, {column: int(compute.sum(table[column]).as_py()) for column in sums})


def by_polars(url, sums, options):
    frame = polars.scan_delta(url, storage_options=options)
    wanted = [polars.len().alias("rows"), *(polars.col(column).cast(polars.Int64).sum() for column in sums)]
    row = frame.select(wanted).collect().row(0, named=True)
    return Figures(row["rows"], {column: row[column] for column in sums})


def by_duckdb(url, sums, options):
    # Its own Delta reader is an extension that is downloaded, so it reads the files that the log names.
    files = DeltaTable(url, storage_options=options).to_pyarrow_dataset()
    connection = duckdb.connect()
    connection.register("files", files)
    wanted = ", ".join(["count(*)", *(f"sum({column})::bigint" for column in sums)])
    rows, *totals = connection.execute(f"select {wanted} from files").fetchone()
    return Figures(rows, dict(zip(sums, totals)))


READERS = {"deltalake": by_deltalake, "polars": by_polars, "duckdb": by_duckdb}
