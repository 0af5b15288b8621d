#!/usr/bin/env python3
"""A mesh under load for as long as it is told to, on a store that fails in every way that stores do.

Light and heavy queries, reads of the past, pages and commits go on all the while. Nothing may crash, be wrong or be lost; what was
read before and every page answers in any weather; memory stays flat. Exits with 1 if any of that does not hold. How fast light queries
are, against the same on the idle mesh, is held against its goal in runs of ten minutes and more, growth in those of thirty.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "tests" / "interop"))

import httpx  # noqa: E402
import s3  # noqa: E402
from askers import HEAVY, LIGHT, Asker, by_flight, of_pages, of_the_past  # noqa: E402
from cut import Line  # noqa: E402
from judge import Known, errors, errors_in_fair_weather, number_and_sum, percentile, unread, wrong_answers, wrong_past  # noqa: E402
from test_crash import Bucket, Mesh, check  # noqa: E402
from watch import Watch, growth  # noqa: E402
from weather import Weather  # noqa: E402
from weft import Server, until  # noqa: E402

# Of the slowest hundredth of the light queries, how much slower than on the idle mesh; and how much more memory and how many more
# open files at the end than after warming up.
SLOWER, GROWTH = 3, 0.10
# Minutes from which on speed is judged, and growth: for some time memory fills with what is read again and again.
LONG, VERY_LONG = 10, 30


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=Path, help="writes the figures there, as a page")
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="weft-soak-"))
    print(f"What is asked and logged lies in {folder}, and stays there unless all holds.", flush=True)
    soaked = soak(folder, wanted.minutes, wanted.seed)
    table, held = judged(soaked, wanted.minutes)
    print(table)
    if held:
        shutil.rmtree(folder)
    if wanted.page:
        wanted.page.write_text(PAGE.format(minutes=wanted.minutes, seed=wanted.seed, table=table))
    return 0 if held else 1


def soak(folder, minutes, seed):
    """Runs it; gives all that was seen."""
    mesh, known, instants = Mesh(folder / "mesh", 5_000), Known(), folder / "instants.jsonl"
    known.note(mesh.newest, mesh.rows)
    with s3.moto(folder, Path(__file__).with_name("faulty_store.py")) as store:
        bucket, line = Bucket(store), Line(int(store.endpoint.rsplit(":", 1)[1]))
        through = store.variables | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{line.port}"}
        with Server(mesh.path, folder / "home", *bucket.arguments, env=through) as server:
            server.ready()
            doors, token = SimpleNamespace(http=server.http, flight=server.flight), server.token("ana")
            is_served = served(doors, token, mesh, instants)
            is_served()
            idle = Asker("idle", folder, by_flight, doors, token, LIGHT, 0.05)
            time.sleep(max(10, minutes * 2))
            idle.stop()
            watch, weather = Watch(server.process.pid), Weather(store, line, seed)
            askers = [
                Asker("light", folder, by_flight, doors, token, LIGHT, 0.05),
                Asker("heavy", folder, by_flight, doors, token, HEAVY, 0.5),
                Asker("past", folder, of_the_past, doors, token, instants, 0.5),
                Asker("pages", folder, of_pages, doors, token, 0.2),
            ]
            recovered = changed_in_all_weathers(mesh, known, weather, is_served, minutes, seed)
            for asker in askers:
                asker.stop()
            watch.stop()
            lives = server.process.poll() is None
            ends = server.stop()
        released = check(bucket, mesh)
    said = (folder / "home" / "logs" / "weft.log").read_text() + server.stderr.text
    return SimpleNamespace(
        asked={asker.name: asker.asked() for asker in [idle, *askers]}, known=known, spells=weather.spells, recovered=recovered,
        memory=watch.memory, files=watch.files, lives=lives and ends == 0 and not panicked(said),
        is_released=set(released.values()) == {mesh.newest},
    )


def panicked(said):
    """As the log has it, and as the terminal has it."""
    return any(sign in said for sign in ("panicked", '"message":"panic"', "this is a bug of Weft's own"))


def served(doors, token, mesh, instants):
    """Waits until the newest revision is served, and notes a moment of that."""
    client = httpx.Client(base_url=doors.http, headers={"authorization": f"Bearer {token}"}, timeout=60)

    def is_newest():
        said = client.post("/api/v1/sql", json={"sql": LIGHT})
        return said.status_code == 200 and number_and_sum(said.json()["rows"][0]) == newest

    def wait():
        nonlocal newest
        newest = len(mesh.rows), sum(amount for _, amount in mesh.rows)
        until(is_newest, f"{mesh.newest} is served", every=0.1)
        instant = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
        with open(instants, "a") as out:
            out.write(json.dumps({"instant": instant, "revision": mesh.newest}) + "\n")

    newest = None
    return wait


def changed_in_all_weathers(mesh, known, weather, is_served, minutes, seed):
    """One spell after the other, with a commit in each; gives the seconds from the end of each until the commit was served."""
    chosen, seconds = random.Random(seed), []
    counts, deadline = chosen.sample(range(3_000, 8_000), 4_000), time.monotonic() + 60 * minutes
    while time.monotonic() < deadline:
        spell, lasts = weather.next()
        time.sleep(chosen.uniform(0, lasts / 2))
        mesh.change(counts.pop())
        known.note(mesh.newest, mesh.rows)
        time.sleep(lasts / 2)
        weather.clear(spell)
        began = time.monotonic()
        is_served()
        seconds.append(time.monotonic() - began)
    return seconds


def judged(soaked, minutes):
    """What was seen as a table, and whether all that is owed holds."""
    asked, rows, holds = soaked.asked, [], []

    def row(what, figure, owed, is_held):
        rows.append(f"| {what} | {figure} | {owed} | {'yes' if is_held else '**no**'} |")
        holds.append(is_held)

    rows.append("| what | seen | owed | holds |\n|---|---|---|---|")
    for name, known in (("light", soaked.known.light), ("heavy", soaked.known.heavy)):
        wrong, fair = wrong_answers(asked[name], known), errors_in_fair_weather(asked[name], soaked.spells)
        excused = [one for one in unread(asked[name], known) if one not in fair]
        failed = [one for one in errors(asked[name]) if one not in excused]
        told = f"{len(wrong)}, {len(failed)}, {len(excused)}, {len(asked[name])}"
        what = f"{name} queries: wrong, failed, failed in foul weather of what nobody had read yet, of"
        row(what, told, "none but the third", not wrong and not failed and asked[name])
        show(wrong + failed)
    failed = errors(asked["pages"])
    row("pages: failed, of", f"{len(failed)}, {len(asked['pages'])}", "none", not failed and asked["pages"])
    show(failed)
    wrong, unfair = wrong_past(asked["past"], soaked.known), errors_in_fair_weather(asked["past"], soaked.spells)
    told = f"{len(wrong)}, {len(unfair)}, {len(errors(asked['past'])) - len(unfair)}, {len(asked['past'])}"
    row("reads of the past: wrong, failed in fair and in foul weather, of", told, "none but the third", not wrong and not unfair and asked["past"])
    show(wrong + unfair)
    row("commits: served at the latest after the spell, of", f"{max(soaked.recovered):.1f} s, {len(soaked.recovered)}", "each", True)
    row("releases and versions whole, without gaps, the newest last", "as checked in the store", "all", soaked.is_released)
    row("the process lived, ended in order, and nothing in it panicked", "yes" if soaked.lives else "no", "yes", soaked.lives)
    idle, busy = (percentile([one["seconds"] for one in asked[name]], 0.99) for name in ("idle", "light"))
    speed = f"{busy:.1f} ms, {idle:.1f} ms"
    if minutes >= LONG:
        row("light queries, p99 under load, idle", speed, f"{SLOWER} times", busy <= SLOWER * idle)
    else:
        rows.append(f"| light queries, p99 under load, idle | {speed} | | too short to judge |")
    for what, samples in (("memory in MiB: growth, most", soaked.memory), ("open files: growth, most", soaked.files)):
        grown = growth(samples)
        seen = f"{100 * grown:+.1f} %, {max(samples):.0f}"
        if minutes >= VERY_LONG:
            row(what, seen, f"{100 * GROWTH:.0f} %", grown <= GROWTH)
        else:
            rows.append(f"| {what} | {seen} | | too short to judge |")
    return "\n".join(rows), all(holds)


def show(wrong):
    for one in wrong[:5]:
        print(one, file=sys.stderr)


PAGE = """# A soak

`make soak` puts a mesh under load for an hour on a store that refuses, stalls, breaks off and goes away, spell after spell, with a
commit in each. It writes this page; the last run took {minutes:g} minutes, with seed {seed}, on two cores that the askers, the store and the
server shared.

{table}
"""


if __name__ == "__main__":
    sys.exit(main())
