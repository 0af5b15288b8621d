"""Shards as an iterable dataset of Hugging Face.

>>> dataset = weft.huggingface.dataset(mesh.stream(sql, endpoints=16))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import datasets

from ._shards import Shard, Shards


def dataset(shards: Shards) -> datasets.IterableDataset:
    """A dataset of as many shards, one row at a time; its workers and nodes share the shards among themselves.

    Workers that are spawned take the token from `WEFT_TOKEN`, unless the shards are
    :meth:`~weft.Shards.carrying_token`.

    Args:
        shards: What :meth:`weft.Connection.stream` or :meth:`weft.Connection.features` gave.
    """
    features = datasets.Features.from_arrow_schema(shards.schema)
    return datasets.IterableDataset.from_generator(_rows, features=features, gen_kwargs={"shards": list(shards)})


def _rows(shards: Sequence[Shard]) -> Iterator[dict[str, Any]]:
    for shard in shards:
        for batch in shard.read():
            yield from batch.to_pylist()
