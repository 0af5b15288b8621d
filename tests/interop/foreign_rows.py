"""Rows of every type, and the cases that tables are written by."""

import math
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

UTC = pa.timestamp("us", "UTC")
LOCAL = pa.timestamp("us")
AT = datetime(2024, 2, 29, 23, 59, 59, 123456)
# Values of partitions that paths, addresses and logs may take amiss.
ODD = [
    "a b", "a/b", "100%", "a%20b", "x=y", "a:b", "#1", "what?", "a+b", "a&b", "é ü", "…", "'q'", '"d"', "back\\slash", ".", "~",
    "a,b", "[x]", "{y}",
]


class Cases(dict):
    """Functions by their names. Each writes a table into a folder and gives its rows, as whoever wrote it reads them."""

    def case(self, make):
        self[make.__name__] = make
        return make


def every_type():
    """Columns of every type: usual values, the least and the greatest, and a row of nulls; one column has nothing else."""
    least, greatest = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)
    return pa.table({
        "i8": pa.array([1, -128, 127, None], pa.int8()),
        "i16": pa.array([1, -(2**15), 2**15 - 1, None], pa.int16()),
        "i32": pa.array([1, -(2**31), 2**31 - 1, None], pa.int32()),
        "i64": pa.array([1, -(2**63), 2**63 - 1, None], pa.int64()),
        "f32": pa.array([1.5, -math.inf, math.nan, None], pa.float32()),
        "f64": pa.array([-0.0, math.inf, 5e-324, None], pa.float64()),
        "yes": pa.array([True, False, True, None]),
        "word": pa.array(["", "naïve 🦆 \n\t", "z" * 300, None]),
        "raw": pa.array([b"", b"\0\xff", b"z" * 300, None], pa.binary()),
        "day": pa.array([date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31), None], pa.date32()),
        "zoned": pa.array([AT, least, greatest, None], UTC),
        "plain": pa.array([AT, least, greatest, None], LOCAL),
        "small": pa.array([Decimal("1.23"), Decimal("-9.99"), Decimal("9.99"), None], pa.decimal128(3, 2)),
        "money": pa.array(
            [Decimal("1.23"), Decimal("-9999999999999999.99"), Decimal("0.00"), None], pa.decimal128(18, 2)
        ),
        "huge": pa.array([Decimal(1), Decimal(-(10**38 - 1)), Decimal(10**38 - 1), None], pa.decimal128(38, 0)),
        "nothing": pa.array([None] * 4, pa.int64()),
    })


def nested():
    part = pa.struct({"x": pa.int32(), "y": pa.string()})
    deep = pa.struct({"one": part, "many": pa.list_(part), "at": UTC})
    return pa.table({
        "id": pa.array([1, 2, 3, 4], pa.int64()),
        "pair": pa.array([{"x": 1, "y": "a"}, {"x": None, "y": None}, None, {"x": 4, "y": ""}], part),
        "several": pa.array([[1, None, 3], [], None, [4]], pa.list_(pa.int64())),
        "words": pa.array([["a", ""], [None], None, []], pa.list_(pa.string())),
        "lists": pa.array([[[1], None, []], [], None, [[4, None]]], pa.list_(pa.list_(pa.int16()))),
        "named": pa.array([[("a", 1), ("b", None)], [], None, [("ü", 4)]], pa.map_(pa.string(), pa.int64())),
        "parts": pa.array([[("k", {"x": 1, "y": "v"})], [("k", None)], None, []], pa.map_(pa.string(), part)),
        "deep": pa.array(
            [
                {"one": {"x": 1, "y": None}, "many": [{"x": 1, "y": "a"}, None], "at": AT},
                {"one": None, "many": None, "at": None}, None, {"one": {"x": 4, "y": "d"}, "many": [], "at": AT},
            ],
            deep,
        ),
    })
