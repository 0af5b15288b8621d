"""Training sets: features as they were known at a moment, beside the rows that ask for them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ._content_hash import ContentHash
from ._errors import DRIVER_ERRORS, NotSupportedError, PermissionDeniedError, QueryError, translated
from ._messages import statement_ingest
from ._shards import Shards
from ._target import Target

Entities = Any
"""SQL text, or a frame: a `pyarrow.Table`, or one of pandas, Polars or anything else that speaks Arrow's stream interface."""


def features_sql(entities: str, features: Sequence[str], event_time: str, knowledge_time: bool) -> str:
    """The question for features. `entities` is SQL and stands on lines of its own, so that it may end in a comment.

    Raises:
        ValueError: no feature is named.
    """
    if isinstance(features, str) or not features:
        raise ValueError("`features` is a list of at least one name")
    names = ", ".join(literal(name) for name in features)
    knowledge = "true" if knowledge_time else "false"
    return (
        f"WITH frame AS (\n{entities.rstrip().rstrip(';')}\n)\n"
        f"SELECT * FROM features(frame, {names}, at => {identifier(event_time)}, knowledge_time => {knowledge})"
    )


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL writes it, whatever it is made of."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Frame:
    """Where the server finds the entities."""

    sql: str
    sha256: str
    """Of the SQL text, or of the rows that were uploaded."""


def framed(entities: Entities, target: Target) -> Frame:
    """Makes entities known to the server."""
    if isinstance(entities, str):
        return Frame(entities, hashlib.sha256(entities.encode()).hexdigest())
    table = as_arrow(entities)
    return Frame(f"SELECT * FROM {identifier(upload(table, target))}", sha256(table))


def sha256(table: pa.Table) -> str:
    """Of a table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def as_arrow(frame: Any) -> pa.Table:
    """A frame of any library as a table.

    Raises:
        TypeError: it is none.
    """
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if type(frame).__module__.split(".")[0] == "pandas":
        return pa.Table.from_pandas(frame, preserve_index=False)
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    raise TypeError(f"entities are SQL text or a frame, not `{type(frame).__name__}`")


def upload(table: pa.Table, target: Target) -> str:
    """Makes a table of the caller's own, which nobody else sees and which is gone after a while; gives its name.

    Raises:
        NotSupportedError: this server takes none.
        LimitError: there is no room for it.
        WeftError: it could not be sent.
    """
    name = f"weft_frame_{uuid.uuid4().hex}"
    try:
        with target.client() as client:
            writer, _ = client.do_put(statement_ingest(name), table.schema, target.options())
            with writer:
                writer.write_table(table)
    except DRIVER_ERRORS as error:
        refused = translated(error)
        if isinstance(refused, (NotSupportedError, PermissionDeniedError, QueryError)):
            refused = NotSupportedError(
                f"this server does not take these entities, write them as SQL instead: {refused}", refused.code
            )
        raise refused from error
    return name


class TrainingSet(Shards):
    """The rows of :meth:`Connection.features`, in shards, and what is needed to have them again."""

    _asked: dict[str, Any]
    _hashes: list[ContentHash] | None = None

    @classmethod
    def _of(cls, shards: Shards, asked: dict[str, Any]) -> TrainingSet:
        """The same shards, as the answer to that question."""
        training_set = cls(shards._target, shards._endpoints, shards._schema, shards._told, shards._retry)
        training_set._asked = asked
        return training_set

    @property
    def sql(self) -> str:
        """The query that was asked."""
        return str(self._asked["sql"])

    def carrying_token(self) -> TrainingSet:
        """As :meth:`Shards.carrying_token`."""
        return TrainingSet._of(super().carrying_token(), self._asked)

    def to_arrow(self, threads: int | None = None) -> pa.Table:
        """As :meth:`Shards.to_arrow`. What a manifest says of the rows is found out on the way."""
        hashes = [ContentHash() for _ in self]
        batches: list[list[pa.RecordBatch]] = [[] for _ in self]

        def take(index: int, batch: pa.RecordBatch) -> None:
            hashes[index].update(batch)
            batches[index].append(batch)

        self._each(take, threads)
        self._hashes = hashes
        return pa.Table.from_batches([batch for of_one in batches for batch in of_one], schema=self._schema)

    def manifest(self) -> dict[str, Any]:
        """What this set is, to be written down as JSON beside a model: the same as `weft features extract` writes.

        Holds what was asked (`sql`, `features`, `knowledgeTime`), what the server has read (`pinned`: `asOf`, and `tables`
        with their versions), and `rows` and `contentHash`, by which the rows are known again. `weft features replay` makes
        the set anew from it, or says what of it is gone. Entities that were uploaded are gone within a day; `entitiesSha256`
        tells whether others are the same.

        Reads all shards, unless :meth:`to_arrow` has.
        """
        if self._hashes is None:
            hashes = [ContentHash() for _ in self]
            self._each(lambda index, batch: hashes[index].update(batch), None)
            self._hashes = hashes
        whole = sum(self._hashes, ContentHash())
        number = len(self._hashes)
        files = [
            {"path": f"part-{nth:05}-of-{number:05}.parquet", "rows": each.rows, "contentHash": str(each)}
            for nth, each in enumerate(self._hashes, 1)
        ]
        purpose = {} if self._target.purpose is None else {"purpose": self._target.purpose}
        made = {"rows": whole.rows, "contentHash": str(whole), "files": files}
        return {**self._asked, **purpose, "pinned": self.described, **made}
