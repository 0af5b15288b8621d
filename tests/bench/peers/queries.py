"""The 22 queries of TPC-H, by Weft and by public engines over the very tables that Weft wrote, turn by turn."""

import contextlib
import sys
import tempfile
from pathlib import Path

import pyarrow as pa

import answers
import setting as settings
from processes import Asker, Failed
from servers import Sail, Weft
from verdicts import Verdicts, median

QUERIES = [f"q{n:02}" for n in range(1, 23)]
# Answers are compared with this one's.
REFERENCE = "duckdb"
NONE = {"wall": float("nan"), "cpu": float("nan")}


def main():
    setting = settings.read(__doc__, rounds=5, peers="polars,duckdb,sail")
    peers = setting.peers.split(",")
    settings.publish(setting)
    verdicts = Verdicts()
    hot, versions = measure_hot(setting, peers)
    show(f"TPC-H at scale {setting.scale}, hot: medians of {setting.rounds} rounds", hot)
    if "polars" in hot:
        compare(verdicts, "22 queries, hot, through Flight SQL, over Polars", hot, "polars", 0.95, 0.7)
    first = measure_first(setting, {name: digests_of(hot[name]) for name in ("weft", "duckdb")})
    show(f"TPC-H at scale {setting.scale}, first run after start: medians of {setting.rounds} rounds", first)
    compare(verdicts, "22 queries, first run after start, over DuckDB", first, "duckdb", 1.05, 0.8)
    settings.keep(setting, f"queries{setting.scale}", scale=setting.scale, rounds=setting.rounds, versions=versions,
                  hot=hot, first=first, verdicts=verdicts.kept)


def measure_hot(setting, peers):
    """The medians of Weft and its peers, and the versions of all."""
    with Weft(setting.weft, setting.mesh, setting.home) as weft, Sail(setting.tables) as sail:
        makers = {"weft": weft.asker, "sail": sail.asker, "duckdb": lambda: duckdb(setting),
                  "polars": lambda: Asker(sys.executable, "polars", setting.tables)}
        askers = {name: makers[name]() for name in ["weft", *peers]}
        versions = {name: asker.version for name, asker in askers.items()}
        versions |= {"weft": weft.version, "sail": sail.version}
        try:
            return rounds(askers, setting.rounds), versions
        finally:
            for asker in askers.values():
                asker.stop()


def rounds(askers, count):
    """Medians of so many rounds, of each answer that is right; a first round is not measured."""
    digests = check(askers)
    times = {name: {query: [] for query in right} for name, right in digests.items()}
    for n in range(count):
        for query in QUERIES:
            for name in [name for name in turned(list(digests), n) if query in digests[name]]:
                times[name][query].append(ask(name, askers[name], query, digests[name][query]))
    return {name: medians(of) for name, of in times.items()}


def measure_first(setting, digests):
    """Medians of the first run of each query after a start, by processes that are new in each round."""
    times = {name: {query: [] for query in right} for name, right in digests.items()}
    for n in range(setting.rounds):
        for name in turned(list(times), n):
            with contextlib.ExitStack() as running:
                if name == "duckdb":
                    asker = running.enter_context(duckdb(setting))
                else:
                    weft = running.enter_context(Weft(setting.weft, setting.mesh, setting.home))
                    asker = running.enter_context(weft.asker())
                for query, digest in digests[name].items():
                    times[name][query].append(ask(name, asker, query, digest))
    return {name: medians(of) for name, of in times.items()}


def duckdb(setting, *settings_of_it):
    return Asker(setting.duckdb, "duckdb", setting.tables, *settings_of_it)


def ask(name, asker, query, digest):
    """What a query took, the answer to which must be the one that was compared."""
    answer = asker.ask(query=query, digest=True)
    if answer["digest"] != digest:
        sys.exit(f"refused to compare: {name} answered {query} otherwise than before")
    return answer


def check(askers):
    """Digests of all answers that equal the reference's; says which do not."""
    digests = {name: {} for name in askers}
    with tempfile.TemporaryDirectory() as folder:
        for query in QUERIES:
            expected, digests[REFERENCE][query] = kept(askers[REFERENCE], query, folder)
            for name in [name for name in askers if name != REFERENCE]:
                try:
                    got, digest = kept(askers[name], query, folder)
                    wrong = answers.difference(expected, got)
                except Failed as failure:
                    wrong = str(failure)
                if wrong:
                    print(f"{name} has no right answer to {query}: {wrong}", flush=True)
                else:
                    digests[name][query] = digest
    return digests


def kept(asker, query, folder):
    file = str(Path(folder) / "answer")
    digest = asker.ask(query=query, digest=True, keep=file)["digest"]
    with pa.OSFile(file) as source:
        return pa.ipc.open_file(source).read_all(), digest


def turned(names, n):
    """The names, beginning with another one in each round."""
    n %= len(names)
    return names[n:] + names[:n]


def medians(of):
    return {query: {"wall": round(median([answer["wall"] for answer in times]), 5),
                    "cpu": round(median([answer["cpu"] for answer in times]), 5),
                    "rows": times[0]["rows"], "digest": times[0]["digest"]} for query, times in of.items()}


def digests_of(times):
    return {query: one["digest"] for query, one in times.items()}


def compare(verdicts, what, times, peer, must, aim):
    """The ratio of both totals, unless one of them lacks an answer."""
    for name in ("weft", peer):
        lacking = [query for query in QUERIES if query not in times[name]]
        if lacking:
            return verdicts.not_measured(what, f"{name} has no right answer to {', '.join(lacking)}")
    verdicts.at_most(what, over(times, peer), must, aim)


def over(times, peer, of="wall"):
    """The ratio over the queries that both answered."""
    both = [query for query in QUERIES if query in times["weft"] and query in times[peer]]
    ours, theirs = (sum(times[name][query][of] for query in both) for name in ("weft", peer))
    return ours / theirs if both else float("nan")


def show(title, times):
    """A table of wall and processor seconds; the totals are of queries that all have answered."""
    names = list(times)
    print(f"\n{title}; seconds of wall and processor")
    print("query  " + "".join(f"{name:>16}" for name in names) + "".join(f"{'/' + name:>10}" for name in names[1:]))
    for query in QUERIES:
        row = [times[name].get(query, NONE) for name in names]
        print(f"{query:<7}" + "".join(f"{one['wall']:>9.3f}{one['cpu']:>7.3f}" for one in row)
              + "".join(f"{row[0]['wall'] / one['wall']:>10.2f}" for one in row[1:]))
    everyone = [query for query in QUERIES if all(query in of for of in times.values())]
    sums = [[sum(times[name][query][of] for query in everyone) for of in ("wall", "cpu")] for name in names]
    print("total  " + "".join(f"{wall:>9.3f}{cpu:>7.3f}" for wall, cpu in sums))
    for name in names[1:]:
        print(f"weft over {name}: wall {over(times, name):.2f}, processor {over(times, name, 'cpu'):.2f}")
    print(flush=True)


if __name__ == "__main__":
    main()
