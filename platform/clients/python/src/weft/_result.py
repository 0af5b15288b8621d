"""The answer to one question, as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from adbc_driver_manager.dbapi import Cursor

from ._errors import DRIVER_ERRORS, raise_translated
from ._shards import to_polars

if TYPE_CHECKING:
    import pandas
    import polars


class Result:
    """Rows of one question, in the order that the query asks for. They are read once.

    `to_arrow`, `to_pandas` and `to_polars` read what is left and may be called one after the other; `reader` and
    iterating hand the batches out instead of keeping them. Closing it, or leaving it as a context, cancels what was not
    read.
    """

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._table: pa.Table | None = None
        self._is_handed_out = False
        try:
            self._source = cursor.fetch_record_batch()
        except DRIVER_ERRORS as error:
            cursor.close()
            raise_translated(error)

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self._source.schema

    def reader(self) -> pa.RecordBatchReader:
        """The batches as they come, for whatever takes a reader of Arrow.

        Raises:
            ValueError: the rows were read, or handed out, already.
        """
        return pa.RecordBatchReader.from_batches(self.schema, iter(self))

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        if self._table is not None or self._is_handed_out:
            raise ValueError("the rows of this result were read already")
        self._is_handed_out = True
        return self._batches()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._source
        except DRIVER_ERRORS as error:
            raise_translated(error)
        finally:
            self.close()

    def to_arrow(self) -> pa.Table:
        """All rows.

        Raises:
            ValueError: the batches were handed out one by one already.
            WeftError: the server broke off; nothing is kept of what came before.
        """
        if self._table is None:
            self._table = self.reader().read_all()
        return self._table

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """All rows as a pandas frame. `options` are those of `pyarrow.Table.to_pandas`."""
        return self.to_arrow().to_pandas(**options)

    def to_polars(self) -> polars.DataFrame:
        """All rows as a Polars frame."""
        return to_polars(self.to_arrow())

    def close(self) -> None:
        """Lets go of the question. Harmless when it is over."""
        self._cursor.close()

    def __enter__(self) -> Result:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
