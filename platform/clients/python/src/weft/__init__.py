"""Client of the Weft data mesh.

>>> with weft.connect("grpc://mesh.example:8815") as mesh:
...     table = mesh.sql("SELECT * FROM aviation.flights.departures").to_arrow()

`weft.torch`, `weft.ray` and `weft.huggingface` feed what :meth:`Connection.stream` and :meth:`Connection.features` give
into training jobs. They are imported by whoever wants them, and need what they are named after.
"""

from ._connection import Connection, connect
from ._content_hash import ContentHash, content_hash
from ._errors import (
    AuthenticationError,
    CancelledError,
    InconsistentError,
    LimitError,
    NotSupportedError,
    PermissionDeniedError,
    QueryError,
    TicketError,
    TicketExpiredError,
    UnavailableError,
    WeftError,
)
from ._features import TrainingSet
from ._reading import Retry
from ._result import Result
from ._shards import Shard, Shards
from ._target import Tls

__all__ = [
    "AuthenticationError",
    "CancelledError",
    "Connection",
    "ContentHash",
    "InconsistentError",
    "LimitError",
    "NotSupportedError",
    "PermissionDeniedError",
    "QueryError",
    "Result",
    "Retry",
    "Shard",
    "Shards",
    "TicketError",
    "TicketExpiredError",
    "Tls",
    "TrainingSet",
    "UnavailableError",
    "WeftError",
    "connect",
    "content_hash",
]

__version__ = "0.1.0"
