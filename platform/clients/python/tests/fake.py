"""A small Flight SQL server that deals a table out in endpoints, and fails when it is told to."""

import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.flight as fl

import weft

ROWS = 4_000
BATCH = 97


def numbers(rows=ROWS):
    """Every row differs from every other."""
    return pa.table({
        "id": pa.array(range(rows), pa.int64()),
        "name": pa.array([None if n % 7 == 0 else f"row {n}" for n in range(rows)]),
        "half": pa.array([n / 2 for n in range(rows)], pa.float64()),
    })


@dataclass(frozen=True)
class Quick(weft.Retry):
    """Tries again without waiting."""

    def wait(self, failures):
        pass


class Mesh(fl.FlightServerBase):
    """Tickets are `principal|endpoint|of|ends`. What goes wrong is said by the attributes."""

    def __init__(self, token, address="grpc://127.0.0.1:0", **tls):
        super().__init__(address, middleware={"headers": Headers()}, **tls)
        self.uri = f"{address.split('://')[0]}://127.0.0.1:{self.port}"
        self.table = numbers()
        self.tokens = {token: "ana"}
        # For each fetch in turn: after how many batches it breaks, and by which error.
        self.breaks = []
        self.refuses_questions = []
        # Given to whoever fetches for the second time.
        self.other_batches = None
        self.lasts = timedelta(hours=1)
        self.expires_times = True
        self.takes_uploads = False
        self.fetched, self.renewed, self.asked, self.said, self.uploaded = Counter(), Counter(), [], [], {}

    def get_flight_info(self, context, descriptor):
        who = self.who(context)
        said = context.get_middleware("headers").said
        sql = fields(fields(descriptor.command)[2][0])[1][0].decode()
        self.asked.append(sql)
        if self.refuses_questions:
            raise self.refuses_questions.pop(0)
        number = int(said["x-weft-endpoints"][0])
        told = {"asOf": "2026-01-02T03:04:05.000006Z", "expires": self.ends().isoformat(), "endpoints": number}
        told["tables"] = [{"port": "a.b.c", "release": 3, "tableVersion": 7, "table": "id at place"}]
        endpoints = [self.endpoint(who, nth, number) for nth in range(number)]
        return fl.FlightInfo(self.table.schema, descriptor, endpoints, -1, -1, False, json.dumps(told))

    def endpoint(self, who, nth, number):
        ends = self.ends()
        ticket = f"{who}|{nth}|{number}|{ends.timestamp()}".encode()
        return fl.FlightEndpoint(ticket, [], pa.scalar(ends, pa.timestamp("ns", "UTC")) if self.expires_times else None)

    def ends(self):
        return datetime.now(timezone.utc) + self.lasts

    def batches(self, nth, number):
        """The rows of an endpoint: every so-manieth batch."""
        return self.table.to_batches(max_chunksize=BATCH)[nth::number]

    def do_get(self, context, ticket):
        who, nth, number, ends = ticket.ticket.decode().split("|")
        nth, number = int(nth), int(number)
        self.fetched[nth] += 1
        if self.who(context) != who or float(ends) < time.time():
            raise KeyError("W0905 no such ticket, or it has expired")
        batches = self.batches(nth, number)
        if self.other_batches is not None and self.fetched[nth] > 1:
            batches = self.other_batches
        at, error = self.breaks.pop(0) if self.breaks else (None, None)

        def stream():
            for done, batch in enumerate(batches):
                if done == at:
                    raise error
                yield batch
            if at is not None and at >= len(batches):
                raise error

        return fl.GeneratorStream(self.table.schema, stream())

    def do_put(self, context, descriptor, reader, writer):
        self.who(context)
        command = fields(fields(descriptor.command)[2][0])
        if not self.takes_uploads:
            raise NotImplementedError("W0906 ingest is not part of Flight SQL")
        self.uploaded[command[2][0].decode()] = reader.read_all()

    def do_action(self, context, action):
        who = self.who(context)
        endpoint = fl.FlightEndpoint.deserialize(fields(action.body.to_pybytes())[1][0])
        _, nth, number, _ = endpoint.ticket.ticket.decode().split("|")
        self.renewed[int(nth)] += 1
        yield fl.Result(self.endpoint(who, int(nth), int(number)).serialize())

    def who(self, context):
        said = context.get_middleware("headers").said
        self.said.append(said)
        token = said.get("authorization", [""])[0].removeprefix("Bearer ")
        if token not in self.tokens:
            raise fl.FlightUnauthenticatedError("W0801 credentials are missing or not valid")
        return self.tokens[token]


class Headers(fl.ServerMiddlewareFactory):
    def start_call(self, info, headers):
        return Said(headers)


class Said(fl.ServerMiddleware):
    def __init__(self, said):
        self.said = said


def fields(message):
    """The fields of a message of protobuf, by number."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        value = varint()
        if key & 7 == 2:
            at, value = at + value, message[at : at + value]
        found.setdefault(key >> 3, []).append(value)
    return found
