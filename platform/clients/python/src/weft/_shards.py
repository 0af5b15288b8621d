"""An answer in shards that are read independently: by threads, by processes, by machines."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

import pyarrow as pa

from ._content_hash import ContentHash
from ._endpoint import Endpoint
from ._errors import CancelledError, NotSupportedError
from ._reading import Retry, read
from ._relay import read_elsewhere
from ._target import Target, is_forked

if TYPE_CHECKING:
    import pandas
    import polars

# More connections than this at once do not make an answer come sooner.
_THREADS_MAX = 16


@dataclass(frozen=True)
class Shard:
    """One share of an answer. Small, picklable as :class:`Shards` is, and readable as often as is wanted."""

    index: int
    schema: pa.Schema
    """Names and types of the columns, the same for all shards."""
    _target: Target
    _endpoint: Endpoint
    _retry: Retry

    def read(self) -> Iterator[pa.RecordBatch]:
        """The batches of this shard, each once: the same batches in the same order at each reading.

        A connection that breaks is made again, and reading goes on behind what was given out: no row is lost, none
        comes twice. The ticket is renewed while it is read. Ending the iterator early cancels the question.

        Raises:
            TicketError: the ticket is refused; :class:`TicketExpiredError` where its time is over. Not tried again.
            AuthenticationError, PermissionDeniedError: whoever asks is refused. Not tried again.
            UnavailableError: the server broke off as often in a row as `Retry.attempts` says.
            InconsistentError: the server did not bring the same rows again.
        """
        way = read_elsewhere if is_forked() else read
        return way(self._endpoint, self._target, self._retry)

    def reader(self) -> pa.RecordBatchReader:
        """The same batches for whatever takes a reader of Arrow."""
        return pa.RecordBatchReader.from_batches(self.schema, self.read())

    def to_arrow(self) -> pa.Table:
        """All rows of this shard."""
        return pa.Table.from_batches(list(self.read()), schema=self.schema)

    def renew(self) -> None:
        """Lets the ticket last longer, as long as the server allows. Reading does so by itself.

        Raises:
            WeftError: the server refuses, or cannot be reached.
        """
        self._endpoint.renew(self._target)

    def __repr__(self) -> str:
        return f"<weft.Shard {self.index} of {self._target.uri}>"


class Shards(Sequence[Shard]):
    """An answer in shards, which together are the whole answer: each row in exactly one of them.

    Which row is in which shard is up to the server and does not change while the tickets hold. There is no order from
    one shard to the next, whatever the query says.

    A pickle holds the tickets, the address and the terms, and no token: whoever unpickles it takes the token from the
    environment variable `WEFT_TOKEN`. :meth:`carrying_token` gives shards whose pickle holds it. Tickets are bound to
    whoever asked, and are refused to anyone else.
    """

    def __init__(
        self, target: Target, endpoints: Sequence[Endpoint], schema: pa.Schema, told: bytes, retry: Retry
    ) -> None:
        self._target = target
        self._endpoints = list(endpoints)
        self._schema = schema
        self._told = told
        self._retry = retry

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self._schema

    @property
    def described(self) -> dict[str, Any]:
        """What the server says of the answer: `asOf`, `expires`, `tables` with the versions that are read. A copy."""
        return dict(json.loads(self._told)) if self._told else {}

    @property
    def as_of(self) -> datetime | None:
        """The instant whose state of the mesh is read, by all shards alike."""
        return _moment(self.described.get("asOf"))

    @property
    def expires(self) -> datetime | None:
        """When the first of the tickets ends, as far as this process has renewed them."""
        ends = [endpoint.expires for endpoint in self._endpoints if endpoint.expires is not None]
        return datetime.fromtimestamp(min(ends)).astimezone() if ends else None

    def __len__(self) -> int:
        return len(self._endpoints)

    @overload
    def __getitem__(self, index: int) -> Shard: ...
    @overload
    def __getitem__(self, index: slice) -> Shards: ...
    def __getitem__(self, index: int | slice) -> Shard | Shards:
        if isinstance(index, slice):
            return Shards(self._target, self._endpoints[index], self._schema, self._told, self._retry)
        at = range(len(self))[index]
        return Shard(at, self._schema, self._target, self._endpoints[at], self._retry)

    def read(self, index: int) -> Iterator[pa.RecordBatch]:
        """The batches of one shard. See :meth:`Shard.read`."""
        return self[index].read()

    def to_arrow(self, threads: int | None = None) -> pa.Table:
        """All rows, one shard after the other, fetched by as many threads at once; by one for each shard if not said.

        Raises:
            WeftError: as :meth:`Shard.read`, for the first shard that fails; the others are cancelled.
        """
        batches: list[list[pa.RecordBatch]] = [[] for _ in self]
        self._each(lambda index, batch: batches[index].append(batch), threads)
        return pa.Table.from_batches([batch for of_one in batches for batch in of_one], schema=self._schema)

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """All rows as a pandas frame. `options` are those of `pyarrow.Table.to_pandas`."""
        return self.to_arrow().to_pandas(**options)

    def to_polars(self) -> polars.DataFrame:
        """All rows as a Polars frame."""
        return to_polars(self.to_arrow())

    def content_hash(self, threads: int | None = None) -> ContentHash:
        """Hash of all rows, whatever their order and their shards, and their number. Reads them and keeps none."""
        parts = [ContentHash() for _ in self]
        self._each(lambda index, batch: parts[index].update(batch), threads)
        return sum(parts, ContentHash())

    def renew(self) -> None:
        """Lets all tickets last longer, as long as the server allows.

        Raises:
            WeftError: the server refuses one, or cannot be reached.
        """
        for shard in self:
            shard.renew()

    def carrying_token(self) -> Shards:
        """The same shards, whose pickle holds the token: for workers that have no environment of their own."""
        return Shards(self._target.carrying_token(), self._endpoints, self._schema, self._told, self._retry)

    def _each(self, take: Any, threads: int | None) -> None:
        """Calls `take(index, batch)` for each batch; for one shard never at the same time twice."""
        stop = threading.Event()

        def fetch(shard: Shard) -> None:
            try:
                for batch in shard.read():
                    if stop.is_set():
                        raise CancelledError("another shard failed")
                    take(shard.index, batch)
            except BaseException:
                stop.set()
                raise

        if not self._endpoints:
            return
        with ThreadPoolExecutor(threads or min(len(self), _THREADS_MAX), "weft-shard") as pool:
            futures = [pool.submit(fetch, shard) for shard in self]
        failed = [error for future in futures if (error := future.exception())]
        if failed:
            raise next((error for error in failed if not isinstance(error, CancelledError)), failed[0])

    def __repr__(self) -> str:
        return f"<weft.{type(self).__name__}: {len(self)} of {self._target.uri}>"


def to_polars(table: pa.Table) -> polars.DataFrame:
    """A table as a Polars frame.

    Raises:
        NotSupportedError: Polars is not installed.
    """
    try:
        import polars
    except ImportError as error:
        raise NotSupportedError("polars is not installed: pip install 'weft-client[polars]'") from error
    frame = polars.from_arrow(table)
    assert isinstance(frame, polars.DataFrame)
    return frame


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
