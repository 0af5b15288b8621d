"""The hash of rows, as the command line reckons it too."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

import weft

EXAMPLES = json.loads((Path(__file__).parents[3] / "docs/features/content-hash.json").read_text())
TYPES = {
    "int64": pa.int64(), "int32": pa.int32(), "bool": pa.bool_(), "date32": pa.date32(), "timestamp": pa.timestamp("us"),
    "float64": pa.float64(), "utf8": pa.string(), "decimal:2": pa.decimal128(38, 2), "list<float64>": pa.list_(pa.float64()),
}


def column(kind, written):
    if kind.startswith("decimal"):
        # One of these numbers has more digits than pyarrow makes from Python.
        words = b"".join(int(digits).to_bytes(16, "little", signed=True) for digits in written)
        return pa.Array.from_buffers(TYPES[kind], len(written), [None, pa.py_buffer(words)])
    return pa.array([float("nan") if value == "NaN" else value for value in written], TYPES[kind])


def table(example):
    columns = [column(kind, [row[at] for row in example["rows"]]) for at, kind in enumerate(example["types"])]
    return pa.Table.from_arrays(columns, [f"c{at}" for at in range(len(columns))])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["what"])
def test_the_examples_come_out(example):
    found = weft.content_hash(table(example))
    assert (str(found), found.rows) == (example["hash"], len(example["rows"]))


def by_definition(column):
    """The number of each text or list, one by one, as the definition is written."""
    def mix(x):
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
        return x ^ x >> 31

    total = [0, 0]
    for text in column.to_pylist():
        bits = 0x6E756C6C6E756C6C
        if text is not None:
            content = text.encode()
            bits, power = mix(len(content)), 1
            for byte in content:
                bits, power = (bits + (byte + 1) * power) % 2**64, power * 0x100000001B3 % 2**64
        for lane in (0, 1):
            total[lane] += mix(mix(bits ^ mix(0x9E3779B97F4A7C15 * (lane + 1) % 2**64)))
    return "".join(f"{lane % 2**64:016x}" for lane in total)


@pytest.mark.parametrize("lengths", [[0, 1, 7, 8, 9, 100] * 20, [0] * 50, [131_071, 131_072, 131_073], [3, 300_000, 3, 140_000]])
def test_texts_of_any_length_come_out_as_defined(lengths):
    chance = random.Random(3)
    column = pa.array([None if chance.random() < 0.1 else "".join(chance.choices("abcü", k=n)) for n in lengths])
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        assert str(weft.content_hash(pa.table({"t": column.cast(kind)}))) == by_definition(column)
    assert str(weft.content_hash(pa.table({"t": column.dictionary_encode()}))) == by_definition(column)


def many():
    chance = random.Random(5)
    some = lambda make: [None if chance.random() < 0.2 else make() for _ in range(1_000)]
    return pa.table({
        "small": pa.array(some(lambda: chance.randint(-128, 127)), pa.int8()),
        "large": pa.array(some(lambda: chance.randint(0, 2**64 - 1)), pa.uint64()),
        "half": pa.array(some(chance.random), pa.float32()),
        "text": some(lambda: "x" * chance.randint(0, 20)),
        "bytes": pa.array(some(lambda: chance.randbytes(5)), pa.binary(5)),
        "true": some(lambda: chance.random() < 0.5),
        "price": pa.array(some(lambda: chance.randint(-999, 999)), pa.int64()).cast(pa.decimal128(21, 2)),
        "at": pa.array(some(lambda: chance.randint(-10**15, 10**15) * 1_000), pa.timestamp("ns", "UTC")),
        "long": pa.array(some(lambda: chance.randint(0, 86_399)), pa.time32("s")),
        "list": some(lambda: [chance.randint(0, 9)] * chance.randint(0, 3)),
        "pair": pa.array(some(lambda: [1.5, None]), pa.list_(pa.float64(), 2)),
        "struct": pa.array(some(lambda: {"a": 1, "b": None}), pa.struct({"a": pa.int32(), "b": pa.string()})),
        "none": pa.nulls(1_000),
    })


def test_neither_order_nor_cuts_nor_the_way_of_keeping_count():
    rows = many()
    whole = weft.content_hash(rows)
    assert whole.rows == 1_000
    shuffled = rows.take(random.Random(1).sample(range(1_000), 1_000))
    assert weft.content_hash(shuffled) == whole
    for size in (1, 7, 333):
        assert weft.content_hash(iter(rows.to_batches(max_chunksize=size))) == whole
    assert weft.content_hash(rows.slice(0, 400)) + weft.content_hash(rows.slice(400)) == whole
    wider = rows.set_column(0, "small", rows["small"].cast(pa.int64())).set_column(2, "half", rows["half"].cast(pa.float64()))
    assert weft.content_hash(wider.rename_columns([f"c{n}" for n in range(13)])) == whole


def test_each_value_its_row_and_its_column_count():
    rows = many()
    whole = weft.content_hash(rows)
    for name in rows.schema.names[:-1]:
        at = next(at for at in range(1, 1_000) if rows[name][at - 1].as_py() != rows[name][at].as_py())
        other = pa.concat_tables([rows.select([name]).slice(0, at - 1), rows.select([name]).slice(at, 1), rows.select([name]).slice(at)])
        changed = rows.set_column(rows.schema.get_field_index(name), name, other[name])
        assert weft.content_hash(changed) != whole, name
    assert weft.content_hash(rows.slice(1)) != whole
    assert weft.content_hash(pa.concat_tables([rows, rows.slice(0, 1)])) != whole
    two = pa.table({"a": [1, 2], "b": [2, 1]})
    assert weft.content_hash(two) != weft.content_hash(pa.table({"a": [1, 2], "b": [1, 2]}))


@pytest.mark.parametrize("kind", [pa.map_(pa.string(), pa.int32()), pa.month_day_nano_interval(), pa.decimal256(40, 2)])
def test_what_is_not_defined_is_refused(kind):
    with pytest.raises(weft.NotSupportedError, match="no content hash"):
        weft.content_hash(pa.table({"c": pa.nulls(3, kind)}))
