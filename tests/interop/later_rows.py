"""Histories of which everything after a cut is otherwise: what later rows may do, done to the rows of a feature view.

A history has the columns `key_N`, `at`, `created` if the view has one, and `feature_N`. A row is later than the cut if
it tells of a later time, or was created later, so that nobody could know of it at the cut.
"""

import polars as pl

MICROSECOND = pl.duration(microseconds=1)


def changed(history, cut, seed):
    """The history under the name of each change."""
    is_later = later(history, cut)
    before, after = history.filter(~is_later), history.filter(is_later)
    changes = {name: change(after, cut, seed) for name, change in CHANGES.items()}
    return {name: pl.concat([before, rows]).sample(fraction=1, shuffle=True, seed=seed) for name, rows in changes.items()}


def later(history, cut):
    times = [name for name in ("at", "created") if name in history.columns]
    return pl.any_horizontal(pl.col(name).gt(cut).fill_null(False) for name in times)


def permuted(after, cut, seed):
    """Values change places with those of other times and entities."""
    features = [name for name in after.columns if name.startswith("feature_")]
    return after.with_columns(after.select(features).sample(fraction=1, shuffle=True, seed=seed))


def renamed(after, cut, seed):
    """Rows are of other entities."""
    keys = [name for name in after.columns if name.startswith("key_")]
    return after.with_columns(after.select(keys).sample(fraction=1, shuffle=True, seed=seed))


def hurried(after, cut, seed):
    """Rows come all at once, at the first moment after the cut; those with a creation may tell of any time."""
    first = pl.lit(cut) + MICROSECOND
    if "created" not in after.columns:
        return after.with_columns(at=first)
    at = pl.col("at").sample(fraction=1, shuffle=True, with_replacement=True, seed=seed) - pl.duration(days=1)
    return after.with_columns(at=at, created=first)


def doubled(after, cut, seed):
    return pl.concat([after, permuted(after, cut, seed)])


def gone(after, cut, seed):
    return after.clear()


CHANGES = {change.__name__: change for change in (permuted, renamed, hurried, doubled, gone)}
