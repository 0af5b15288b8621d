"""The 22 queries of TPC-H, by Weft and by public engines over the very tables that Weft wrote, turn by turn."""

import sys
import tempfile
from pathlib import Path

import pyarrow as pa

import answers
import setting as settings
from processes import Asker
from servers import Sail, Weft
from verdicts import Verdicts, median

QUERIES = [f"q{n:02}" for n in range(1, 23)]
# Answers are compared with this one's.
REFERENCE = "duckdb"


def main():
    setting = settings.read(__doc__, rounds=5, peers="polars,duckdb,sail")
    peers = setting.peers.split(",")
    settings.publish(setting)
    verdicts = Verdicts()
    hot, versions = measure_hot(setting, peers)
    show(f"TPC-H at scale {setting.scale}, hot: medians of {setting.rounds} rounds", hot)
    if "polars" in hot:
        verdicts.at_most("22 queries, hot, through Flight SQL, over Polars", over(hot, "polars"), 0.95, 0.7)
    first = measure_first(setting)
    show(f"TPC-H at scale {setting.scale}, first run after start: medians of {setting.rounds} rounds", first)
    verdicts.at_most("22 queries, first run after start, over DuckDB", over(first, "duckdb"), 1.05, 0.8)
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
    """Medians of so many rounds, of each peer whose answers are right; a first round is not measured."""
    digests = check(askers)
    times = {name: {query: [] for query in QUERIES} for name in digests}
    for n in range(count):
        for query in QUERIES:
            for name in turned(list(digests), n):
                answer = askers[name].ask(query=query, digest=True)
                if answer["digest"] != digests[name][query]:
                    sys.exit(f"refused to compare: {name} answered {query} otherwise than before")
                times[name][query].append(answer)
    return {name: medians(of) for name, of in times.items()}


def measure_first(setting):
    """Medians of the first run of each query after a start, by processes that are new in each round."""
    times = {name: {query: [] for query in QUERIES} for name in ("weft", "duckdb")}
    for n in range(setting.rounds):
        for name in turned(list(times), n):
            if name == "duckdb":
                with duckdb(setting) as asker:
                    ask_each(asker, times[name])
            else:
                with Weft(setting.weft, setting.mesh, setting.home) as weft, weft.asker() as asker:
                    ask_each(asker, times[name])
    return {name: medians(of) for name, of in times.items()}


def duckdb(setting, *settings_of_it):
    return Asker(setting.duckdb, "duckdb", setting.tables, *settings_of_it)


def ask_each(asker, times):
    for query in QUERIES:
        times[query].append(asker.ask(query=query))


def check(askers):
    """Digests of all answers, of those peers whose answers equal the reference's in each query."""
    digests, wrong = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for query in QUERIES:
            kept = {}
            for name, asker in askers.items():
                file = str(Path(folder) / name)
                digests.setdefault(name, {})[query] = asker.ask(query=query, digest=True, keep=file)["digest"]
                kept[name] = pa.ipc.open_file(pa.memory_map(file)).read_all()
            for name in askers:
                difference = answers.difference(kept[REFERENCE], kept[name])
                if difference:
                    wrong.setdefault(name, f"{query}: {difference}")
    for name, why in wrong.items():
        print(f"not compared: {name} answers otherwise than {REFERENCE} in {why}", flush=True)
        del digests[name]
    if "weft" in wrong:
        sys.exit("the answers of weft are wrong")
    return digests


def turned(names, n):
    """The names, beginning with another one in each round."""
    n %= len(names)
    return names[n:] + names[:n]


def medians(of):
    return {query: {"wall": round(median([answer["wall"] for answer in times]), 5),
                    "cpu": round(median([answer["cpu"] for answer in times]), 5),
                    "rows": times[0]["rows"]} for query, times in of.items()}


def total(times, of="wall"):
    return sum(answer[of] for answer in times.values())


def over(times, peer, of="wall"):
    return total(times["weft"], of) / total(times[peer], of)


def show(title, times):
    """A table of wall and processor seconds."""
    names = list(times)
    print(f"\n{title}; seconds of wall and processor")
    print("query  " + "".join(f"{name:>16}" for name in names) + "".join(f"{'/' + name:>10}" for name in names[1:]))
    for query in [*QUERIES, "total"]:
        row = {name: times[name].get(query) or {of: total(times[name], of) for of in ("wall", "cpu")} for name in names}
        print(f"{query:<7}" + "".join(f"{row[name]['wall']:>9.3f}{row[name]['cpu']:>7.3f}" for name in names)
              + "".join(f"{row['weft']['wall'] / row[name]['wall']:>10.2f}" for name in names[1:]))
    for name in names[1:]:
        print(f"weft over {name}: wall {over(times, name):.2f}, processor {over(times, name, 'cpu'):.2f}")
    print(flush=True)


if __name__ == "__main__":
    main()
