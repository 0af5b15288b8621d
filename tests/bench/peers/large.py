"""The 22 queries of TPC-H at scale 10, by Weft and by DuckDB, each within 8 GiB of memory."""

import shutil
import sys

import queries
import setting as settings
from processes import memory_mib
from servers import Weft
from verdicts import Verdicts

GIB = 8
# For the tables and for what is spilt.
ROOM = 15


def main():
    setting = settings.read(__doc__, rounds=3, keep=False)
    if not setting.keep and shutil.disk_usage(setting.folder).free < ROOM * 2**30:
        sys.exit(f"there must be {ROOM} GiB of room in {setting.folder}")
    settings.publish(setting, setting.keep)
    spill = settings.emptied(setting.folder / "spill")
    verdicts = Verdicts()
    with (Weft(setting.weft, setting.mesh, setting.home, memory_max=f"{GIB}GiB") as weft, weft.asker() as ours,
          queries.duckdb(setting, f"memory_limit={GIB}GiB", f"temp_directory={spill}") as theirs):
        times = queries.rounds({"weft": ours, "duckdb": theirs}, setting.rounds)
        peaks = {name: memory_mib(pid, "VmHWM") / 1024 for name, pid in
                 (("weft", weft.pid), ("duckdb", theirs.process.pid))}
        versions = {"weft": weft.version, "duckdb": theirs.version}
    queries.show(f"TPC-H at scale {setting.scale}: medians of {setting.rounds} rounds", times)
    print(f"most memory: weft {peaks['weft']:.2f} GiB, duckdb {peaks['duckdb']:.2f} GiB")
    if peaks["weft"] > GIB:
        sys.exit(f"refused to compare: weft took more than {GIB} GiB")
    what = f"22 queries at scale {setting.scale} within {GIB} GiB, over DuckDB"
    queries.compare(verdicts, what, times, "duckdb", 1.2, 0.9)
    settings.keep(setting, "large", scale=setting.scale, rounds=setting.rounds, versions=versions, hot=times,
                  peaks_gib=peaks, verdicts=verdicts.kept)
    for folder in [spill] if setting.keep else [setting.home, spill]:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
