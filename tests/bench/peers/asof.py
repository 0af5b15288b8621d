"""Joins histories to a frame as of each row's time, by one engine: answers requests as `asking.py` does.

    python asof.py duckdb|polars TABLES

A request names the `frame` and the `views`. The answer is what whoever trains a model takes: all rows of the frame, with the values
that were newest at their time, as Arrow in this process.
"""

import sys

import deltalake

import asking

VALUES = ["v1", "v2"]


class DuckDB:
    """DuckDB's newest version, over the Parquet files that the newest version of each Delta table names."""

    def __init__(self, tables):
        import duckdb

        self.version = f"duckdb {duckdb.__version__}"
        self.connection = duckdb.connect()
        self.tables = tables

    def files(self, table):
        return deltalake.DeltaTable(f"{self.tables}/{table}/rows").file_uris()

    def rows(self, wanted):
        frame, views = wanted
        shown = ", ".join(f"{view}.{value} AS {view}_{value}" for view in views for value in VALUES)
        joins = " ".join(f"ASOF LEFT JOIN read_parquet({self.files(view)}) {view} ON frame.entity = {view}.entity AND frame.at >= {view}.at"
                         for view in views)
        sql = f"SELECT frame.row, frame.entity, frame.at, {shown} FROM read_parquet({self.files(frame)}) frame {joins}"
        return self.connection.execute(sql).to_arrow_table()


class Polars(asking.Polars):
    def rows(self, wanted):
        frame, views = wanted
        polars = self.polars
        frame = polars.scan_delta(self.folders[frame]).sort("at")
        for view in views:
            history = polars.scan_delta(self.folders[view]).select("entity", "at", *VALUES).sort("at")
            history = history.rename({value: f"{view}_{value}" for value in VALUES})
            frame = frame.join_asof(history, on="at", by="entity", strategy="backward")
        return frame.collect(engine="streaming").to_arrow()


if __name__ == "__main__":
    kind, tables = sys.argv[1:]
    asking.serve({"duckdb": DuckDB, "polars": Polars}[kind](tables), lambda request: (request["frame"], request["views"]))
