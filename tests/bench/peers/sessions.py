"""500 sessions of Flight SQL at once, which go on asking for some minutes: none may fail, and memory stays flat."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import setting as settings
from processes import memory_mib
from serving import ORDER, clients, keys_of_orders
from servers import Weft
from verdicts import Verdicts, median

PROCESSES, EACH = 4, 125
# One user alone may not have so many queries under way.
USERS = 50


def main():
    setting = settings.read(__doc__, "minutes", minutes=10.0, pause=5.0)
    settings.publish(setting)
    verdicts = Verdicts()
    with Weft(setting.weft, setting.mesh, setting.home) as weft:
        tokens = ",".join(weft.token_of(f"reader{n}") for n in range(USERS))
        askers = [clients(weft, tokens) for _ in range(PROCESSES)]
        request = {"sql": ORDER, "keys": keys_of_orders(setting), "clients": EACH, "seconds": setting.minutes * 60,
                   "pause": setting.pause}
        with ThreadPoolExecutor(PROCESSES) as threads:
            asked = [threads.submit(asker.ask, **request) for asker in askers]
            held = watched(weft.pid, asked)
        answers = [one.result() for one in asked]
        for asker in askers:
            asker.stop()
    broken = sum(answer["broken"] for answer in answers)
    rate, p50, p99 = (of([answer[what] for answer in answers])
                      for of, what in ((sum, "rate"), (median, "p50"), (max, "p99")))
    print(f"{PROCESSES * EACH} sessions for {setting.minutes:g} minutes: {rate:.0f} queries/s, "
          f"p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    if broken:
        print("first reason:", next(answer["reason"] for answer in answers if answer["broken"]))
    early, late = at(held, 60), held[-1][1]
    print(f"memory after a minute {early:.0f} MiB, at the end {late:.0f} MiB")
    verdicts.at_most("sessions that broke off, of 500", broken, 0, 0, "")
    verdicts.at_most("memory at the end, over that after a minute", late / early, 1.1, 1.02)
    settings.keep(setting, "sessions", minutes=setting.minutes, versions={"weft": weft.version}, memory_mib=held,
                  verdicts=verdicts.kept)
    sys.exit(1 if broken else 0)


def watched(pid, asked):
    """The memory of a process every five seconds, as (second, MiB), until all is answered."""
    began, held = time.monotonic(), []
    while not all(one.done() for one in asked):
        held.append((round(time.monotonic() - began), round(memory_mib(pid), 1)))
        time.sleep(5)
    return held


def at(held, second):
    """What was held at that second, or at the last before the end."""
    return next((mib for when, mib in held if when >= second), held[-1][1])


if __name__ == "__main__":
    main()
