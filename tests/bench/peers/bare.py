"""A trivial server of Arrow Flight, Arrow's own in C++, which sends one table from memory again and again.

    python bare.py FOLDER [CERTIFICATE KEY]

`FOLDER` is a Delta table. It tells its address in a line on stdout.
"""

import sys
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from pyarrow import flight

# The size of batches at which this server is fastest.
ROWS = 131_072


class Server(flight.FlightServerBase):
    def __init__(self, location, table, **more):
        super().__init__(location, **more)
        self.table = table

    def do_get(self, context, ticket):
        return flight.RecordBatchStream(self.table)


def main():
    folder, *secured = sys.argv[1:]
    table = DeltaTable(folder).to_pyarrow_table().combine_chunks()
    table = pa.Table.from_batches(table.to_batches(max_chunksize=ROWS))
    certificates = [(Path(secured[0]).read_bytes(), Path(secured[1]).read_bytes())] if secured else []
    scheme = "grpc+tls" if secured else "grpc"
    server = Server(f"{scheme}://127.0.0.1:0", table, tls_certificates=certificates)
    print(f"{scheme}://127.0.0.1:{server.port}", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
