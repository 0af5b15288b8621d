"""One endpoint of an answer: the ticket for a share of its rows, and how long that holds."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pyarrow.flight as fl

from ._errors import DRIVER_ERRORS, is_transient, translated
from ._messages import renew_endpoint
from ._target import SCHEMES, Target

_log = logging.getLogger("weft")


@dataclass
class Endpoint:
    """A ticket that is renewed in place. Threads may share it; each process that unpickles it has its own."""

    written: bytes
    """The endpoint as Flight writes it."""
    begun: float = field(default_factory=time.time)
    """When the ticket was made, in seconds since 1970, by the clock of here."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._take(self.written)

    def __getstate__(self) -> dict[str, Any]:
        return {"written": self.written, "begun": self.begun}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def _take(self, written: bytes) -> None:
        endpoint = fl.FlightEndpoint.deserialize(written)
        uris = [location.uri.decode() for location in endpoint.locations]
        self.written = written
        self.ticket: fl.Ticket = endpoint.ticket
        # No location, or one of no scheme that is spoken here, means the server that was asked.
        self.locations: list[str] = [uri for uri in uris if uri.split("://")[0] in SCHEMES]
        until = endpoint.expiration_time
        self.expires: float | None = None if until is None or until.value is None else until.value / 1e9
        # Two chances to renew before it is over.
        self._renew_at = None if self.expires is None else self.expires - (self.expires - self.begun) / 2

    def location(self, attempt: int) -> str | None:
        """Where to fetch it at this attempt; `None` is the server that was asked."""
        return self.locations[attempt % len(self.locations)] if self.locations else None

    def is_over(self) -> bool:
        """Whether its time is over, by the clock of here."""
        return self.expires is not None and time.time() >= self.expires

    def renew(self, target: Target) -> None:
        """Lets the ticket last longer. The rows stay the same.

        Raises:
            WeftError: the server refuses, or cannot be reached.
        """
        try:
            with target.client() as client:
                results = list(client.do_action(renew_endpoint(self.written), target.options()))
        except DRIVER_ERRORS as error:
            raise translated(error) from error
        with self._lock:
            self.begun = time.time()
            self._take(results[0].body.to_pybytes())

    def renew_if_due(self, target: Target) -> None:
        """Renews it once half of its time is over. Never raises: a ticket that could not be renewed may still do."""
        with self._lock:
            if self._renew_at is None or time.time() < self._renew_at:
                return
            self._renew_at = None
        try:
            self.renew(target)
        except Exception as error:
            cause = error.__cause__ or error
            _log.warning("a ticket could not be renewed: %s", error)
            if is_transient(cause) and self.expires is not None:
                self._renew_at = time.time() + max(self.expires - time.time(), 0) / 2
