"""A server of Flight SQL that does nothing: it answers every query with the same row, at once, from memory. What asking
it takes is what clients and the wire take by themselves, and no server can be faster.

    python idle.py

It tells its address in a line on stdout.
"""

import pyarrow as pa
from pyarrow import flight

from asking import field

ROW = pa.table({"n_nationkey": pa.array([3], pa.int64()), "n_name": ["CANADA"], "n_regionkey": pa.array([1], pa.int64()),
                "n_comment": ["eas hang ironic, silent packages. slyly regular packages are furiously over the tithes. "]})
HANDLE = b"0" * 32


class Idle(flight.FlightServerBase):
    def get_flight_info(self, context, descriptor):
        # What a driver asks of a server when it connects: nothing is known of this one.
        asks_of_server = b"CommandGetSqlInfo" in descriptor.command
        endpoints = [] if asks_of_server else [flight.FlightEndpoint(HANDLE, [])]
        return flight.FlightInfo(ROW.schema, descriptor, endpoints, -1, -1)

    def do_get(self, context, ticket):
        return flight.RecordBatchStream(ROW)

    def do_action(self, context, action):
        if action.type == "CreatePreparedStatement":
            url = b"type.googleapis.com/arrow.flight.protocol.sql.ActionCreatePreparedStatementResult"
            prepared = field(1, HANDLE) + field(2, ROW.schema.serialize().to_pybytes())
            yield flight.Result(pa.py_buffer(field(1, url) + field(2, prepared)))


def main():
    server = Idle("grpc://127.0.0.1:0")
    print(f"grpc://127.0.0.1:{server.port}", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
