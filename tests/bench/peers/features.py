"""Histories joined to a frame as of the time of each of its rows: as Arrow over Flight, beside Polars, DuckDB and Feast."""

import sys
from pathlib import Path

import setting as settings
from processes import Asker, memory_mib
from servers import Weft
from verdicts import Verdicts, median

THREE = "1 M rows x 3 histories of 10 M"
FIVE = "1 M rows x 5 M"


def main():
    setting = settings.read(__doc__, rounds=3, feast=Path())
    setting.home = setting.folder / "home-features"
    setting.tables = setting.home / "warehouse" / "b"
    settings.publish(setting, keep=True)
    verdicts = Verdicts()
    versions = {}
    with Weft(setting.weft, setting.mesh, setting.home) as weft:
        versions["weft"] = weft.version
        for what, frame, views in [(THREE, "frame", ["view0", "view1", "view2"]), (FIVE, "frame50", ["view50"])]:
            compare(setting, verdicts, weft, versions, what, frame, views)
        print(f"weft's server held {memory_mib(weft.pid, 'VmHWM'):.0f} MiB at most", flush=True)
    held(setting, verdicts)
    settings.keep(setting, "features", rounds=setting.rounds, versions=versions, verdicts=verdicts.kept)


def compare(setting, verdicts, weft, versions, what, frame, views):
    """Medians of all, turn by turn; a first round is not measured. What they say is equal before it is compared."""
    with (Asker(sys.executable, "stream", weft.address, weft.pid, weft.names, weft.token) as ours,
          Asker(sys.executable, "polars", setting.tables, script="asof.py") as polars,
          Asker(sys.executable, "duckdb", setting.tables, script="asof.py") as duckdb,
          Asker(setting.feast, "feast", setting.tables, script="asof.py") as feast):
        versions |= {"polars": polars.version, "duckdb": duckdb.version, "feast": feast.version}
        asked = {ours: {"sql": asof(frame, views)}} | dict.fromkeys((polars, duckdb, feast), {"frame": frame, "views": views})
        rounds = []
        for n in range(setting.rounds + 1):
            rounds.append({asker: asker.ask(**request) for asker, request in list(asked.items())[:: -1 if n % 2 else 1]})
            if len({answer["rows"] for answer in rounds[-1].values()}) != 1:
                sys.exit(f"refused to compare: {[answer['rows'] for answer in rounds[-1].values()]} rows")
        wall, cpu = ({asker: median([one[asker][of] for one in rounds[1:]]) for asker in asked} for of in ("wall", "cpu"))
        held = memory_mib(feast.process.pid, "VmHWM")
    print(f"{what}: weft {wall[ours]:.2f} s ({cpu[ours]:.2f} of processor), polars {wall[polars]:.2f} ({cpu[polars]:.2f}), "
          f"duckdb {wall[duckdb]:.2f} ({cpu[duckdb]:.2f}), feast {wall[feast]:.2f} ({cpu[feast]:.2f}; {held:.0f} MiB at most)",
          flush=True)
    verdicts.at_most(f"point-in-time join, {what}, over Polars join_asof", wall[ours] / wall[polars], 0.9, 0.6)
    verdicts.at_most(f"point-in-time join, {what}, over DuckDB ASOF JOIN", wall[ours] / wall[duckdb], 0.6, 0.6)
    verdicts.at_most(f"point-in-time join, {what}, over Feast's DuckDB store", wall[ours] / wall[feast], 0.05, 0.05)


def held(setting, verdicts):
    """The most memory of a server whose queries may take 512 MiB each: half of what all of it may. A quarter is for columns that
    it keeps between queries, and is given up where memory is short."""
    with Weft(setting.weft, setting.mesh, setting.home, memory_max="1GiB") as weft:
        with Asker(sys.executable, "stream", weft.address, weft.pid, weft.names, weft.token) as ours:
            idle = memory_mib(weft.pid, "VmHWM")
            for _ in range(setting.rounds + 1):
                ours.ask(sql=OF_TWENTY)
        most = memory_mib(weft.pid, "VmHWM")
    print(f"1 M rows x 20 M with 512 MiB for a query: the server held {most:.0f} MiB at most, {idle:.0f} of it before", flush=True)
    verdicts.at_most("point-in-time join, 1 M rows x 20 M, most memory of the whole server", most, 512, 512, "MiB")


OF_TWENTY = ("SELECT f.row, f.entity, f.at, h.v1, h.v2 FROM {frame} f ASOF JOIN (SELECT * FROM {view0} UNION ALL SELECT * FROM {view1}) h "
             "MATCH_CONDITION (f.at >= h.at) ON f.entity = h.entity")


def asof(frame, views):
    shown = ", ".join(f"{view}.{value} AS {view}_{value}" for view in views for value in ("v1", "v2"))
    joins = " ".join(f"ASOF JOIN {{{view}}} {view} MATCH_CONDITION (f.at >= {view}.at) ON f.entity = {view}.entity"
                     for view in views)
    return f"SELECT f.row, f.entity, f.at, {shown} FROM {{{frame}}} f {joins}"


if __name__ == "__main__":
    main()
