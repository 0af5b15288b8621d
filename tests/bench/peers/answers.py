"""Whether two engines gave the same answer, in whatever order and types."""

import hashlib
import math
from datetime import date, datetime
from decimal import Decimal

# Averages of decimals are cut after six digits by some engines and are floats in others.
RELATIVE, ABSOLUTE = 1e-6, 1e-5


def digest(table):
    """A short text that two runs of one engine share if their answers are equal; the order of rows does not count."""
    lines = sorted(repr([told(value) for value in row]) for row in rows_of(table))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def told(value):
    # The order of summing shows in the last digits of floats.
    return float(f"{value:.9g}") if isinstance(value, float) else value


def difference(expected, got):
    """How an answer differs from the expected one; `None` if it does not."""
    if (expected.num_rows, expected.num_columns) != (got.num_rows, got.num_columns):
        return f"{got.num_rows} rows of {got.num_columns} columns, not {expected.num_rows} of {expected.num_columns}"
    wanted, had = rows_of(expected), rows_of(got)
    # Columns of which every value is exact put the rows in order; only then come those that are rounded.
    exact = [n for n in range(expected.num_columns) if all(is_exact(row[n]) for row in wanted)]
    rounded = [n for n in range(expected.num_columns) if n not in exact]

    def order(row):
        return [sortable(row[n]) for n in exact + rounded]

    for one, other in zip(sorted(wanted, key=order), sorted(had, key=order)):
        if not all(is_same(a, b) for a, b in zip(one, other)):
            return f"the row {other}, not {one}"
    return None


def rows_of(table):
    return list(zip(*[[plain(value) for value in column.to_pylist()] for column in table.columns]))


def plain(value):
    """Integers, decimals and floats of any width as one type each; instants at midnight as days."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent >= 0 else float(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def is_exact(value):
    return not isinstance(value, float)


def sortable(value):
    return (isinstance(value, str), value is not None, 0 if value is None else value)


def is_same(one, other):
    numbers = all(isinstance(value, (int, float)) for value in (one, other))
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE) if numbers else one == other
