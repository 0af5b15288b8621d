"""Writes a frame and histories of generated values as Parquet files.

    python histories.py FOLDER

Rows lie in no order. Times are whole seconds of a year, so that some are equal.
"""

import sys
from pathlib import Path

import polars

YEAR = 365 * 86_400
SECOND = 1_000_000


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    frame(1_000_000, 100_000, seed=1).write_parquet(folder / "frame.parquet")
    for n in range(3):
        history(10_000_000, 100_000, seed=10 + n).write_parquet(folder / f"view{n}.parquet", row_group_size=1_000_000)
    frame(1_000_000, 50_000, seed=2).write_parquet(folder / "frame50.parquet")
    history(5_000_000, 50_000, seed=20).write_parquet(folder / "view50.parquet", row_group_size=1_000_000)


def frame(rows, entities, seed):
    return moments(rows, entities, seed).select(polars.int_range(rows).alias("row"), "entity", "at")


def history(rows, entities, seed):
    late = polars.duration(seconds=polars.int_range(rows).hash(seed + 3) % 86_400)
    return moments(rows, entities, seed).select(
        "entity", "at", (polars.col("at") + late).alias("created"),
        (polars.int_range(rows).hash(seed + 4) % 1_000_000 / 1_000).alias("v1"),
        (polars.int_range(rows).hash(seed + 5) % 1_000_000).cast(polars.Int64).alias("v2"),
    )


def moments(rows, entities, seed):
    at = polars.int_range(rows).hash(seed) % YEAR * SECOND
    entity = (polars.int_range(rows).hash(seed + 1) % entities).cast(polars.Int64).alias("entity")
    return polars.select(entity, at.cast(polars.Datetime("us", "UTC")).alias("at"))


if __name__ == "__main__":
    main()
