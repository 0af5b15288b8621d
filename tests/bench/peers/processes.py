"""Processes that are measured: what they have used, and those that are asked one request at a time."""

import json
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def cpu_seconds(pid):
    """Seconds of processor time that a process has used, all its threads together."""
    # The kernel's name for the clock of another process: CPUCLOCK_SCHED of its id.
    return time.clock_gettime((~pid << 3) | 2)


def memory_mib(pid, which="VmRSS"):
    """The memory that a process holds, or with `VmHWM` the most that it held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(which + ":"):
            return int(line.split()[1]) / 1024
    return float("nan")


class Failed(Exception):
    """What an engine said instead of an answer."""


class Asker:
    """A process of a script that asks one engine, such as `asking.py`; made with what that script takes."""

    def __init__(self, python, *arguments, script="asking.py"):
        command = [python, HERE / script, *arguments]
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.version = self._answer()["version"]

    def ask(self, **request):
        """What the engine took for a request, and what came of it; see the script. Raises what it said if it failed."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a peer ended: {self.process.args}")
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
