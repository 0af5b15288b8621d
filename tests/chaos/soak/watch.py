"""What a process takes of the machine, looked at each second."""

import threading
from pathlib import Path


class Watch(threading.Thread):
    """Memory in MiB and open files of a process, until it is told to stop."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.place, self.ended = Path(f"/proc/{pid}"), threading.Event()
        self.memory, self.files = [], []
        self.start()

    def run(self):
        while not self.ended.wait(1):
            status = (self.place / "status").read_text()
            (resident,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
            self.memory.append(int(resident) / 1024)
            self.files.append(sum(1 for _ in (self.place / "fd").iterdir()))

    def stop(self):
        self.ended.set()
        self.join()


def growth(samples):
    """How much more there was in the last fifth than in the second, for the first is warming up."""
    fifth = len(samples) // 5
    mean = lambda part: sum(part) / len(part)
    return mean(samples[-fifth:]) / mean(samples[fifth : 2 * fifth]) - 1
