"""Weft through ADBC's Flight SQL driver."""

import adbc_driver_flightsql.dbapi as flight_sql
from adbc_driver_flightsql import DatabaseOptions


def connect(server, name="ana", token=None):
    """With a bearer token, the principal's own unless another is given."""
    header = f"Bearer {token or server.token(name)}"
    return flight_sql.connect(
        server.flight, db_kwargs={DatabaseOptions.AUTHORIZATION_HEADER.value: header}, autocommit=True
    )


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
