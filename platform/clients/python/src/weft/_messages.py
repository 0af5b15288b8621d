"""The few messages of Flight SQL that pyarrow does not write by itself, as protobuf."""

from __future__ import annotations

import pyarrow.flight as fl

_KIND = "type.googleapis.com/arrow.flight.protocol.sql."
_CREATE = 1
_FAIL_IF_THERE = 1


def statement_query(sql: str) -> fl.FlightDescriptor:
    """What asks for the rows of a query."""
    return _command("CommandStatementQuery", _bytes(1, sql.encode()))


def statement_ingest(table: str) -> fl.FlightDescriptor:
    """What goes before the rows of a temporary table that is made of them."""
    options = _number(1, _CREATE) + _number(2, _FAIL_IF_THERE)
    return _command("CommandStatementIngest", _bytes(1, options) + _bytes(2, table.encode()) + _number(5, 1))


def renew_endpoint(endpoint: bytes) -> fl.Action:
    """What asks for an endpoint that lasts longer; `endpoint` is its serialised form, as is what is answered."""
    return fl.Action("RenewFlightEndpoint", _bytes(1, endpoint))


def _command(kind: str, content: bytes) -> fl.FlightDescriptor:
    return fl.FlightDescriptor.for_command(_bytes(1, (_KIND + kind).encode()) + _bytes(2, content))


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
