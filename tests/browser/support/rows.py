"""Rows of a statement over Flight SQL by ADBC, as texts in the way that the grid shows them: a JSON array of arrays.

Called with the address and the purpose (empty for none); reads the token, a line feed, and the statement.
"""

import json
import sys
from datetime import date, datetime

import adbc_driver_flightsql.dbapi as flight_sql


def text(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ") + ("Z" if value.tzinfo else "")
    return value.isoformat() if isinstance(value, date) else str(value)


def main():
    address, purpose = sys.argv[1:]
    token, sql = sys.stdin.read().split("\n", 1)
    options = {"adbc.flight.sql.authorization_header": f"Bearer {token}"}
    if purpose:
        options["adbc.flight.sql.rpc.call_header.x-weft-purpose"] = purpose
    with flight_sql.connect(address, db_kwargs=options, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        json.dump([[text(value) for value in row] for row in cursor.fetchall()], sys.stdout)


main()
