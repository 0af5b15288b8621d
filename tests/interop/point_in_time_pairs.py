"""What a point-in-time join answers, by comparing each row of the frame with all rows of the history that have its key."""

from collections import defaultdict


def answers(shapes, tables):
    """For each row of the frame, in order, the rows of the history that are best by their times: (at, created, *values).

    The one that is joined is the first, since it has the greatest values in the order of their columns. The others are
    as good by all times. There are none where no row is joined.
    """
    by_key = defaultdict(list)
    for key, *row in tables.history:
        by_key[key].append(row)
    return [best(shapes[shape], by_key[key] if is_key(key) else [], at) for shape, _, _, key, at in tables.frame]


def is_key(key):
    return None not in key


def best(shape, history, moment):
    if moment is None:
        return []
    there = [row for row in history if is_there(shape, moment, row[0], row[1])]
    newest = max((times(shape, row) for row in there), default=None)
    tied = [row for row in there if times(shape, row) == newest]
    return sorted(tied, key=lambda row: [lowest_if_null(value) for value in row[2:]], reverse=True)


def is_there(shape, moment, at, created):
    """Whether a row counts at a moment; both ends of its time to live do."""
    if at is None or at > moment or (at == moment and shape.mode.strictly):
        return False
    if shape.mode.by_knowledge and (created is None or created > moment):
        return False
    return shape.ttl is None or at >= moment - shape.ttl


def times(shape, row):
    """The newest is best, and of those the one created last, if anybody asks for that."""
    return (row[0], lowest_if_null(row[1])) if shape.mode.with_created else (row[0],)


def lowest_if_null(value):
    return (value is not None, value)
