"""What can go wrong, as exceptions that tell what to do next.

Whatever the drivers raise becomes one of these; the driver's own error is its `__cause__`.
"""

from __future__ import annotations

import re
from typing import NoReturn

import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as fl
from adbc_driver_manager import AdbcStatusCode

_CODE = re.compile(r"\bW\d{4}\b")
_FLIGHT = re.compile(r"Flight returned (?P<kind>[a-z ]+?)(?: error)?, with message: (?P<text>.*)", re.DOTALL)
_ADBC = re.compile(r"\[FlightSQL\] (?P<text>.*?)(?: \((?:unknown|[A-Z]\w+); \w+\).*)?$", re.DOTALL)
# What gRPC adds behind the message.
_CONTEXT = re.compile(r"\. (?:gRPC client debug context|Client context|Detail): .*", re.DOTALL)
_BROKEN = re.compile(r"RST_STREAM|GOAWAY|Stream removed|Broken pipe|(?:socket closed|connection (?:reset|refused|closed))", re.IGNORECASE)
_TOO_MANY_QUERIES = "W0216"
_QUERY_DEADLINE = "W0210"


class WeftError(Exception):
    """Something failed. `code` is Weft's (`W0202`; `weft explain W0202` says more) where the server named one."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[WeftError], tuple[str, str | None]]:
        return type(self), (str(self), self.code)


class QueryError(WeftError):
    """The server did not understand the question, or knows no table of that name. Asking again changes nothing."""


class AuthenticationError(WeftError):
    """There is no token, or the server does not believe it (any more)."""


class PermissionDeniedError(WeftError):
    """The server knows who asks and does not allow it."""


class TicketError(WeftError):
    """A ticket is refused: it is someone else's, was cancelled, or access has changed since. Ask for new ones."""


class TicketExpiredError(TicketError):
    """A ticket is refused, and its time is over. Ask for new ones, and renew them in time."""


class UnavailableError(WeftError):
    """The server could not be reached, or broke off, as often as was tried."""


class LimitError(WeftError):
    """The question is over a limit of the server: memory, time, rows."""


class CancelledError(WeftError):
    """The question was cancelled, here or by someone else."""


class NotSupportedError(WeftError):
    """This server, or this version of a library, does not do that."""


class InconsistentError(WeftError):
    """A ticket brought other rows than when it was fetched first. Nothing of them was given out."""


_BY_KIND: dict[str, type[WeftError]] = {
    "unauthenticated": AuthenticationError,
    "unauthorized": PermissionDeniedError,
    "unavailable": UnavailableError,
    "timeout": UnavailableError,
    "timed out": UnavailableError,
    "cancelled": CancelledError,
    "invalid argument": QueryError,
    "not found": QueryError,
    "unimplemented": NotSupportedError,
    "resource exhausted": LimitError,
}
_BY_CLASS: list[tuple[type[BaseException], type[WeftError]]] = [
    (fl.FlightUnauthenticatedError, AuthenticationError),
    (fl.FlightUnauthorizedError, PermissionDeniedError),
    (fl.FlightUnavailableError, UnavailableError),
    (fl.FlightTimedOutError, UnavailableError),
    (fl.FlightCancelledError, CancelledError),
    (pa.ArrowCancelled, CancelledError),
    (pa.ArrowNotImplementedError, NotSupportedError),
    (pa.ArrowCapacityError, LimitError),
    (pa.ArrowKeyError, QueryError),
    (pa.ArrowInvalid, QueryError),
]
_BY_STATUS: dict[AdbcStatusCode, type[WeftError]] = {
    AdbcStatusCode.UNAUTHENTICATED: AuthenticationError,
    AdbcStatusCode.UNAUTHORIZED: PermissionDeniedError,
    AdbcStatusCode.CANCELLED: CancelledError,
    AdbcStatusCode.NOT_IMPLEMENTED: NotSupportedError,
    AdbcStatusCode.NOT_FOUND: QueryError,
    AdbcStatusCode.INVALID_ARGUMENT: QueryError,
    AdbcStatusCode.TIMEOUT: UnavailableError,
}

DRIVER_ERRORS = (pa.ArrowException, OSError, adbc_driver_manager.Error)


def code_of(error: BaseException) -> str | None:
    """Weft's code in the text of a driver's error."""
    found = _CODE.search(str(error))
    return found.group() if found else None


def is_transient(error: BaseException) -> bool:
    """Whether the same call may do better in a moment: the server is away or busy, or the connection broke."""
    code, text = code_of(error), str(error)
    if code == _TOO_MANY_QUERIES:
        return True
    if code == _QUERY_DEADLINE:
        return False
    if isinstance(error, (fl.FlightUnavailableError, fl.FlightTimedOutError)):
        return True
    # What bears no code was not said by Weft but by what lies between.
    if code is not None:
        return False
    return isinstance(error, (fl.FlightInternalError, OSError)) or _BROKEN.search(text) is not None


def translated(error: BaseException) -> WeftError:
    """The exception that stands for a driver's error."""
    text = str(error)
    kind: type[WeftError] = WeftError
    if isinstance(error, adbc_driver_manager.Error):
        found = _ADBC.search(text)
        kind = _BY_STATUS.get(error.status_code, WeftError)
        if kind is WeftError and "Unavailable" in text:
            kind = UnavailableError
    else:
        found = _FLIGHT.search(text)
        kind = next((ours for theirs, ours in _BY_CLASS if isinstance(error, theirs)), WeftError)
        if found and found["kind"] in _BY_KIND:
            kind = _BY_KIND[found["kind"]]
    message = _CONTEXT.sub("", found["text"] if found else text).strip()
    code = code_of(error)
    if code in (_TOO_MANY_QUERIES, _QUERY_DEADLINE):
        kind = LimitError
    elif kind is WeftError and is_transient(error):
        kind = UnavailableError
    return kind(message or type(error).__name__, code)


def raise_translated(error: BaseException) -> NoReturn:
    """Raises what stands for a driver's error, and keeps that as the cause."""
    raise translated(error) from error
