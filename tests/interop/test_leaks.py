"""Whatever comes after a moment changes nothing of what is joined to it: held on every feature view of the demo."""

import json
import random
import urllib.request
from datetime import timedelta

import polars as pl
import pytest

import later_rows
from flight import readers
from point_in_time_weft import served

# What is joined as a feature view whether it says that it is one or not.
WEATHER = {
    "weather.observations.hourly": {
        "entity": ["origin"], "eventTime": "time_hour", "createdTime": None, "ttlMs": None,
        "features": ["temp", "humid", "wind_speed", "precip", "visib"],
    },
}
SEED = 33
CUTS = 4
MOMENTS = 400
ROWS_MOST = 30_000
TIME = pl.Datetime("us", "UTC")


@pytest.fixture(scope="module")
def views(demo):
    """All views that somebody may read, by port: what they declare, and their rows as a history."""
    declared, histories = WEATHER | {}, {}
    with readers(demo) as connections:
        for name in connections:
            declared |= declared_to(demo, name)
        for port, view in declared.items():
            histories[port] = next(filter(lambda rows: rows is not None, (read(c, port, view) for c in connections.values())))
    return {port: (view, histories[port]) for port, view in declared.items()}


@pytest.fixture(scope="module")
def answers(views, tmp_path_factory):
    """Of each view: its cuts, and what is joined to the same moments in the history as it is and in each changed one."""
    tables, cuts = {}, {}
    for n, (port, (view, history)) in enumerate(sorted(views.items())):
        chance = random.Random(f"{SEED} {port}")
        histories = {("as it is", None): history}
        for cut in chance.sample(history["at"].drop_nulls().unique().sort().to_list(), CUTS):
            for change, rows in later_rows.changed(history, cut, SEED).items():
                histories[change, cut] = rows
        cuts[port] = list(histories)
        frame = moments(history, [cut for _, cut in histories if cut], chance)
        tables[f"view_{n}_frame"] = versions([frame] * len(histories)).to_arrow()
        tables[f"view_{n}_history"] = versions(histories.values()).to_arrow()
    with served(tmp_path_factory.mktemp("leaks"), tables) as connection:
        return {port: (cuts[port], asked(connection, n, *views[port])) for n, port in enumerate(sorted(views))}


def test_what_comes_later_changes_nothing_before_it(answers):
    assert {"weather.observations.hourly", "punctuality.delays.plane_history"} <= answers.keys()
    for port, (cuts, rows) in answers.items():
        as_it_is = rows.filter(version=0).drop("version")
        for version, (change, cut) in enumerate(cuts):
            if cut:
                got, wanted = (some.filter(pl.col("moment") <= cut) for some in (rows.filter(version=version), as_it_is))
                assert wanted.height and got.drop("version").equals(wanted), f"{port}: {change} after {cut}"


def test_and_does_change_what_is_joined_after_it(answers):
    """So that what the test above compares is not the same for another reason."""
    for port, (cuts, rows) in answers.items():
        as_it_is = rows.filter(version=0).drop("version")
        same = [change for version, (change, cut) in enumerate(cuts)
                if cut and rows.filter(version=version).drop("version").equals(as_it_is)]
        assert len(same) < len(cuts) / 4, f"{port}: {same} change nothing at all"


def declared_to(demo, name):
    """Ports that the catalog tells somebody are feature views, and how."""
    def get(path):
        request = urllib.request.Request(f"{demo.http}/api/v1/{path}", headers={"Authorization": f"Bearer {demo.token(name)}"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as response:
            return json.loads(response.read())

    products = [get("products/" + product["name"].replace(".", "/")) for product in get("products?limit=1000")["items"]]
    return {port["name"]: port["featureView"] for product in products for port in product["ports"] if port.get("featureView")}


def read(connection, port, view):
    """The rows of as many entities as are not too many; `None` where the reader is refused."""
    names = {column: f"key_{n}" for n, column in enumerate(view["entity"])} | {view["eventTime"]: "at"}
    names |= {view["createdTime"]: "created"} if view.get("createdTime") else {}
    columns = [*names.items(), *((column, f"feature_{n}") for n, column in enumerate(view["features"]))]
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT {', '.join(f'{column} AS {name}' for column, name in columns)} FROM {port}")
        except Exception as refused:
            assert any(code in str(refused) for code in ("W0202", "W0301")), refused
            return None
        rows = pl.from_arrow(cursor.fetch_arrow_table())
    rows = rows.with_columns(pl.col([name for name in ("at", "created") if name in rows.columns]).cast(TIME))
    keys = [name for name in rows.columns if name.startswith("key_")]
    sizes = rows.drop_nulls(keys).group_by(keys).len().sort(keys).sample(fraction=1, shuffle=True, seed=SEED)
    return rows.join(sizes.filter((pl.col("len").cum_sum() <= ROWS_MOST) | (pl.int_range(pl.len()) == 0)), on=keys, how="semi")


def moments(history, cuts, chance):
    """Rows of a frame: of any entity, at and beside the cuts and the times of the history."""
    keys = history.select(name for name in history.columns if name.startswith("key_")).unique(maintain_order=True)
    times = history["at"].drop_nulls().unique().sort().to_list()
    of = [chance.randrange(keys.height) for _ in range(MOMENTS)]
    at = [chance.choice([*cuts, *chance.choices(times, k=len(cuts))]) for _ in of]
    at = [moment + timedelta(microseconds=chance.randint(-1, 1)) for moment in at]
    return keys[of].with_columns(pl.Series("at", at, TIME)).with_row_index("row_no")


def versions(tables):
    return pl.concat([table.select(pl.lit(n, pl.Int64).alias("version"), pl.all()) for n, table in enumerate(tables)])


def asked(connection, n, view, history):
    """What is joined to the frame of a view, in all versions of its history."""
    keys = [name for name in history.columns if name.startswith("key_")]
    match = ["f.at >= h.at"]
    if view.get("createdTime"):
        match.append("f.at >= h.created")
    if view.get("ttlMs") is not None:
        match.append(f"h.at >= f.at - INTERVAL '{view['ttlMs']} milliseconds'")
    joined = [name for name in history.columns if name not in keys]
    sql = (f"SELECT f.version, f.row_no, f.at AS moment, {', '.join(f'h.{name}' for name in joined)} "
           f"FROM cases.view_{n}_frame.rows f ASOF JOIN cases.view_{n}_history.rows h "
           f"MATCH_CONDITION ({' AND '.join(match)}) ON {' AND '.join(f'f.{key} = h.{key}' for key in ['version', *keys])}")
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return pl.from_arrow(cursor.fetch_arrow_table()).sort("version", "row_no")
