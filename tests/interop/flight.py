"""Weft through ADBC's Flight SQL driver."""

from contextlib import contextmanager

import adbc_driver_flightsql.dbapi as flight_sql
import pyarrow.flight as fl
from adbc_driver_flightsql import DatabaseOptions


def connect(server, name="ana", token=None, purpose=None):
    """With a bearer token, the principal's own unless another is given; for a purpose, if one is named."""
    options = {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {token or server.token(name)}"}
    if purpose:
        options[DatabaseOptions.RPC_CALL_HEADER_PREFIX.value + "x-weft-purpose"] = purpose
    return flight_sql.connect(server.flight, db_kwargs=options, autocommit=True)


@contextmanager
def readers(server):
    """A connection for each of those who read all of some port, by name."""
    with connect(server, "ana") as ana, connect(server, "lena") as lena:
        with connect(server, "dana", purpose="modelling") as dana:
            yield {"ana": ana, "dana": dana, "lena": lena}


def descriptor(sql):
    """What asks for a query's rows, as a client without a driver writes it."""
    return command("CommandStatementQuery", {1: sql})


def command(kind, texts):
    """A command of Flight SQL: two messages of protobuf, one in the other. `texts` are its fields by number."""
    kind = f"type.googleapis.com/arrow.flight.protocol.sql.{kind}".encode()
    said = b"".join(field(number, text.encode()) for number, text in texts.items())
    return fl.FlightDescriptor.for_command(field(1, kind) + field(2, said))


def field(number, content):
    """A field of a message of protobuf that holds bytes."""
    def varint(n):
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

    return bytes([number << 3 | 2]) + varint(len(content)) + content


def fetch(client, asked, *headers):
    """All rows of a query or of a command, by Flight's own verbs."""
    options = fl.FlightCallOptions(headers=list(headers))
    asked = descriptor(asked) if isinstance(asked, str) else asked
    (endpoint,) = client.get_flight_info(asked, options).endpoints
    return client.do_get(endpoint.ticket, options).read_all()


def connect_basic(server, name, token):
    """With the handshake: name and token as a user's name and password."""
    return flight_sql.connect(server.flight, db_kwargs={"username": name, "password": token}, autocommit=True)


def rows(connection, sql, parameters=None):
    """All rows, as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetch_arrow_table().to_pylist()


def refusal(act):
    """The driver's error that `act()` must end in."""
    try:
        act()
    except flight_sql.Error as error:
        return error
    raise AssertionError("it was not refused")
