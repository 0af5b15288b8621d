"""The door to a mesh."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import adbc_driver_flightsql.dbapi as flight_sql
import pyarrow as pa
import pyarrow.flight as fl
from adbc_driver_flightsql import DatabaseOptions
from adbc_driver_manager.dbapi import Cursor

from ._endpoint import Endpoint
from ._errors import DRIVER_ERRORS, NotSupportedError, raise_translated
from ._features import Entities, TrainingSet, features_sql, framed
from ._messages import statement_query
from ._reading import Retry
from ._result import Result
from ._shards import Shards
from ._target import Target, Tls, instant, is_forked

# Larger than any message of a server; the driver's own bound is 16 MiB.
_MESSAGE_BYTES_MAX = 1 << 30

_FORKED = "gRPC was used before this process was forked: ask before that, or in a process that is not a fork"


def connect(
    uri: str,
    *,
    token: str | Callable[[], str] | None = None,
    purpose: str | None = None,
    as_of: datetime | str | None = None,
    tls: Tls | None = None,
    retry: Retry | None = None,
) -> Connection:
    """Opens the door to a mesh. Nothing is asked yet: a wrong address or token shows at the first question.

    Args:
        uri: `grpc://HOST:PORT`, or `grpc+tls://HOST:PORT`.
        token: The bearer token, or a function that gives the one to use now, for work that outlives a token. Without
            it, the environment variable `WEFT_TOKEN` is read at each question.
        purpose: What the data is for, where a grant demands that.
        as_of: Reads the mesh as it was then: a `datetime` with a time zone, or RFC 3339.
        tls: How the server's certificate is checked.
        retry: How broken streams are taken up again.

    Raises:
        ValueError: `uri` is no such address, or `as_of` has no time zone.
    """
    target = Target(uri, token=token, purpose=purpose, as_of=instant(as_of), tls=tls or Tls())
    return Connection(target, retry or Retry())


class Connection:
    """A mesh as one principal sees it. Threads may share it, but for cursors; forks and other processes may not."""

    def __init__(self, target: Target, retry: Retry) -> None:
        self._target = target
        self._retry = retry
        self._driver: flight_sql.Connection | None = None
        self._opened_as: tuple[str, int] | None = None

    def sql(self, query: str, parameters: Sequence[Any] | pa.RecordBatch | None = None) -> Result:
        """Asks a question. Where it returns, the server has begun to answer.

        Args:
            query: SQL. Tables are `domain.product.port`.
            parameters: Values for `?` from left to right, or for `$1`, `$2`. Never write a value into the text.

        Raises:
            QueryError: the query is wrong, or there is no such table, or none that this principal may know of.
            PermissionDeniedError: it is no query, or reads what this principal may not read.
            AuthenticationError: the token is missing, wrong or too old.
            LimitError: the question is too large for this server, or too many are asked at once.
            UnavailableError: the server cannot be reached. It is not asked again by itself.
        """
        cursor = self.cursor()
        try:
            cursor.execute(query, parameters)
        except DRIVER_ERRORS as error:
            cursor.close()
            raise_translated(error)
        return Result(cursor)

    def cursor(self) -> Cursor:
        """A cursor of the Python database interface, by ADBC. Its errors are ADBC's. For one thread at a time."""
        try:
            return self._adbc().cursor()
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def stream(self, query: str, endpoints: int = 1) -> Shards:
        """Asks a question whose answer is read in shards, by several readers, each of which survives a broken connection.

        The query is planned once, and pinned: each shard brings the same rows however often it is read, until its ticket
        ends. Nothing is read yet.

        Args:
            query: SQL without parameters.
            endpoints: How many shards to cut it into: a few for each worker that will read.

        Raises:
            NotSupportedError: this server answers in one piece only.
            WeftError: as :meth:`sql`; a server that is away is asked again as `retry` says.
        """
        return self._stream(self._target, query, endpoints)

    def features(
        self,
        entities: Entities,
        features: Sequence[str],
        event_time: str,
        *,
        knowledge_time: bool = True,
        as_of: datetime | str | None = None,
        endpoints: int = 1,
    ) -> TrainingSet:
        """Features as they were known at a moment, for each row of `entities`.

        Each row of `entities` is in the answer as often as it is there, with its columns untouched and the features
        beside them. A feature is NULL where nothing was known.

        Args:
            entities: SQL, or a frame of Arrow, pandas or Polars, which is uploaded.
            features: Names: `domain.product.service` of a feature service, `domain.product.port` of a feature view, or
                `domain.product.port:column` of one feature.
            event_time: The column of `entities` with the moment.
            knowledge_time: Rows that were written after the moment are not known yet. False leaks late corrections.
            as_of: Reads the mesh as it was then. Without it, as this connection does.
            endpoints: How many shards to cut it into.

        Raises:
            NotSupportedError: this server does not take these entities.
            QueryError: no feature has that name, or none that this principal may know of.
            WeftError: as :meth:`stream`.
        """
        target = self._target if as_of is None else replace(self._target, as_of=instant(as_of))
        if is_forked():
            raise NotSupportedError(_FORKED)
        frame = framed(entities, target)
        sql = features_sql(frame.sql, features, event_time, knowledge_time)
        asked = {
            "sql": sql,
            "entitiesSha256": frame.sha256,
            "features": list(features),
            "knowledgeTime": knowledge_time,
        }
        return TrainingSet._of(self._stream(target, sql, endpoints), asked)

    def close(self) -> None:
        """Lets go of the server. Shards that were given out stay readable."""
        if self._driver is not None and not is_forked():
            self._driver.close()
        self._driver = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<weft.Connection to {self._target.uri}>"

    def _adbc(self) -> flight_sql.Connection:
        bearer = self._target.bearer()
        if self._opened_as is not None and self._opened_as[1] != os.getpid():
            raise NotSupportedError("this connection was used before a fork: connect anew in each process")
        if self._driver is not None and self._opened_as != (bearer, os.getpid()):
            self.close()
        if self._driver is None:
            self._driver = flight_sql.connect(self._target.uri, db_kwargs=self._adbc_options(), autocommit=True)
            self._opened_as = (bearer, os.getpid())
        return self._driver

    def _adbc_options(self) -> dict[str, str]:
        headers, tls = self._target.headers(), self._target.tls
        options = {
            DatabaseOptions.AUTHORIZATION_HEADER.value: headers.pop("authorization"),
            DatabaseOptions.WITH_MAX_MSG_SIZE.value: str(_MESSAGE_BYTES_MAX),
            DatabaseOptions.WITH_COOKIE_MIDDLEWARE.value: "true",
        }
        options |= {DatabaseOptions.RPC_CALL_HEADER_PREFIX.value + name: value for name, value in headers.items()}
        if self._target.is_encrypted:
            files = {
                DatabaseOptions.TLS_ROOT_CERTS.value: tls.root_certificates,
                DatabaseOptions.MTLS_CERT_CHAIN.value: tls.client_certificate,
                DatabaseOptions.MTLS_PRIVATE_KEY.value: tls.client_key,
            }
            for option, path in files.items():
                if path is not None:
                    with open(path, encoding="ascii") as file:
                        options[option] = file.read()
            if tls.server_name is not None:
                options[DatabaseOptions.TLS_OVERRIDE_HOSTNAME.value] = tls.server_name
            if not tls.verify:
                options[DatabaseOptions.TLS_SKIP_VERIFY.value] = "true"
        return options

    def _stream(self, target: Target, query: str, endpoints: int) -> Shards:
        if endpoints < 1:
            raise ValueError("an answer has at least one endpoint")
        if is_forked():
            raise NotSupportedError(_FORKED)

        def ask() -> fl.FlightInfo:
            with target.client() as client:
                options = target.options(x_weft_endpoints=str(endpoints))
                return client.get_flight_info(statement_query(query), options)

        info = self._retry.call(ask)
        if any(endpoint.expiration_time is None for endpoint in info.endpoints):
            # Without that, Flight does not let a ticket be fetched twice.
            raise NotSupportedError("this server gives no tickets that can be fetched again")
        parts = [Endpoint(endpoint.serialize()) for endpoint in info.endpoints]
        told = info.app_metadata
        return Shards(target, parts, info.schema, told if isinstance(told, bytes) else told.encode(), self._retry)
