"""Shards that are read over connections that break."""

import pickle
import random
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.flight as fl
import pytest

import weft
from conftest import TOKEN
from cutting import Cutting
from fake import BATCH, Quick, numbers

SQL = "SELECT * FROM a.b.c"
UNAVAILABLE = fl.FlightUnavailableError("the server is going down")
BREAKS = [UNAVAILABLE, fl.FlightTimedOutError("too late"), fl.FlightInternalError("Received RST_STREAM with error code 2")]


def ids(batches):
    return [row for batch in batches for row in batch["id"].to_pylist()]


def test_shards_together_are_the_answer(connection, mesh):
    for number in (1, 2, 3, 7, 50):
        shards = connection.stream(SQL, endpoints=number)
        assert len(shards) == number
        assert shards.to_arrow().sort_by("id").equals(mesh.table)
    assert mesh.asked == [SQL] * 5


def test_the_rows_come_shard_by_shard_in_an_order_that_does_not_change(connection):
    shards = connection.stream(SQL, endpoints=5)
    one_by_one = ids(batch for shard in shards for batch in shard.read())
    assert [ids(shards.to_arrow(threads).to_batches()) for threads in (None, 1, 2)] == [one_by_one] * 3


def test_what_the_server_says_of_its_answer_is_there(connection, mesh):
    shards = connection.stream(SQL, endpoints=2)
    assert shards.schema == mesh.table.schema
    assert shards.as_of == datetime(2026, 1, 2, 3, 4, 5, 6, timezone.utc)
    assert timedelta(minutes=59) < shards.expires - datetime.now(timezone.utc) < timedelta(minutes=61)
    assert shards.described["tables"][0]["tableVersion"] == 7


def test_a_shard_is_an_element_and_some_shards_are_shards(connection):
    shards = connection.stream(SQL, endpoints=4)
    assert ids(shards[-1].read()) == ids(shards.read(3)) == ids(shards[1:][2].read())
    assert [shard.index for shard in shards] == [0, 1, 2, 3]
    assert len(shards[1::2]) == 2
    with pytest.raises(IndexError):
        shards[4]


def test_a_shard_is_a_reader_for_whatever_takes_one(connection, mesh):
    reader = connection.stream(SQL)[0].reader()
    assert isinstance(reader, pa.RecordBatchReader)
    assert reader.read_all().equals(mesh.table)


def test_an_empty_answer_has_its_columns(connection, mesh):
    mesh.table = mesh.table.slice(0, 0)
    table = connection.stream(SQL, endpoints=3).to_arrow()
    assert (table.num_rows, table.schema) == (0, mesh.table.schema)


@pytest.mark.parametrize("error", BREAKS, ids=lambda error: type(error).__name__)
def test_wherever_it_breaks_off_nothing_is_lost_and_nothing_comes_twice(connection, mesh, error):
    shard = connection.stream(SQL, endpoints=2)[1]
    whole = ids(shard.read())
    for at in range(len(mesh.batches(1, 2)) + 1):
        mesh.breaks = [(at, error)]
        assert ids(shard.read()) == whole
        assert mesh.breaks == []


def test_it_may_break_off_again_and_again(connection, mesh):
    chance = random.Random(7)
    shard = connection.stream(SQL)[0]
    for _ in range(30):
        # More failures than are allowed in a row, but each time some rows came in between.
        steps = sorted(chance.sample(range(1, 42), chance.randint(2, 20)))
        mesh.breaks = [(at, chance.choice(BREAKS)) for at in steps]
        assert ids(shard.read()) == list(range(mesh.table.num_rows))
        assert mesh.breaks == []


def test_connections_are_reset_at_any_byte(mesh):
    chance = random.Random(11)
    mesh.table = numbers(20_000)
    for _ in range(25):
        cuts = [chance.randint(1, 400_000) for _ in range(3)]
        with Cutting(mesh.port, []) as way:
            with weft.connect(f"grpc://127.0.0.1:{way.port}", token=TOKEN, retry=Quick()) as connection:
                shard = connection.stream(SQL, endpoints=1)[0]
                way.after = cuts
                assert ids(shard.read()) == list(range(20_000))
                assert way.cuts >= 1


