"""Joins histories to a frame as of each row's time, by one engine: answers requests as `asking.py` does.

    python asof.py duckdb|polars|feast TABLES

A request names the `frame` and the `views`. The answer is what whoever trains a model takes: all rows of the frame, with the values
that were newest at their time, as Arrow in this process.
"""

import sys
import tempfile

import asking

VALUES = ["v1", "v2"]


class DuckDB:
    """DuckDB's newest version, over the Parquet files that the newest version of each Delta table names."""

    def __init__(self, tables):
        import deltalake
        import duckdb

        self.deltalake = deltalake
        self.version = f"duckdb {duckdb.__version__}"
        self.connection = duckdb.connect()
        self.tables = tables

    def files(self, table):
        return self.deltalake.DeltaTable(f"{self.tables}/{table}/rows").file_uris()

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


class Feast:
    """Feast's DuckDB store, over the same files: each table was written once, so that all that lie there are of it. It has
    the frame from Pandas, and nowhere else."""

    def __init__(self, tables):
        import feast
        import pyarrow.parquet

        self.feast, self.parquet = feast, pyarrow.parquet
        self.version = f"feast {feast.__version__}"
        self.tables = tables
        self.folder = tempfile.TemporaryDirectory()
        self.store = feast.FeatureStore(config=feast.RepoConfig(
            project="histories", provider="local", registry=f"{self.folder.name}/registry.db", offline_store={"type": "duckdb"},
            online_store=None, entity_key_serialization_version=3,
        ))

    def ready(self, wanted):
        """Its views are declared beforehand."""
        from feast.types import Float64, Int64
        from feast.value_type import ValueType

        entity = self.feast.Entity(name="entity", join_keys=["entity"], value_type=ValueType.INT64)
        schema = [self.feast.Field(name=name, dtype=kind) for name, kind in
                  (("entity", Int64), ("v1", Float64), ("v2", Int64))]
        self.store.apply([entity, *(
            self.feast.FeatureView(name=view, entities=[entity], schema=schema, source=self.feast.FileSource(
                name=f"{view}_rows", path=f"{self.tables}/{view}/rows/*.parquet", timestamp_field="at",
            )) for view in wanted[1]
        )])
        return wanted

    def rows(self, wanted):
        frame, views = wanted
        frame = self.parquet.read_table(f"{self.tables}/{frame}/rows").rename_columns(["row", "entity", "event_timestamp"])
        features = [f"{view}:{value}" for view in views for value in VALUES]
        return self.store.get_historical_features(frame.to_pandas(), features, full_feature_names=True).to_arrow()


if __name__ == "__main__":
    kind, tables = sys.argv[1:]
    asking.serve({"duckdb": DuckDB, "polars": Polars, "feast": Feast}[kind](tables), lambda request: (request["frame"], request["views"]))
