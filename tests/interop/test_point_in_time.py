"""Generated cases of point-in-time joins: Weft, Polars, DuckDB and Feast answer what a loop over all pairs does."""

import json
import re
import subprocess
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import point_in_time_cases as cases
import point_in_time_pairs as pairs
import point_in_time_weft as weft
from point_in_time_cases import KEYS, SHAPES, TIME, shown
from point_in_time_engines import DuckDB, Polars
from weft import REPOSITORY, TARGET

FEAST = TARGET / "venv-feast" / "bin" / "python"
# Feast knows of no row that must be earlier than a moment.
OF_FEAST = [shape for shape in SHAPES if not shape.mode.strictly]


@pytest.fixture(scope="module")
def made():
    return cases.made()


@pytest.fixture(scope="module")
def tables(made):
    return {f"{keys}_{name}": table for keys in KEYS
            for name, table in zip(("frame", "history"), cases.arrow(keys, made[keys]))}


@pytest.fixture(scope="module")
def expected(made):
    return {keys: pairs.answers(SHAPES, made[keys]) for keys in KEYS}


@pytest.fixture(scope="module")
def engines(tables, tmp_path_factory):
    with weft.served(tmp_path_factory.mktemp("cases"), tables) as connection:
        yield {"weft": lambda shape: weft.answer(connection, shape), "polars": Polars(tables).answer,
               "duckdb": DuckDB(tables).answer}


@pytest.fixture(scope="module")
def feast(tables, tmp_path_factory):
    """The folder of what Feast answers, in which each shape is a file."""
    folder = tmp_path_factory.mktemp("feast")
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    asked = [
        {"name": f"shape_{shape.number}", "frame": f"{shape.keys}_frame.parquet", "shape": shape.number,
         "history": f"{shape.keys}_history.parquet", "keys": list(KEYS[shape.keys][1]), "ttl": shape.ttl,
         "created": shape.mode.with_created, "by_knowledge": shape.mode.by_knowledge, "shown": shown(shape)}
        for shape in OF_FEAST
    ]
    (folder / "asked.json").write_text(json.dumps(asked))
    script = REPOSITORY / "tests" / "interop" / "point_in_time_feast.py"
    done = subprocess.run([FEAST, script, folder], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4_000:]
    return lambda shape: pq.read_table(folder / f"shape_{shape.number}.parquet")


def test_the_page_about_feast_says_how_many_cases_are_compared_and_how(made, expected):
    open_to_chance = set()
    for shape in (shape for shape in OF_FEAST if shape.ttl != 0):
        case = {row: case for of, row, case, *_ in made[shape.keys].frame if of == shape.number}
        open_to_chance |= {case[row] for row, best in rows(made, expected, shape)
                           if len({told(shape, one) for one in best}) > 1}
    of_zero, compared, all_of = (cases.CASES_OF_SHAPE * len(shapes) for shapes in (
        [shape for shape in OF_FEAST if shape.ttl == 0], [shape for shape in OF_FEAST if shape.ttl != 0], SHAPES))
    counts = [compared - len(open_to_chance), len(open_to_chance), of_zero, all_of - compared - of_zero]
    page = (REPOSITORY / "platform" / "docs" / "features" / "feast.md").read_text()
    assert compared >= 10_000 and f"makes {all_of:,} cases" in page
    assert re.findall(r"^\| ([\d,]+) ", page, re.MULTILINE) == [f"{count:,}" for count in counts]


@pytest.mark.parametrize("engine", ["weft", "polars", "duckdb"])
@pytest.mark.parametrize("keys", KEYS)
def test_an_engine_answers_as_all_pairs_do(made, expected, engines, engine, keys):
    for shape in (shape for shape in SHAPES if shape.keys == keys):
        wanted = {row: told(shape, best[0] if best else None) for row, best in rows(made, expected, shape)}
        same(made, shape, said(engines[engine](shape)), lambda row, got: got == wanted[row])


@pytest.mark.parametrize("keys", KEYS)
def test_feast_answers_as_all_pairs_do_but_for_what_it_leaves_to_chance(made, expected, feast, keys):
    """Which of several rows is joined that no time tells apart; and whether no time to live is none, or for ever."""
    for shape in (shape for shape in OF_FEAST if shape.keys == keys and shape.ttl != 0):
        wanted = {row: [told(shape, one) for one in best or [None]] for row, best in rows(made, expected, shape)}
        same(made, shape, said(feast(shape)), lambda row, got: got in wanted[row])


@pytest.mark.parametrize("keys", KEYS)
def test_feast_takes_no_time_to_live_for_all_time(made, feast, keys):
    of_no_time = [shape for shape in OF_FEAST if shape.keys == keys and shape.ttl == 0]
    for_ever = {shape.number: cases.Shape(shape.number, keys, None, shape.mode) for shape in of_no_time}
    frame = [row for row in made[keys].frame if row[0] in for_ever]
    answers = pairs.answers(for_ever, cases.Tables(frame, made[keys].history))
    wanted = {row[1]: [told(for_ever[row[0]], one) for one in best or [None]] for row, best in zip(frame, answers)}
    for shape in of_no_time:
        same(made, shape, said(feast(shape)), lambda row, got: got in wanted[row])


def test_feast_shows_what_was_created_later_unless_told_not_to(made, expected, feast):
    """Which is why knowledge counts by default here."""
    leaks = 0
    for shape in (shape for shape in OF_FEAST if shape.ttl != 0 and shape.mode.with_created):
        moments = {row: at for of, row, _, _, at in made[shape.keys].frame if of == shape.number}
        later = [row for row, (_, created, *_) in said(feast(shape)).items()
                 if created is not None and created > moments[row]]
        assert not (shape.mode.by_knowledge and later), f"{shape}: {later[:3]}"
        leaks += len(later)
    assert leaks > 1_000


def rows(made, expected, shape):
    """The rows of the frame that are of a shape, each with what may be joined to it."""
    return [(row, expected[shape.keys][row]) for of, row, *_ in made[shape.keys].frame if of == shape.number]


def told(shape, row):
    """What is shown of a row of the history, or of none."""
    if row is None:
        return (None,) * len(shown(shape))
    at, created, *values = row
    return (at, created, *values) if shape.mode.with_created else (at, *values)


def said(table):
    """An answer by the rows of the frame, of which each must be there once."""
    columns = [column.cast(TIME).cast(pa.int64()) if pa.types.is_timestamp(column.type) else column for column in table.columns]
    answers = list(zip(*(column.to_pylist() for column in columns)))
    by_row = {row: tuple(rest) for row, *rest in answers}
    assert len(by_row) == len(answers), "rows of the frame are doubled"
    return by_row


def same(made, shape, got, is_right):
    """Fails with the first cases that are answered otherwise, and all that they are made of."""
    frame = {row: (case, key, at) for of, row, case, key, at in made[shape.keys].frame if of == shape.number}
    assert got.keys() == frame.keys(), f"{shape}: rows of the frame are lost"
    wrong = (row for row in frame if not is_right(row, got[row]))
    found = [f"case {case}: {key} at {at} got {got[row]} of {[told for of, *told in made[shape.keys].history if of == key]}"
             for row in islice(wrong, 3) for case, key, at in [frame[row]]]
    assert not found, "\n".join([str(shape), *found])
