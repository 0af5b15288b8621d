"""Reading one endpoint to its end, whatever happens to the connection meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa
import pyarrow.flight as fl

from ._endpoint import Endpoint
from ._errors import (
    DRIVER_ERRORS,
    AuthenticationError,
    InconsistentError,
    PermissionDeniedError,
    QueryError,
    TicketError,
    TicketExpiredError,
    UnavailableError,
    WeftError,
    is_transient,
    translated,
)
from ._target import Target

Answered = TypeVar("Answered")


@dataclass(frozen=True)
class Retry:
    """How often, and after how long, a broken call is made again.

    Waits are random between nothing and a bound that doubles each time, so that many readers that lost the same server
    do not come back at once. The count begins anew with each batch that arrives.
    """

    attempts: int = 6
    """Calls in a row without any new row, the first included. 1 never tries again."""
    first_seconds: float = 0.1
    longest_seconds: float = 10.0

    def wait(self, failures: int) -> None:
        """Waits after so many failures in a row."""
        bound = min(self.longest_seconds, self.first_seconds * 2 ** (failures - 1))
        time.sleep(random.uniform(0, bound))

    def call(self, act: Callable[[], Answered]) -> Answered:
        """What `act` answers, which may be called again.

        Raises:
            WeftError: it was refused, or failed as often as was tried.
        """
        for failures in range(1, self.attempts + 1):
            try:
                return act()
            except DRIVER_ERRORS as error:
                if not is_transient(error) or failures >= self.attempts:
                    raise translated(error) from error
                self.wait(failures)
        raise UnavailableError("no attempt was allowed")


def read(endpoint: Endpoint, target: Target, retry: Retry) -> Iterator[pa.RecordBatch]:
    """All batches of an endpoint, each once, in the order that the server promises to keep.

    After a failure the same ticket is fetched again, and what was given out already is passed over.

    Raises:
        TicketError: the ticket is refused. Never tried again.
        UnavailableError: the server broke off as often as was tried.
        InconsistentError: fetched again, the ticket brought other batches.
    """
    given: list[int] = []
    failures = 0
    while True:
        endpoint.renew_if_due(target)
        progress = len(given)
        client: fl.FlightClient | None = None
        reader: fl.FlightStreamReader | None = None
        try:
            client = target.client(endpoint.location(failures))
            reader = client.do_get(endpoint.ticket, target.options())
            for batch in _after(reader, given):
                given.append(batch.num_rows)
                yield batch
                endpoint.renew_if_due(target)
            return
        except DRIVER_ERRORS as error:
            failures = 1 if len(given) > progress else failures + 1
            if not is_transient(error):
                raise _refusal(endpoint, translated(error)) from error
            if failures >= retry.attempts:
                raise translated(error) from error
        finally:
            _let_go(client, reader)
        retry.wait(failures)


def _after(reader: fl.FlightStreamReader, given: list[int]) -> Iterator[pa.RecordBatch]:
    """The batches behind those that were given out, which must be as long as they were."""
    passed, known = 0, list(given)
    for chunk in reader:
        batch = chunk.data
        if batch is None or batch.num_rows == 0:
            continue
        if passed < len(known):
            if batch.num_rows != known[passed]:
                raise InconsistentError("a ticket that was fetched again brought its rows in other batches")
            passed += 1
            continue
        yield batch
    if passed < len(known):
        raise InconsistentError("a ticket that was fetched again brought fewer rows")


def _refusal(endpoint: Endpoint, error: WeftError) -> WeftError:
    """What a refusal to bring the rows of a ticket means."""
    if not isinstance(error, (AuthenticationError, PermissionDeniedError, QueryError)):
        return error
    if endpoint.is_over():
        return TicketExpiredError(f"the ticket has expired: {error}", error.code)
    return TicketError(str(error), error.code) if isinstance(error, QueryError) else error


def _let_go(client: fl.FlightClient | None, reader: fl.FlightStreamReader | None) -> None:
    """Tells the server that nobody reads on. Trouble in this is of no interest any more."""
    try:
        if reader is not None:
            reader.cancel()
        if client is not None:
            client.close()
    except DRIVER_ERRORS:
        pass
