"""Reads one endpoint for a process that cannot: the fork of one that has used gRPC.

The reading process is started anew. It gets a pickled request on its standard input and answers with an Arrow stream on
its standard output; how it ended is pickled on its standard error.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from ._endpoint import Endpoint
from ._errors import UnavailableError, WeftError
from ._reading import Retry, read
from ._target import Target


def read_elsewhere(endpoint: Endpoint, target: Target, retry: Retry) -> Iterator[pa.RecordBatch]:
    """The same as :func:`read`, through a process of its own. What is renewed meanwhile is not told back."""
    request = pickle.dumps((endpoint, target.carrying_token(), retry))
    child = subprocess.Popen(
        # The token goes through a pipe: command lines and environments can be read by others.
        [sys.executable, "-c", "import sys; sys.path[:] = eval(sys.argv[1]); import weft._relay as r; r.main()", repr(sys.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin and child.stdout and child.stderr
    try:
        with child.stdin:
            child.stdin.write(request)
        source: Any = child.stdout
        try:
            yield from pa.ipc.open_stream(source)
        except (pa.ArrowInvalid, OSError):
            pass  # It broke off: what it says at its end tells why.
        told = child.stderr.read()
        if child.wait() != 0:
            raise _error(told)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdout, child.stderr):
            pipe.close()


def _error(told: bytes) -> WeftError:
    try:
        error = pickle.loads(told)
    except Exception:
        error = None
    if isinstance(error, WeftError):
        return error
    return UnavailableError(f"the process that read for this one broke off: {told.decode(errors='replace').strip()[-500:]}")


def main() -> None:
    """Answers one request."""
    endpoint, target, retry = pickle.load(sys.stdin.buffer)
    try:
        sink: Any = sys.stdout.buffer
        writer: pa.RecordBatchStreamWriter | None = None
        for batch in read(endpoint, target, retry):
            writer = writer or pa.ipc.new_stream(sink, batch.schema)
            writer.write_batch(batch)
        if writer is None:
            writer = pa.ipc.new_stream(sink, pa.schema([]))
        writer.close()
        sys.stdout.buffer.flush()
    except WeftError as error:
        sys.stderr.buffer.write(pickle.dumps(error))
        sys.stderr.buffer.flush()
        sys.exit(1)
