"""Which server is asked, as whom, and on what terms: all that another process needs to go on."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.flight as fl

from ._errors import AuthenticationError

TOKEN_VARIABLE = "WEFT_TOKEN"
SCHEMES = ("grpc", "grpc+tcp", "grpc+tls")

Token = str | Callable[[], str]

# gRPC works in threads that do not survive a fork: a child that calls it after its parent did would wait for ever.
_begun_in: int | None = None


@dataclass(frozen=True)
class Tls:
    """How a `grpc+tls://` server is checked, and how it may check the client.

    All are paths of PEM files, read by each process for itself, so that no key ever travels with a pickle.
    """

    root_certificates: str | os.PathLike[str] | None = None
    """Who signs for the server. Without it, those that the system trusts."""
    client_certificate: str | os.PathLike[str] | None = None
    client_key: str | os.PathLike[str] | None = None
    server_name: str | None = None
    """The name in the server's certificate, where it is not the host of the address."""
    verify: bool = True
    """False believes any server. For trying things out."""


@dataclass(frozen=True)
class Target:
    """An address with credentials and terms. A pickle of it holds no token unless `carries_token`."""

    uri: str
    token: Token | None = field(default=None, repr=False)
    purpose: str | None = None
    as_of: str | None = None
    tls: Tls = Tls()
    carries_token: bool = False

    def __post_init__(self) -> None:
        address = urlsplit(self.uri)
        if address.scheme not in SCHEMES or not address.hostname:
            raise ValueError(f"`{self.uri}` is no address: write grpc://HOST:PORT or grpc+tls://HOST:PORT")
        for name, value in (("purpose", self.purpose), ("as_of", self.as_of)):
            if value is not None and not (value.isascii() and value.isprintable()):
                raise ValueError(f"`{name}` is not printable ASCII text")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        if not self.carries_token:
            state["token"] = None
        return state

    @property
    def is_encrypted(self) -> bool:
        return urlsplit(self.uri).scheme == "grpc+tls"

    def carrying_token(self) -> Target:
        """The same, whose pickle holds the token."""
        return replace(self, token=self.bearer() if self.token is None else self.token, carries_token=True)

    def bearer(self) -> str:
        """The token to show now."""
        token = self.token() if callable(self.token) else self.token
        token = token or os.environ.get(TOKEN_VARIABLE)
        if not token:
            raise AuthenticationError(f"there is no token: pass `token=`, or set {TOKEN_VARIABLE}")
        return token

    def headers(self) -> dict[str, str]:
        """What each call says beside its question."""
        said = {"authorization": f"Bearer {self.bearer()}"}
        if self.purpose is not None:
            said["x-weft-purpose"] = self.purpose
        if self.as_of is not None:
            said["x-weft-as-of"] = self.as_of
        return said

    def options(self, **more: str) -> fl.FlightCallOptions:
        """Headers of one call; those in `more` are written with `_` for `-`."""
        said = self.headers() | {name.replace("_", "-"): value for name, value in more.items()}
        headers: Any = [(name.encode(), value.encode()) for name, value in said.items()]
        return fl.FlightCallOptions(headers=headers)

    def client(self, location: str | None = None) -> fl.FlightClient:
        """A connection of its own, which connects when it is first used.

        Raises:
            ValueError: `location` is not encrypted though this target is: the token would be readable on the way.
        """
        global _begun_in
        uri = location or self.uri
        if self.is_encrypted and urlsplit(uri).scheme != "grpc+tls":
            raise ValueError(f"`{uri}` is not encrypted, and the token is not sent there")
        _begun_in = os.getpid()
        options: list[tuple[str, str | int]] = [
            # One connection's failures must not make another wait.
            ("grpc.use_local_subchannel_pool", 1),
            # A peer that is gone without a word is noticed within a minute.
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.keepalive_timeout_ms", 20_000),
        ]
        tls: dict[str, Any] = {}
        if urlsplit(uri).scheme == "grpc+tls":
            tls = {
                "tls_root_certs": _content(self.tls.root_certificates),
                "cert_chain": _content(self.tls.client_certificate),
                "private_key": _content(self.tls.client_key),
                "override_hostname": self.tls.server_name,
                "disable_server_verification": not self.tls.verify,
            }
        return fl.FlightClient(uri, generic_options=options, **tls)


def is_forked() -> bool:
    """Whether this process is a fork of one that has used gRPC, which therefore cannot be used here."""
    return _begun_in is not None and _begun_in != os.getpid()


def instant(moment: datetime | str | None) -> str | None:
    """RFC 3339 of a moment; a text is passed on as it is.

    Raises:
        ValueError: a `datetime` without a time zone, which could mean several instants.
    """
    if moment is None or isinstance(moment, str):
        return moment
    if moment.tzinfo is None:
        raise ValueError("`as_of` has no time zone: say which instant is meant")
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def _content(path: str | os.PathLike[str] | None) -> bytes | None:
    return Path(path).read_bytes() if path is not None else None
