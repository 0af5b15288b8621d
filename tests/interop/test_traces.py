"""Traces: a client's goes on through the binary, to a collector that speaks OTLP and into whatever keeps its id."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow.flight as fl
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from flight import fetch
from receiver import Receiver, lines_of
from weft import LONGEST, Configured, Repository, configuration, until

# Columns that no transform reads, so that they come from the store.
SUMS = "select sum(flight) as flights, sum(minute) as minutes, count(distinct tailnum) as planes from aviation.flights.departures"


class Collector:
    """Takes what is exported, and keeps the spans."""

    def __init__(self):
        self.spans, self.headers, self.requests = [], [], 0
        collector = self

        class Taken(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                assert (self.path, self.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
                message = ExportTraceServiceRequest.FromString(body)
                collector.requests += 1
                collector.headers.append(dict(self.headers))
                for resource in message.resource_spans:
                    names = {each.key: each.value.string_value for each in resource.resource.attributes}
                    assert names["service.name"] == "weft"
                    for scope in resource.scope_spans:
                        collector.spans.extend(scope.spans)
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taken)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/v1/traces"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, trace):
        """The spans of a trace, by name."""
        found = defaultdict(list)
        for span in list(self.spans):
            if span.trace_id.hex() == trace:
                found[span.name].append(span)
        return found

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def said(span):
    """What a span says of itself."""
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@pytest.fixture(scope="module")
def collector():
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def server(tmp_path_factory, collector, receiver):
    folder = tmp_path_factory.mktemp("traces")
    Repository(folder / "mesh")
    (folder / "headers").write_text("x-tenant: mesh-of-tests\n")
    traces = ["[traces]", f'endpoint = "{collector.endpoint}"', 'sampled = "100 %"', f'headers = "{folder / "headers"}"']
    config = configuration(folder, *traces, *lines_of(folder, "house", receiver.url))
    with Configured(config, folder / "home") as server:
        server.ready()
    # Started anew, since whoever made a table has it in memory and need not ask the store for it.
    with Configured(config, folder / "home") as server:
        yield server.ready()


def lines(server):
    return [json.loads(line) for line in (server.home / "logs" / "weft.log").read_text().splitlines()]


def test_one_id_runs_from_a_client_of_flight_through_planning_to_the_store(server, collector):
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    headers = [(b"authorization", f"Bearer {server.token('ana')}".encode()), (b"traceparent", f"00-{trace}-{parent}-01".encode())]
    with fl.connect(server.flight) as client:
        assert fetch(client, SUMS, *headers).num_rows == 1
    wanted = {"flight", "query", "plan", "optimise", "rows", "read"}
    spans = until(lambda: (found := collector.of(trace)) and wanted <= set(found) and found, f"spans {wanted}")
    by_id = {span.span_id.hex(): span for each in spans.values() for span in each}
    for span in by_id.values():
        # Whatever it is, it leads back to the client's own.
        while span.parent_span_id.hex() != parent:
            span = by_id[span.parent_span_id.hex()]
        assert span.name == "flight"
    assert {said(span)["verb"] for span in spans["flight"]} == {"get_flight_info", "do_get"}
    assert said(spans["query"][0])["query"]

    asked = until(
        lambda: [row for row in server.query("ana", "select query, trace from system.usage.queries") if row["trace"] == trace],
        "the query is on record under its trace",
    )
    assert asked
    told = {line["message"] for line in lines(server) if line.get("trace_id") == trace}
    assert {"query begins", "query ended"} <= told


def test_the_same_id_is_in_the_webhook_that_a_client_s_work_caused(server, collector, receiver):
    trace = "7af92f3577b34da6a3ce929d0e0e4736"
    parent = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    bearer = {"authorization": f"Bearer {server.token('dana')}"}
    with fl.connect(server.flight) as client:
        headers = [(name.encode(), value.encode()) for name, value in (parent | bearer).items()]
        assert fetch(client, "select count(*) n from loyalty.members.profiles", *headers).num_rows == 1
    wanted = {"port": "loyalty.members.profiles", "columns": ["email"], "purpose": "member_service", "note": "complaints"}
    ask = urllib.request.Request(
        f"{server.http}/api/v1/access/requests", data=json.dumps(wanted).encode(), method="POST",
        headers=parent | bearer | {"content-type": "application/json"},
    )
    with urllib.request.urlopen(ask, timeout=LONGEST) as answer:
        request = json.loads(answer.read())["id"]
    event = receiver.of("request.opened", request)
    assert event["traceparent"].split("-")[1] == trace
    spans = until(lambda: {"flight", "plan", "http"} <= set(found := collector.of(trace)) and found, "the spans of both doors")
    assert spans


def test_an_error_bears_the_id_under_which_the_collector_knows_it(server, collector):
    ask = urllib.request.Request(f"{server.http}/api/v1/products/no/such", headers={"authorization": f"Bearer {server.token('ana')}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(ask, timeout=LONGEST)
    trace = json.loads(refused.value.read())["trace_id"]
    (span,) = until(lambda: collector.of(trace).get("http"), "the span of the request")
    assert said(span)["status"] in (404, "404")


def test_a_reconcile_is_one_trace_and_its_commits_name_it(server, collector):
    def whole():
        for reconcile in [span for span in list(collector.spans) if span.name == "reconcile"]:
            found = collector.of(reconcile.trace_id.hex())
            if {"check", "apply", "build", "gate", "commit", "release", "write"} <= set(found):
                return reconcile.trace_id.hex(), found
        return None

    trace, _ = until(whole, "a reconcile with all of its steps")
    named = []
    for file in (server.home / "warehouse").glob("*/*/*/_delta_log/*.json"):
        for line in file.read_text().splitlines():
            if info := json.loads(line).get("commitInfo"):
                named.append(info["traceparent"])
    assert len(named) >= 7 and {text.split("-")[1] for text in named} == {trace}


def test_what_is_configured_goes_along_and_is_in_no_log(server, collector):
    until(lambda: collector.requests, "something is exported")
    assert all(headers.get("x-tenant") == "mesh-of-tests" for headers in collector.headers)
    assert "mesh-of-tests" not in (server.home / "logs" / "weft.log").read_text()


def test_the_exporter_does_not_trace_itself(collector):
    assert not [span for span in collector.spans if "v1/traces" in str(said(span))]


def test_neither_log_nor_spans_hold_a_literal(server, collector):
    literal = "zq_never_logged_77"
    token = server.token("ana")
    with fl.connect(server.flight) as client:
        for text in (f"select '{literal}' as a", f"select cast('{literal}' as int) as a", f"select cast(tailnum || '{literal}' as int) as a from fleet.aircraft.planes"):
            trace = "5" * 31 + str(len(text) % 10)
            try:
                fetch(client, text, (b"authorization", f"Bearer {token}".encode()), (b"traceparent", f"00-{trace}-00f067aa0ba902b7-01".encode()))
            except (fl.FlightError, ValueError):
                pass
            until(lambda trace=trace: collector.of(trace), "its spans")
    assert literal not in (server.home / "logs" / "weft.log").read_text()
    assert not [span.name for span in collector.spans if literal in str(said(span))]


def test_a_collector_that_hangs_holds_nothing_up(tmp_path):
    Repository(tmp_path / "mesh")
    with socket.socket() as hangs:
        hangs.bind(("127.0.0.1", 0))
        hangs.listen(1)
        traces = ["[traces]", f'endpoint = "http://127.0.0.1:{hangs.getsockname()[1]}/v1/traces"']
        with Configured(configuration(tmp_path, *traces), tmp_path / "home") as server:
            server.ready()
            assert server.query("ana", "select 1 as one") == [{"one": 1}]
            said = lambda: [line for line in lines(server) if line["message"].startswith("traces cannot be sent")]
            assert len(until(said, "that traces are lost is told")) == 1
            with urllib.request.urlopen(f"{server.http}/metrics", timeout=LONGEST) as answer:
                counted = answer.read().decode()
            (lost,) = [line for line in counted.splitlines() if line.startswith('weft_trace_spans_total{outcome="lost"}')]
            assert float(lost.rsplit(" ", 1)[1]) > 0
            assert server.stop() == 0
