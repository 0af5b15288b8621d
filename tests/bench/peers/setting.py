"""What a driver is told: where the mesh, the binary and the data are, and where results go."""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

from servers import Weft, emptied

REPOSITORY = Path(__file__).resolve().parents[3]


def read(description, *first, **more):
    """The setting; `first` is an argument that may be left out, and `more` are options of the driver's own, all with
    their defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--scale", default="1", help="scale factor of TPC-H")
    parser.add_argument("--mesh", type=Path, required=True, help="folder of the mesh of TPC-H's tables")
    parser.add_argument("--weft", type=Path, required=True, help="the binary that is measured")
    parser.add_argument("--folder", type=Path, required=True, help="where tables and results are kept")
    parser.add_argument("--duckdb", type=Path, required=True, help="a Python that has DuckDB 1.5")
    for name in first:
        parser.add_argument(name, type=type(more[name]), nargs="?", default=more.pop(name))
    for name, default in more.items():
        kind = {"action": "store_true"} if default is False else {"type": type(default), "default": default}
        parser.add_argument(f"--{name}", **kind)
    setting = parser.parse_args()
    setting.home = setting.folder / f"home{setting.scale}"
    setting.tables = setting.home / "warehouse" / "b"
    return setting


def publish(setting, keep=False):
    """Has Weft write its tables anew: what is measured is what this binary writes. With `keep`, those of a former run
    will do."""
    done = Path(f"{setting.home}.published")
    if keep and done.exists():
        return
    done.unlink(missing_ok=True)
    emptied(setting.home)
    with Weft(setting.weft, setting.mesh, setting.home):
        pass
    done.touch()


def keep(setting, part, **results):
    """Writes what was measured to a file of its own; `record.py` makes one of them all."""
    results = {"at": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "commit": commit(),
               "machine": machine(), **results}
    folder = setting.folder / "results"
    os.makedirs(folder, exist_ok=True)
    (folder / f"{part}.json").write_text(json.dumps(results, indent=1) + "\n")


def commit():
    told = [subprocess.run(["git", *command], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True).stdout.strip()
            for command in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])]
    return told[0] + (" and changes" if told[1] else "")


def machine():
    cpu = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
           if line.startswith("model name")]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    return (f"{len(cpu)} cores of {cpu[0] if cpu else platform.machine()}, {memory:.0f} GiB, "
            f"Linux {platform.release()}, Python {sys.version.split()[0]}")
