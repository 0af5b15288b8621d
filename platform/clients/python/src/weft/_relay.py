"""Reads endpoints for a process that cannot: the fork of one that has used gRPC.

A process that is started anew reads in its place. It takes pickled requests on its standard input and answers each with
an Arrow stream on its standard output, and behind that with how it ended: a pickled exception, or nothing.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa

from ._endpoint import Endpoint
from ._errors import UnavailableError, WeftError
from ._reading import Retry, read
from ._target import Target

# Where this process finds its packages, that one does.
_BEGIN = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); import weft._relay; weft._relay.main()"


def read_elsewhere(endpoint: Endpoint, target: Target, retry: Retry) -> Iterator[pa.RecordBatch]:
    """The same as :func:`read`, through another process. Tickets that are renewed there are kept here."""
    relay = _idle_one() or _Relay()
    try:
        # The token goes through a pipe: command lines and environments can be read by others.
        relay.ask((endpoint, target.carrying_token(), retry))
        yield from relay.batches()
        error, renewed = relay.end()
    except (pa.ArrowException, OSError, EOFError, pickle.UnpicklingError) as broken:
        relay.close()
        raise UnavailableError("the process that read for this one broke off") from broken
    except BaseException:
        relay.close()
        raise
    endpoint.__setstate__(renewed)
    _idle.append(relay)
    if error is not None:
        raise error


class _Relay:
    """One such process. It ends by itself when nobody asks it any more."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _BEGIN, json.dumps(sys.path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin and self._process.stdout
        self._requests: IO[bytes] = self._process.stdin
        self._answers: Any = self._process.stdout

    def ask(self, request: Any) -> None:
        pickle.dump(request, self._requests)
        self._requests.flush()

    def batches(self) -> Iterator[pa.RecordBatch]:
        yield from pa.ipc.open_stream(self._answers)

    def end(self) -> tuple[WeftError | None, dict[str, Any]]:
        error, renewed = pickle.load(self._answers)
        return error, renewed

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._requests.close()
        self._answers.close()


_idle: list[_Relay] = []
_owner: int | None = None


def _idle_one() -> _Relay | None:
    """One that this process has started and has no use for just now. Those of a parent are the parent's."""
    global _owner
    if _owner != os.getpid():
        _owner = os.getpid()
        _idle.clear()
    try:
        return _idle.pop()
    except IndexError:
        return None


def main() -> None:
    """Answers requests until there are no more."""
    requests: Any = sys.stdin.buffer
    answers = sys.stdout.buffer
    while requests.peek(1):
        endpoint, target, retry = pickle.load(requests)
        error = _answer(read(endpoint, target, retry), answers)
        pickle.dump((error, endpoint.__getstate__()), answers)
        answers.flush()


def _answer(batches: Iterator[pa.RecordBatch], sink: Any) -> WeftError | None:
    writer: pa.RecordBatchStreamWriter | None = None
    error: WeftError | None = None
    try:
        for batch in batches:
            writer = writer or pa.ipc.new_stream(sink, batch.schema)
            writer.write_batch(batch)
    except WeftError as raised:
        error = raised
    writer = writer or pa.ipc.new_stream(sink, pa.schema([]))
    writer.close()
    return error