def test_a_server_that_comes_back_is_read_to_the_end(connection, mesh):
    """The whole process goes away in the middle, and another one takes its place."""
    serving = [sys.executable, "-c", "import fake, sys; m = fake.Mesh(sys.argv[1], sys.argv[2]); print(m.port, flush=True); m.serve()", TOKEN]
    serve = lambda port: subprocess.Popen(
        [*serving, f"grpc://127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True, cwd=__file__.rsplit("/", 1)[0]
    )
    first = serve(0)
    port = int(first.stdout.readline())
    retry = weft.Retry(attempts=50, first_seconds=0.2, longest_seconds=0.2)
    with weft.connect(f"grpc://127.0.0.1:{port}", token=TOKEN, retry=retry) as asking:
        batches = asking.stream(SQL).read(0)
        found = [next(batches)]
        first.kill()
        first.wait()
        second = serve(port)
        assert int(second.stdout.readline()) == port
        found += batches
        second.kill()
        second.wait()
    assert ids(found) == list(range(numbers().num_rows))
    for process in (first, second):
        process.stdout.close()


def test_attempts_are_counted_and_end(connection, mesh):
    mesh.breaks = [(3, UNAVAILABLE)] * 100
    found = []
    with pytest.raises(weft.UnavailableError, match="going down"):
        for batch in connection.stream(SQL).read(0):
            found.append(batch)
    assert ids(found) == list(range(3 * BATCH)), "what came is given out"
    assert mesh.fetched[0] == 6


def test_waits_are_random_and_bounded(monkeypatch):
    waited = []
    monkeypatch.setattr("weft._reading.time.sleep", waited.append)
    for failures in range(1, 12):
        weft.Retry(first_seconds=0.5, longest_seconds=8).wait(failures)
    bounds = [min(8, 0.5 * 2**n) for n in range(11)]
    assert all(0 <= wait <= bound for wait, bound in zip(waited, bounds))
    assert len(set(waited)) == len(waited)


@pytest.mark.parametrize(("error", "expected"), [
    (fl.FlightUnauthenticatedError("W0801 credentials are missing or not valid"), weft.AuthenticationError),
    (fl.FlightUnauthorizedError("W0301 that is not allowed"), weft.PermissionDeniedError),
    (KeyError("W0905 no such ticket, or it has expired"), weft.TicketError),
    (ValueError("W0201 line 1"), weft.WeftError),
    (fl.FlightInternalError("W0902 something went wrong"), weft.WeftError),
], ids=lambda value: getattr(value, "__name__", type(value).__name__))
def test_a_refusal_is_told_at_once(connection, mesh, error, expected):
    mesh.breaks = [(2, error)]
    with pytest.raises(expected) as raised:
        list(connection.stream(SQL).read(0))
    assert raised.value.code == str(error).strip("'")[:5]
    assert raised.value.__cause__ is not None
    assert mesh.fetched[0] == 1


def test_a_ticket_is_worth_nothing_to_anyone_else(connection, mesh, monkeypatch):
    mesh.tokens["omar's"] = "omar"
    shards = pickle.loads(pickle.dumps(connection.stream(SQL)))
    monkeypatch.setenv("WEFT_TOKEN", "omar's")
    with pytest.raises(weft.TicketError, match="no such ticket"):
        list(shards.read(0))
    assert mesh.fetched[0] == 1


def test_a_ticket_that_is_over_says_so(connection, mesh):
    mesh.lasts = timedelta(seconds=-1)
    shards = connection.stream(SQL)
    mesh.do_action = None
    with pytest.raises(weft.TicketExpiredError, match="expired"):
        list(shards.read(0))
    assert mesh.fetched[0] == 1


def test_a_ticket_is_renewed_while_it_is_read(connection, mesh, monkeypatch):
    shards = connection.stream(SQL, endpoints=2)
    ends = [shard._endpoint.expires for shard in shards]
    batches = shards.read(0)
    found = [next(batches)]
    assert mesh.renewed == {}
    monkeypatch.setattr("weft._endpoint.time", SimpleNamespace(time=lambda: time.time() + 31 * 60))
    found.append(next(batches))
    assert mesh.renewed == {0: 1}, "more than half of the hour is over"
    assert shards[0]._endpoint.expires > ends[0] and shards[1]._endpoint.expires == ends[1]
    found += batches
    assert mesh.renewed == {0: 1}, "the other one is nobody's business yet"
    assert ids(found) == ids(shards.read(0))
    shards.renew()
    assert mesh.renewed == {0: 2, 1: 1}


def test_other_rows_under_the_same_ticket_are_refused(connection, mesh):
    mesh.breaks = [(4, UNAVAILABLE)]
    mesh.other_batches = mesh.table.to_batches(max_chunksize=BATCH + 1)
    found = []
    with pytest.raises(weft.InconsistentError, match="other batches"):
        found.extend(connection.stream(SQL).read(0))
    mesh.breaks, mesh.fetched[0] = [(4, UNAVAILABLE)], 0
    mesh.other_batches = mesh.table.to_batches(max_chunksize=BATCH)[:3]
    with pytest.raises(weft.InconsistentError, match="fewer"):
        list(connection.stream(SQL).read(0))


def test_one_shard_that_fails_ends_all(connection, mesh):
    mesh.tokens["other"] = "omar"
    shards = connection.stream(SQL, endpoints=4)
    mesh.breaks = [(1, fl.FlightUnauthorizedError("W0301 no more"))]
    with pytest.raises(weft.PermissionDeniedError, match="no more"):
        shards.to_arrow()


def test_whoever_stops_early_is_let_go(connection):
    shards = connection.stream(SQL)
    for _ in range(20):
        batches = shards.read(0)
        next(batches)
        batches.close()
    assert shards.to_arrow().num_rows == numbers().num_rows


def test_a_question_is_asked_again_while_the_server_is_away(connection, mesh):
    mesh.refuses_questions = [UNAVAILABLE] * 3
    assert connection.stream(SQL).to_arrow().num_rows == numbers().num_rows
    mesh.refuses_questions = [ValueError("W0201 line 1, column 1: nothing")]
    with pytest.raises(weft.QueryError, match="^W0201 line 1, column 1: nothing$") as raised:
        connection.stream("")
    assert raised.value.code == "W0201"
    assert len(mesh.asked) == 5


def test_a_server_whose_tickets_hold_once_is_refused(connection, mesh):
    mesh.expires_times = False
    with pytest.raises(weft.NotSupportedError, match="fetched again"):
        connection.stream(SQL)
    with pytest.raises(ValueError):
        connection.stream(SQL, endpoints=0)


def test_a_pickle_holds_no_token_unless_it_is_told_to(connection, monkeypatch):
    shards = connection.stream(SQL, endpoints=3)
    plain, carrying = pickle.dumps(shards), pickle.dumps(shards.carrying_token())
    assert TOKEN.encode() not in plain and TOKEN.encode() in carrying
    monkeypatch.delenv("WEFT_TOKEN", raising=False)
    assert pickle.loads(carrying).to_arrow().equals(shards.to_arrow())
    with pytest.raises(weft.AuthenticationError, match="WEFT_TOKEN"):
        pickle.loads(plain).to_arrow()
    monkeypatch.setenv("WEFT_TOKEN", TOKEN)
    assert pickle.loads(plain).to_arrow().equals(shards.to_arrow())
    assert ids(pickle.loads(pickle.dumps(shards[1])).read()) == ids(shards.read(1))
    assert TOKEN not in repr(shards) + repr(shards[0]) + repr(connection)


def test_headers_say_who_asks_for_what(mesh):
    at = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    tokens = iter(["first", "second"])
    mesh.tokens |= {"first": "ana", "second": "ana"}
    with weft.connect(mesh.uri, token=lambda: next(tokens), purpose="modelling", as_of=at) as connection:
        list(connection.stream(SQL).read(0))
    said = mesh.said[-1]
    assert [each["authorization"] for each in mesh.said] == [["Bearer first"], ["Bearer second"]]
    assert (said["x-weft-purpose"], said["x-weft-as-of"]) == (["modelling"], ["2026-01-01T10:00:00Z"])


@pytest.mark.parametrize("uri", ["", "mesh:8815", "http://mesh:8815", "grpc://", "grpc+unix:///tmp/x"])
def test_what_is_no_address_is_refused(uri):
    with pytest.raises(ValueError, match="address"):
        weft.connect(uri)


def test_an_instant_needs_a_time_zone_and_headers_hold_no_line_breaks():
    with pytest.raises(ValueError, match="time zone"):
        weft.connect("grpc://mesh:8815", as_of=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="printable"):
        weft.connect("grpc://mesh:8815", purpose="a\r\nb: c")


def test_a_token_is_never_sent_where_it_could_be_read(mesh):
    target = weft.connect("grpc+tls://mesh:8815", token=TOKEN)._target
    with pytest.raises(ValueError, match="not encrypted"):
        target.client("grpc://elsewhere:1")
