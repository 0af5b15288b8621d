"""Cases of point-in-time joins, made anew from a seed: what is compared is what is hard to get right.

A case is a small frame and a small history with keys that no other case has, so that all cases of one kind of key lie in
two tables, and all of one shape are one query. Times are whole microseconds since 1970, as Python's own numbers.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

SEED = 9
CASES_OF_SHAPE = 112
SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000

TIME = pa.timestamp("us", "UTC")
# For how long a row of the history holds: for ever, at that very moment alone, and until some time later.
TTLS = {
    None: None,
    0: "0 seconds",
    1: "1 microsecond",
    SECOND: "1 second",
    HOUR: "1 hour",
    7 * DAY: "7 days",
}
VALUES = {"amount": pa.float64(), "word": pa.string(), "units": pa.int64()}
# In the years 5 and 9998.
FAR = [-62_000_000_000 * SECOND, 253_370_000_000 * SECOND]
AMOUNTS = [None, None, 0.0, 1.5, -1.5, float("inf"), 1e300]
WORDS = [None, "", "a", "B", "ä", "a "]
UNITS = [None, 0, 1, -(2**63), 2**63 - 1]


@dataclass(frozen=True)
class Mode:
    """What else is asked of a row: to be earlier than the moment, or to have been created by then."""

    strictly: bool = False
    by_knowledge: bool = False
    # Whether it is shown when a row was created, by which it decides between rows of one time.
    with_created: bool = False


MODES = {
    "plain": Mode(),
    "strict": Mode(strictly=True),
    "created": Mode(with_created=True),
    "known": Mode(by_knowledge=True, with_created=True),
    "known_strict": Mode(strictly=True, by_knowledge=True, with_created=True),
}


@dataclass(frozen=True)
class Shape:
    number: int
    keys: str
    ttl: int | None
    mode: Mode


@dataclass
class Tables:
    """All rows of one kind of key: rows of the frame as (shape, row, case, key, at), and of the history as (key, at,
    created, *values)."""

    frame: list
    history: list


# --- keys: their columns, and the key of an entity of a case. `None` is an entity without a key.


def dense(case, entity):
    return (None if entity is None else case * 8 + entity,)


def sparse(case, entity):
    return (None if entity is None else (-1) ** entity * (entity + 1 << 44 | case),)


def text(case, entity):
    return (None if entity is None else ["", " ", "a", "A", "ä", "'"][entity] + f"{case:05}",)


def day(case, entity):
    days = [date.min, date(1969, 12, 31), date(1970, 1, 1), date(2013, 1, 1), date(2013, 1, 2), date.max]
    return (case, None if entity is None else days[entity])


def several(case, entity):
    """Parts that are equal where they are written one after the other."""
    pairs = [("1", 11), ("11", 1), ("", 111), ("1", 1), ("", 1), ("1|", 1)]
    word, number = (("1", None) if case % 2 else (None, 1)) if entity is None else pairs[entity]
    return (case, word, number)


def flags(case, entity):
    since = None if entity is None else [0, 1, 1_000][entity // 2]
    return (case, entity is not None and entity % 2 == 1, since)


KEYS = {
    "dense": (dense, {"entity": pa.int64()}),
    "sparse": (sparse, {"entity": pa.int64()}),
    "text": (text, {"entity": pa.string()}),
    "day": (day, {"case_no": pa.int64(), "entity": pa.date32()}),
    "several": (several, {"case_no": pa.int64(), "word_key": pa.string(), "number_key": pa.int32()}),
    "flags": (flags, {"case_no": pa.int64(), "flag": pa.bool_(), "since": TIME}),
}
ENTITIES = 6

SHAPES = [
    Shape(number, *shape)
    for number, shape in enumerate((keys, ttl, mode) for keys in KEYS for ttl in TTLS for mode in MODES.values())
]


# --- kinds of cases: each gives rows of the frame as (entity, at), and of the history as (entity, at, created, *values).


class Making:
    """What the rows of one case are drawn from."""

    def __init__(self, chance, ttl):
        self.chance = chance
        # Before 1970 as after it, and as far as calendars go.
        self.begin = chance.choice([0, -1, 15_000 * DAY, 15_000 * DAY + 123_457, *FAR])
        self.step = chance.choice([1, 1_000, SECOND, HOUR, ttl or 1])
        self.entities = chance.randint(1, ENTITIES)

    def entity(self):
        return self.chance.randrange(self.entities)

    def at(self, least=0, most=12):
        return self.begin + self.chance.randint(least, most) * self.step

    def values(self):
        return self.chance.choice(AMOUNTS), self.chance.choice(WORDS), self.chance.choice(UNITS)

    def row(self, **told):
        at = told.get("at", self.at())
        created = told.get("created", at + self.chance.randint(0, 3) * self.step)
        return (told.get("entity", self.entity()), at, created, *told.get("values", self.values()))

    def rows(self, most):
        return [self.row() for _ in range(self.chance.randint(0, most))]

    def asked(self, most):
        return [(self.entity(), self.at(-1, 16)) for _ in range(self.chance.randint(1, most))]


def ordinary(making, ttl):
    return making.asked(12), making.rows(20)


def duplicates(making, ttl):
    """Rows of both sides more than once, to the last value."""
    frame, history = making.asked(5), making.rows(8)
    return frame * making.chance.randint(2, 3), history * making.chance.randint(2, 3)


def ties(making, ttl):
    """A handful of times, so that other columns decide."""
    times = [making.at() for _ in range(2)]
    draw = making.chance.choice
    created = [None, *times, times[0] + making.step]
    history = [making.row(at=draw(times), created=draw(created)) for _ in range(20)]
    return [(making.entity(), draw(times) + draw([0, 0, making.step])) for _ in range(8)], history


def edges(making, ttl):
    """Moments at the ends of the time in which a row holds, and next to them; the same for when it was created."""
    history = making.rows(5) or [making.row()]
    ends = {end + by for _, at, created, *_ in history for end in (at, at + (ttl or 0), created) for by in (-1, 0, 1)}
    return [(entity, at) for entity in {row[0] for row in history} for at in sorted(ends)], history


def nulls(making, ttl):
    """Without keys, times, creations and values."""
    absent = lambda value: None if making.chance.random() < 0.3 else value
    history = [(absent(entity), absent(at), absent(created), *map(absent, values))
               for entity, at, created, *values in making.rows(20)]
    return [(absent(entity), absent(at)) for entity, at in making.asked(10)], history


def late(making, ttl):
    """Corrections that are created after later rows were, or before what they tell of."""
    history = []
    for _ in range(making.chance.randint(1, 5)):
        entity, at = making.entity(), making.at()
        for _ in range(making.chance.randint(1, 4)):
            created = at + making.chance.randint(-2, 14) * making.step
            history.append(making.row(entity=entity, at=at, created=created))
    moments = {moment + by for _, at, created, *_ in history for moment in (at, created) for by in (-1, 0, 1)}
    return [(making.entity(), at) for at in making.chance.sample(sorted(moments), min(12, len(moments)))], history


def empty(making, ttl):
    """A history of nobody, or of others."""
    others = [making.row(entity=0) for _ in range(making.chance.choice([0, 0, 3]))]
    return [(making.chance.randint(1, ENTITIES - 1), at) for _, at in making.asked(5)], others


def hot(making, ttl):
    """One key with nearly everything."""
    def entity():
        return 0 if making.chance.random() < 0.98 else making.entity()

    history = [making.row(entity=entity(), at=making.at(0, 400)) for _ in range(1_000)]
    return [(entity(), making.at(-1, 500)) for _ in range(30)], history


KINDS = [ordinary, duplicates, ties, edges, nulls, late, empty]


def made(seed=SEED):
    """The tables by kind of key. Rows lie in no order, so that those of a case are far apart."""
    chance = random.Random(seed)
    tables = {keys: Tables([], []) for keys in KEYS}
    case = 0
    for shape in SHAPES:
        key_of, table = KEYS[shape.keys][0], tables[shape.keys]
        for n in range(CASES_OF_SHAPE):
            kind = hot if n == 0 else KINDS[n % len(KINDS)]
            frame, history = kind(Making(chance, shape.ttl), shape.ttl)
            table.frame += [[shape.number, 0, case, key_of(case, entity), at] for entity, at in frame]
            table.history += [(key_of(case, entity), *row) for entity, *row in history]
            case += 1
    for table in tables.values():
        chance.shuffle(table.frame)
        chance.shuffle(table.history)
        for row, of_frame in enumerate(table.frame):
            of_frame[1] = row
    return tables


def arrow(keys, tables):
    """Both tables of a kind of key as Arrow has them."""
    columns = KEYS[keys][1]
    shape, row, _, key, at = zip(*tables.frame)
    frame = {"shape": array(shape, pa.int64()), "row_no": array(row, pa.int64()), **key_columns(columns, key),
             "at": array(at, TIME)}
    key, at, created, *values = zip(*tables.history)
    history = {**key_columns(columns, key), "at": array(at, TIME), "created": array(created, TIME)}
    for (name, kind), value in zip(VALUES.items(), values):
        history[name] = array(value, kind)
    return pa.table(frame), pa.table(history)


def key_columns(columns, keys):
    return {name: array(part, kind) for (name, kind), part in zip(columns.items(), zip(*keys))}


def array(values, kind):
    return pa.array(values, pa.int64()).cast(kind) if pa.types.is_timestamp(kind) else pa.array(values, kind)


def ttl_of(shape):
    return None if shape.ttl is None else timedelta(microseconds=shape.ttl)


def shown(shape):
    """The columns of the history that are joined, in the order in which they decide between rows of one time."""
    return ["at", *(["created"] if shape.mode.with_created else []), *VALUES]
