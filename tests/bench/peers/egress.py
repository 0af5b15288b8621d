"""A table as batches of tensors in PyTorch, beside what `pyarrow.flight` takes to receive it from a trivial server."""

import os
import sys
from pathlib import Path

import setting as settings
from processes import Asker
from servers import Weft
from serving import started
from verdicts import Verdicts, median

TABLE = "view0"
# Rows of a batch.
SIZE = 8_192
AS_THEY_COME, BARE = "batches as they come", "bare"


def main():
    setting = settings.read(__doc__, rounds=5, torch=Path())
    setting.home = setting.folder / "home-features"
    settings.publish(setting, keep=True)
    verdicts = Verdicts()
    os.environ["PYTHONPATH"] = str(settings.REPOSITORY / "platform/clients/python/src")
    with (Weft(setting.weft, setting.mesh, setting.home) as weft,
          started("bare.py", setting.home / "warehouse" / "b" / TABLE / "rows") as (bare, _),
          Asker(setting.torch, weft.address, weft.token, bare, script="tensors.py") as asker):
        versions = {"weft": weft.version, "torch": asker.version}
        sql = f"SELECT * FROM b.{TABLE}.rows"
        asked = {AS_THEY_COME: {"sql": sql}, f"batches of {SIZE} rows": {"sql": sql, "batch_size": SIZE}, BARE: {}}
        rounds = [{what: asker.ask(**request) for what, request in list(asked.items())[:: -1 if n % 2 else 1]}
                  for n in range(setting.rounds + 1)]
        if len({answer["rows"] for answer in rounds[-1].values()}) != 1:
            sys.exit(f"refused to compare: {[answer['rows'] for answer in rounds[-1].values()]} rows")
    wall = {what: median([one[what]["wall"] for one in rounds[1:]]) for what in asked}
    million = rounds[-1][BARE]["rows"] / 1e6
    print(", ".join(f"{what} {million / took:.1f} M rows/s" for what, took in wall.items()), flush=True)
    for what, took in wall.items():
        if what != BARE:
            verdicts.at_least(f"10 M rows to PyTorch, {what}, over a bare server", wall[BARE] / took, 0.7, 0.9)
    settings.keep(setting, "egress", rounds=setting.rounds, versions=versions, verdicts=verdicts.kept)


if __name__ == "__main__":
    main()
