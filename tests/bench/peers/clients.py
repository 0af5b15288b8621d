"""Clients of a server of Flight SQL that all ask for single rows, by ADBC; one request a line, as with `asking.py`.

    python clients.py ADDRESS NAMES TOKENS

`TOKENS` are divided by commas, and clients take them in turn. A request has `sql` with a place for `{key}`, `keys` of
which one is taken at random each time, how many `clients`, each with a connection and a session of its own, and for
how many `seconds`; with `pause`, each waits about so many seconds between its queries. It is answered with `p50` and
`p99` in milliseconds, queries per second, how many clients broke off, and the first reason. Each query must find one
row.
"""

import json
import random
import sys
import threading
import time

from adbc_driver_flightsql import DatabaseOptions, dbapi

from asking import tell
from tables import NAMES


def main():
    address, names, tokens = sys.argv[1:]
    tokens = tokens.split(",")
    tables = {name: names.format(name) for name in NAMES}
    connections = []
    tell(version="")
    for line in sys.stdin:
        request = json.loads(line)
        while len(connections) < request["clients"]:
            connections.append(connected(address, tokens[len(connections) % len(tokens)]))
        sql = request["sql"].format_map(tables | {"key": "{key}"})
        some, pause = connections[:request["clients"]], request.get("pause", 0)
        tell(**measured(some, sql, request["keys"], request["seconds"], pause))


def connected(address, token):
    options = {DatabaseOptions.WITH_COOKIE_MIDDLEWARE.value: "true"}
    if token:
        options[DatabaseOptions.AUTHORIZATION_HEADER.value] = f"Bearer {token}"
    return dbapi.connect(address, db_kwargs=options, autocommit=True)


def measured(connections, sql, keys, seconds, pause):
    times, failures = [], []
    began = time.perf_counter()
    threads = [threading.Thread(target=ask, args=(one, sql, keys, began + seconds, pause, times, failures))
               for one in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    times.sort()
    return {"p50": share(times, 50), "p99": share(times, 99), "rate": len(times) / took, "broken": len(failures),
            "reason": str(next(iter(failures), ""))}


def share(times, percent):
    return times[len(times) * percent // 100] * 1e3 if times else float("nan")


def ask(connection, sql, keys, until, pause, times, failures):
    try:
        time.sleep(random.uniform(0, pause))
        while (began := time.perf_counter()) < until:
            with connection.cursor() as cursor:
                cursor.execute(sql.format(key=random.choice(keys)))
                rows = cursor.fetch_arrow_table().num_rows
            times.append(time.perf_counter() - began)
            assert rows == 1, f"{rows} rows"
            time.sleep(random.uniform(0, 2 * pause))
    except Exception as failure:
        failures.append(failure)


if __name__ == "__main__":
    main()
