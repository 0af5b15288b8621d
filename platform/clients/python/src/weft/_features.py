"""Training sets: features as they were known at a moment, beside the rows that ask for them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.flight as fl

from ._content_hash import ContentHash, content_hash
from ._errors import DRIVER_ERRORS, NotSupportedError, raise_translated
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
    described: dict[str, Any]
    """What a manifest says of them."""


@contextmanager
def framed(entities: Entities, target: Target) -> Iterator[tuple[Frame, dict[str, str]]]:
    """Makes entities known to the server; gives the headers by which a question finds them."""
    if isinstance(entities, str):
        yield Frame(entities, {"sql": entities}), {}
        return
    table = as_arrow(entities)
    name, cookie = upload(table, target)
    found = content_hash(table)
    described = {"uploaded": {"rows": found.rows, "contentHash": str(found)}}
    yield Frame(f"SELECT * FROM {identifier(name)}", described), {"cookie": cookie} if cookie else {}


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


def upload(table: pa.Table, target: Target) -> tuple[str, str]:
    """Makes a temporary table of the caller's own; gives its name, and the cookie of the session that it lives in.

    Raises:
        NotSupportedError: this server takes none.
        WeftError: it could not be sent.
    """
    name = f"weft_frame_{uuid.uuid4().hex}"
    jar = CookieJar()
    try:
        with target.client(middleware=[jar]) as client:
            writer, _ = client.do_put(statement_ingest(name), table.schema, target.options())
            with writer:
                writer.write_table(table)
    except DRIVER_ERRORS as error:
        refused = (pa.ArrowNotImplementedError, pa.ArrowInvalid, fl.FlightUnauthorizedError)
        if isinstance(error, refused):
            raise NotSupportedError(
                f"this server takes no uploaded entities, write them as SQL instead: {error}"
            ) from error
        raise_translated(error)
    return name, str(jar)


class CookieJar(fl.ClientMiddlewareFactory):
    """Keeps what the server sets, and shows it in further calls."""

    def __init__(self) -> None:
        super().__init__()
        self._cookies: dict[str, str] = {}
        self._lock = threading.Lock()

    def start_call(self, info: Any) -> _Keeping:
        return _Keeping(self)

    def keep(self, cookies: Sequence[str]) -> None:
        with self._lock:
            for cookie in cookies:
                name, _, value = cookie.split(";")[0].partition("=")
                self._cookies[name.strip()] = value.strip()

    def __str__(self) -> str:
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._cookies.items())


class _Keeping(fl.ClientMiddleware):
    def __init__(self, jar: CookieJar) -> None:
        super().__init__()
        self._jar = jar

    def sending_headers(self) -> dict[str, list[str] | list[bytes]]:
        cookies = str(self._jar)
        return {"cookie": [cookies]} if cookies else {}

    def received_headers(self, headers: dict[str, list[str] | list[bytes]]) -> None:
        set_here = [values for name, values in headers.items() if name.lower() == "set-cookie"]
        self._jar.keep([str(value) for values in set_here for value in values])


class TrainingSet(Shards):
    """The rows of :meth:`Connection.features`, in shards, and what is needed to have them again."""

    asked: dict[str, Any]
    """What was asked for: `entities`, `features`, `eventTime`, `knowledgeTime`, and the `query` that this became."""

    @classmethod
    def of(cls, shards: Shards, asked: dict[str, Any]) -> TrainingSet:
        """The same shards, as the answer to that question."""
        training_set = cls(shards._target, shards._endpoints, shards._schema, shards._told, shards._retry)
        training_set.asked = asked
        return training_set

    def carrying_token(self) -> TrainingSet:
        return TrainingSet.of(super().carrying_token(), self.asked)

    def manifest(self, table: pa.Table | None = None) -> dict[str, Any]:
        """What this set is, to be written down as JSON beside a model.

        Holds what was asked, what the server says it has read (`tables` with their versions, `asOf`), `rowCount`, and
        `contentHash`, by which rows that are fetched again next year are known to be the same.

        Args:
            table: The rows, if they were fetched already. Without them, all shards are read once more.
        """
        found: ContentHash = self.content_hash() if table is None else content_hash(table)
        told = {name: value for name, value in self.described.items() if name not in ("expires", "endpoints", "features")}
        served = self.described.get("features")
        versions = {"featureVersions": served} if served is not None else {}
        return {**told, **self.asked, **versions, "rowCount": found.rows, "contentHash": str(found)}
