"""Shards as a dataset of Ray, one read task for each.

>>> dataset = weft.ray.dataset(mesh.stream(sql, endpoints=64).carrying_token())
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa
import ray.data
from ray.data.block import BlockMetadata
from ray.data.datasource import Datasource, ReadTask

from ._shards import Shard, Shards


def dataset(shards: Shards, **options: Any) -> ray.data.Dataset:
    """A dataset that reads each shard in a task of its own, which Ray runs where it likes and again if it is lost.

    Tasks take the token from `WEFT_TOKEN` of the machine that they run on, unless the shards are
    :meth:`~weft.Shards.carrying_token`. Tickets are renewed by whoever reads them: a dataset that is read long after it
    was made needs shards that are renewed meanwhile, or new ones.

    Args:
        shards: What :meth:`weft.Connection.stream` or :meth:`weft.Connection.features` gave.
        options: Those of `ray.data.read_datasource`, such as `concurrency`.
    """
    return ray.data.read_datasource(_Shards(shards), override_num_blocks=len(shards), **options)


class _Shards(Datasource):
    def __init__(self, shards: Shards) -> None:
        super().__init__()
        self._shards = shards

    def get_name(self) -> str:
        return "Weft"

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(
        self, parallelism: int, per_task_row_limit: int | None = None, data_context: Any = None
    ) -> list[ReadTask]:
        nothing_known = BlockMetadata(num_rows=None, size_bytes=None, exec_stats=None, input_files=None)
        return [
            ReadTask(
                partial(_tables, shard), nothing_known, schema=shard.schema, per_task_row_limit=per_task_row_limit
            )
            for shard in self._shards
        ]


def _tables(shard: Shard) -> Iterator[pa.Table]:
    is_empty = True
    for batch in shard.read():
        is_empty = False
        yield pa.Table.from_batches([batch])
    if is_empty:
        yield shard.schema.empty_table()
