"""Answers in several endpoints: deterministic, sealed tickets that anybody's retries may rely on."""

import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from flight import descriptor, field

REFUSED = (fl.FlightError, pa.ArrowException)
DEPARTURES = "SELECT * FROM aviation.flights.departures"
STATEMENTS = [
    DEPARTURES,
    "SELECT carrier, count(*) AS flights, avg(dep_delay) AS late FROM aviation.flights.departures GROUP BY carrier",
    "SELECT origin, dest FROM aviation.flights.departures WHERE dep_delay > 60 ORDER BY dep_delay DESC, dest LIMIT 5000",
    "SELECT carrier FROM aviation.flights.departures UNION ALL SELECT carrier FROM reference.carriers.airlines",
    "SELECT f.tailnum, p.* FROM aviation.flights.departures f JOIN fleet.aircraft.planes p ON p.tailnum = f.tailnum",
    "SELECT f.carrier, f.time_hour, w.temp FROM aviation.flights.departures f ASOF JOIN weather.observations.hourly w"
    " MATCH_CONDITION (f.time_hour >= w.time_hour) ON f.origin = w.origin",
]


class Caller:
    """One principal at Flight's own verbs."""

    def __init__(self, server, name, **headers):
        self.client = fl.connect(server.flight)
        self.headers = [(b"authorization", f"Bearer {server.token(name)}".encode())]
        self.headers += [(key.replace("_", "-").encode(), str(value).encode()) for key, value in headers.items()]

    def options(self, *more):
        return fl.FlightCallOptions(headers=self.headers + list(more))

    def info(self, sql, endpoints):
        return self.client.get_flight_info(descriptor(sql), self.options((b"x-weft-endpoints", str(endpoints).encode())))

    def read(self, ticket):
        return self.client.do_get(ticket, self.options()).read_all()

    def act(self, name, about):
        """What an action answers whose message holds one other."""
        action = fl.Action(name, field(1, about.serialize()))
        (result,) = self.client.do_action(action, self.options())
        return result.body.to_pybytes()

    def stream(self, ticket):
        """The batches of a ticket as they come."""
        return [chunk.data for chunk in self.client.do_get(ticket, self.options())]


def rows(table):
    """The rows as a multiset: in an order of their own."""
    return sorted(map(repr, table.to_pylist()))


def in_bytes(batches):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("sql", STATEMENTS)
def test_endpoints_together_are_the_answer_and_each_comes_again_byte_for_byte(demo, sql):
    ana = Caller(demo, "ana")
    (single,) = ana.info(sql, 1).endpoints
    whole = ana.read(single.ticket)
    endpoints = ana.info(sql, 4).endpoints
    assert len(endpoints) == 4
    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(lambda endpoint: ana.stream(endpoint.ticket), endpoints))
        again = list(threads.map(lambda endpoint: ana.stream(endpoint.ticket), endpoints))
    assert [in_bytes(part) for part in parts if part] == [in_bytes(part) for part in again if part]
    together = pa.Table.from_batches([batch for part in parts for batch in part], schema=whole.schema)
    assert rows(together) == rows(whole)
    (plain,) = ana.client.get_flight_info(descriptor(sql), ana.options()).endpoints
    assert rows(ana.read(plain.ticket)) == rows(whole)


def test_a_reader_that_breaks_off_goes_on_where_it_was(demo):
    ana = Caller(demo, "ana")
    endpoint = ana.info(DEPARTURES, 3).endpoints[1]
    whole = ana.stream(endpoint.ticket)
    assert len(whole) > 2
    for read in range(1, len(whole)):
        reader = ana.client.do_get(endpoint.ticket, ana.options())
        begun = [reader.read_chunk().data for _ in range(read)]
        reader.cancel()
        rest = ana.stream(endpoint.ticket)[read:]
        assert in_bytes(begun + rest) == in_bytes(whole)


def test_what_an_answer_was_made_from_is_told(demo):
    ana = Caller(demo, "ana")
    info = ana.info(STATEMENTS[-1], 2)
    told = json.loads(info.app_metadata)
    assert told["endpoints"] == 2 and told["asOf"] < told["expires"]
    assert [table["port"] for table in told["tables"]] == ["aviation.flights.departures", "weather.observations.hourly"]
    assert all(table["release"] == 1 and table["tableVersion"] >= 0 and table["table"] for table in told["tables"])
    assert all(endpoint.expiration_time for endpoint in info.endpoints)


def test_nobody_else_may_use_a_ticket_and_none_that_was_changed_counts(demo):
    ana, omar = Caller(demo, "ana"), Caller(demo, "omar")
    ticket = ana.info("SELECT 1 AS one", 1).endpoints[0].ticket
    assert ana.read(ticket).to_pylist() == [{"one": 1}]
    with pytest.raises(REFUSED, match="no such ticket"):
        omar.read(ticket)
    changed = ticket.ticket.replace(b"SELECT 1", b"SELECT 2")
    assert changed != ticket.ticket
    with pytest.raises(REFUSED, match="no such ticket"):
        ana.read(fl.Ticket(changed))


def test_a_ticket_is_renewed_and_cancelled(demo):
    ana = Caller(demo, "ana")
    info = ana.info("SELECT 1 AS one", 2)
    endpoint = fl.FlightEndpoint.deserialize(ana.act("RenewFlightEndpoint", info.endpoints[0]))
    assert endpoint.expiration_time.as_py() >= info.endpoints[0].expiration_time.as_py()
    assert ana.stream(endpoint.ticket) == ana.stream(info.endpoints[0].ticket)
    ana.act("CancelFlightInfo", info)
    with pytest.raises(REFUSED, match="no such ticket"):
        ana.read(info.endpoints[0].ticket)


@pytest.mark.parametrize(
    ("sql", "endpoints", "problem"),
    [
        ("SELECT random() AS r", 2, "comes out otherwise each time"),
        ("SELECT 1", 0, "1 to 1024 endpoints"),
        ("SELECT 1", "many", "1 to 1024 endpoints"),
        ("SELECT $1 + 1", 2, "without parameters"),
        ("SELECT * FROM loyalty.members.nothing", 2, "W0202"),
    ],
)
def test_what_cannot_be_cut_is_refused(demo, sql, endpoints, problem):
    with pytest.raises(REFUSED, match=problem):
        Caller(demo, "ana").info(sql, endpoints)


def test_now_is_the_instant_that_the_answer_was_asked_for(demo):
    ana = Caller(demo, "ana", x_weft_purpose="modelling")
    info = ana.info("SELECT now() AS at", 1)
    at = ana.read(info.endpoints[0].ticket)["at"][0].as_py()
    assert at.isoformat() == json.loads(info.app_metadata)["asOf"].removesuffix("Z")
    assert ana.read(info.endpoints[0].ticket)["at"][0].as_py() == at
