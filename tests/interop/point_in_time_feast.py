"""What Feast's DuckDB store answers, in an environment of its own: pins of Feast's are not those of other clients.

    python point_in_time_feast.py FOLDER

FOLDER holds `asked.json`, a list of what is asked: a `name`, the files of the `frame` and of the `history`, the number of
the `shape` in the frame, the `keys`, the time to live in microseconds as `ttl` if there is one, whether it is told when a
row was `created`, whether rows count only `by_knowledge`, and which columns are `shown`. Each answer is written to
`NAME.parquet` there: the number of the row in the frame, and what is joined to it.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

import pandas
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.type_map import pa_to_feast_value_type
from feast.types import from_value_type
from feast.value_type import ValueType

# Names that Feast shows a row's own times by: those of its source are no features.
SHOWN = {"at": "seen_at", "created": "seen_created"}


def main(folder):
    asked = json.loads((folder / "asked.json").read_text())
    store = FeatureStore(config=RepoConfig(
        project="cases", provider="local", registry=str(folder / "registry.db"), offline_store={"type": "duckdb"},
        online_store=None, entity_key_serialization_version=3,
    ))
    for history in {one["history"] for one in asked}:
        table = pq.read_table(folder / history)
        for name, shown in SHOWN.items():
            table = table.append_column(shown, table[name])
        pq.write_table(table, folder / f"feast_{history}")
    views = {one["name"]: view(folder, one) for one in asked}
    entities = {entity.name: entity for _, of_view in views.values() for entity in of_view}
    store.apply([*entities.values(), *(view for view, _ in views.values())])
    for one in asked:
        pq.write_table(answer(folder, store, one), folder / f"{one['name']}.parquet")


def view(folder, one):
    schema = pq.read_schema(folder / f"feast_{one['history']}")
    # Feast has no days.
    kinds = {field.name: ValueType.UNIX_TIMESTAMP if pa.types.is_date(field.type) else pa_to_feast_value_type(str(field.type))
             for field in schema}
    entities = [Entity(name=key, join_keys=[key], value_type=kinds[key]) for key in one["keys"]]
    source = FileSource(
        name=f"source_{one['name']}", path=str(folder / f"feast_{one['history']}"), timestamp_field="at",
        created_timestamp_column="created" if one["created"] else None,
    )
    ttl = None if one["ttl"] is None else timedelta(microseconds=one["ttl"])
    fields = [Field(name=name, dtype=from_value_type(kind)) for name, kind in kinds.items() if name not in SHOWN]
    return FeatureView(name=one["name"], entities=entities, ttl=ttl, schema=fields, source=source), entities


def answer(folder, store, one):
    frame = pq.read_table(folder / one["frame"], filters=pc.field("shape") == one["shape"])
    frame = frame.select(["row_no", *one["keys"], "at"]).rename_columns(["row_no", *one["keys"], "event_timestamp"])
    entities = frame.to_pandas(types_mapper=lambda kind: None if pa.types.is_timestamp(kind) else pandas.ArrowDtype(kind))
    told = {"filter_by_created_timestamp": True} if one["by_knowledge"] else {}
    shown = [SHOWN.get(name, name) for name in one["shown"]]
    rows = store.get_historical_features(entities, [f"{one['name']}:{value}" for value in shown], **told)
    return rows.to_arrow().select(["row_no", *shown])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
