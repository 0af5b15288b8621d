"""Shards for training with PyTorch.

>>> dataset = weft.torch.Dataset(mesh.stream(sql, endpoints=16), batch_size=1024)
>>> loader = torch.utils.data.DataLoader(dataset, batch_size=None, num_workers=4)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import torch
import torch.distributed
import torch.utils.data

from ._shards import Shards

Batch = dict[str, Any]
"""Columns by name: a tensor of numbers each, or a list of what no tensor holds."""

# What PyTorch has no type for, and a type that holds the same.
_WIDER = {pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.int64()}


class Dataset(torch.utils.data.IterableDataset):
    """Batches of tensors out of shards, each shard read by exactly one worker of one rank.

    Worker `w` of `W` on rank `r` of `R` reads the shards `r * W + w`, then each `R * W`-th. So there should be as many
    shards as workers at least, and better several times as many; a worker without one brings nothing, and says so. Each
    time that it is iterated over it brings all rows again, in the same order.

    Numbers and truth values become tensors of their type, without copying where memory allows; unsigned ones of 16 bits
    and more become signed ones that hold them, decimals become `float64`. Dates, times and durations become whole numbers
    in the unit of their type. Lists of one length become matrices. Anything else, text above all, is a Python list.

    Workers may be forked, also after the mesh was asked: such a worker reads through a process of its own. Where workers
    are spawned they take the token from `WEFT_TOKEN`, unless the shards are :meth:`~weft.Shards.carrying_token`.

    Args:
        shards: What :meth:`weft.Connection.stream` or :meth:`weft.Connection.features` gave.
        columns: Those to give out; all, if not said. Better not to ask for the others at all.
        batch_size: Rows of a batch, the last of a worker's excepted. Without it, batches are as they come.
        drop_last: Leaves out a last batch that is smaller.
        rows: Gives single rows instead, for a `DataLoader` that makes the batches itself.
        fill: What stands for NULL, by column. Without it NULL becomes NaN where that exists, and is an error elsewhere.
        rank, world_size: This process among those that train together; what `torch.distributed` says, if not said.
    """

    def __init__(
        self,
        shards: Shards,
        *,
        columns: Sequence[str] | None = None,
        batch_size: int | None = None,
        drop_last: bool = False,
        rows: bool = False,
        fill: Mapping[str, Any] | None = None,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        super().__init__()
        if batch_size is not None and batch_size < 1:
            raise ValueError("a batch has at least one row")
        if (rank is None) != (world_size is None):
            raise ValueError("`rank` and `world_size` are said together")
        self.shards = shards
        self.columns = list(columns) if columns is not None else None
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.rows = rows
        self.fill = dict(fill or {})
        self.rank = rank
        self.world_size = world_size

    def __iter__(self) -> Iterator[Batch]:
        batches = self._read()
        if self.batch_size is not None:
            batches = _of_size(batches, self.batch_size, self.drop_last)
        for batch in batches:
            converted = tensors(batch, self.fill)
            if not self.rows:
                yield converted
                continue
            for nth in range(batch.num_rows):
                yield {name: values[nth] for name, values in converted.items()}

    def _read(self) -> Iterator[pa.RecordBatch]:
        first, step = self._share()
        if first >= len(self.shards):
            warnings.warn(
                f"{len(self.shards)} shards are too few for {step} workers: this one brings nothing", stacklevel=2
            )
        for shard in self.shards[first::step]:
            for batch in shard.read():
                yield batch if self.columns is None else batch.select(self.columns)

    def _share(self) -> tuple[int, int]:
        """The first shard of this worker, and how far it is to the next."""
        rank, world_size = self.rank, self.world_size
        if rank is None or world_size is None:
            is_distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
            rank = torch.distributed.get_rank() if is_distributed else 0
            world_size = torch.distributed.get_world_size() if is_distributed else 1
        worker = torch.utils.data.get_worker_info()
        here, workers = (worker.id, worker.num_workers) if worker is not None else (0, 1)
        return rank * workers + here, world_size * workers


def tensors(batch: pa.RecordBatch, fill: Mapping[str, Any] | None = None) -> Batch:
    """A batch as :class:`Dataset` gives it.

    Raises:
        ValueError: NULL in a column that has no other value for it.
    """
    columns = zip(batch.schema.names, batch.columns)
    return {name: _tensor(name, column, (fill or {}).get(name)) for name, column in columns}


def _tensor(name: str, column: Any, fill: Any) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_fixed_size_list(kind) and _is_number(kind.value_type) and not column.null_count:
        flat = _tensor(name, column.flatten(), fill)
        return flat.reshape(len(column), kind.list_size)
    if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and _is_number(kind.value_type):
        return [None if not one.is_valid else _tensor(name, one.values, fill) for one in column]
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    elif pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        column = column.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    if not _is_number(column.type):
        return column.to_pylist()
    if column.null_count:
        if fill is None and not pa.types.is_floating(column.type):
            raise ValueError(f"`{name}` holds NULL, for which {column.type} has no value: say one in `fill`")
        column = pc.fill_null(column, pa.scalar(float("nan") if fill is None else fill, column.type))
    if pa.types.is_boolean(column.type):
        return torch.from_numpy(column.to_numpy(zero_copy_only=False))
    return torch.from_dlpack(column.cast(_WIDER.get(column.type, column.type)))


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _of_size(batches: Iterable[pa.RecordBatch], size: int, drop_last: bool) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of one size."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        while rows + batch.num_rows >= size:
            waiting.append(batch.slice(0, size - rows))
            batch = batch.slice(size - rows)
            yield _one(waiting)
            waiting, rows = [], 0
        if batch.num_rows:
            waiting.append(batch)
            rows += batch.num_rows
    if waiting and not drop_last:
        yield _one(waiting)


def _one(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    (whole,) = batches if len(batches) == 1 else pa.Table.from_batches(batches).combine_chunks().to_batches()
    return whole
