"""A mesh of many small products, one for each kind of operation and each rule of a contract, as manifests."""

import json
from decimal import Decimal
from typing import Callable, NamedTuple

import pyarrow

from weft import REPOSITORY

MINIMAL = REPOSITORY / "platform" / "weft-testkit" / "src" / "minimal"

STRING = "logicalType: string, physicalType: string"
WHOLE = "logicalType: integer, physicalType: bigint"
DECIMAL = "logicalType: number, physicalType: 'decimal(12,2)'"
DATE = "logicalType: date, physicalType: date"
LISTS = "logicalType: array, items: {logicalType: string}"


class Rule(NamedTuple):
    """What a contract asks of a table with the columns `id`, `day` and `v`, and rows that do as it asks and others."""

    kind: str
    """What `v` is."""
    column: str
    """What the contract says of `v` besides, as keys of a flow mapping."""
    table: str
    """Its rules of the whole table, as a flow sequence."""
    good: list
    """Values of `v`: three that hold, and one more."""
    bad: list
    """Values that come in addition to the first three, and break the rule."""
    is_broken: Callable
    """Whether an Arrow table breaks the rule: the test's own reading of it."""
    code: str = "W0605"
    checks: tuple = ()
    """The checks that fail then."""
    loose: str | None = None
    """What `v` is where nothing is asked of it."""


def any_value(condition):
    """Whether any value of `v` that is none of NULL meets the condition."""
    return lambda table: any(condition(value) for value in table["v"].to_pylist() if value is not None)


def has_null(table):
    return table["v"].null_count > 0


def repeats(*columns):
    """Whether a tuple of these columns, and of the beginning of validity where there is one, occurs twice."""
    def is_broken(table):
        since = [name for name in ("valid_from",) if name in table.column_names and len(columns) > 1]
        rows = [tuple(row.values()) for row in table.select([*columns, *since]).to_pylist()]
        return len(rows) != len(set(rows))
    return is_broken


KEY = ("primary_key",)
LETTERS, NUMBERS = ["a", "b", "c", "d"], [5, 10, 15, 20]
NONE_MAY = "mustBe: 0"
RULES = {
    "type": Rule(
        WHOLE, "", "", ["5", "10", "15", "20"], ["x"], lambda table: table.schema.field("v").type != pyarrow.int64(), "W0601",
        loose=STRING,
    ),
    "required": Rule(STRING, "required: true", "", LETTERS, [None], has_null, "W0602", ("required",)),
    "unique": Rule(STRING, "unique: true", "", LETTERS, ["a"], repeats("v"), "W0603", ("unique",)),
    "key": Rule(
        STRING, "required: true, primaryKey: true, primaryKeyPosition: 2", "", LETTERS, ["e", "e"], repeats("id", "v"),
        "W0603", KEY,
    ),
    "enum": Rule(
        STRING, "enum: [{value: a}, {value: b}, {value: c}, {value: d}]", "", LETTERS, ["x"],
        any_value(lambda value: value not in LETTERS), checks=("enum",),
    ),
    "pattern": Rule(
        STRING, "logicalTypeOptions: {pattern: '^[a-z]$'}", "", LETTERS, ["X", "aa"],
        any_value(lambda value: len(value) != 1 or not "a" <= value <= "z"), checks=("pattern",),
    ),
    "length": Rule(
        STRING, "logicalTypeOptions: {minLength: 1, maxLength: 2}", "", LETTERS, ["", "äöü"],
        any_value(lambda value: not 1 <= len(value) <= 2), checks=("minLength", "maxLength"),
    ),
    "bounds": Rule(
        WHOLE, "logicalTypeOptions: {minimum: 0, maximum: 100}", "", NUMBERS, [-1, 101],
        any_value(lambda value: not 0 <= value <= 100), checks=("minimum", "maximum"),
    ),
    "bounds_of_decimals": Rule(
        DECIMAL, "logicalTypeOptions: {exclusiveMinimum: 0, maximum: 20.5}", "", [0.01, 10.25, 20.49, 20.5],
        [0, 20.51], any_value(lambda value: not 0 < value <= Decimal("20.5")),
        checks=("exclusiveMinimum", "maximum"),
    ),
    "bounds_of_dates": Rule(
        DATE, "logicalTypeOptions: {minimum: '2024-01-01'}", "",
        ["2024-01-01", "2024-02-29", "2025-01-01", "2024-03-01"], ["2023-12-31"],
        any_value(lambda value: value.year < 2024), checks=("minimum",),
    ),
    "multiple_of": Rule(
        WHOLE, "logicalTypeOptions: {multipleOf: 5}", "", NUMBERS, [7], any_value(lambda value: value % 5 != 0),
        checks=("multipleOf",),
    ),
    "items": Rule(
        LISTS, "logicalTypeOptions: {minItems: 1, maxItems: 2, uniqueItems: true}", "",
        [["a"], ["a", "b"], ["b"], ["c", "a"]], [[], ["a", "b", "c"], ["a", "a"]],
        any_value(lambda value: not 1 <= len(value) <= 2 or len(value) != len(set(value))),
        checks=("minItems", "maxItems", "uniqueItems"),
    ),
    "foreign_key": Rule(
        STRING, "relationships: [{type: foreignKey, to: ../../letters/contracts/rows.odcs.yaml#schema/rows/properties/v}]",
        "", LETTERS, ["x"], any_value(lambda value: value not in LETTERS), checks=("foreignKey",),
    ),
    "row_count": Rule(
        STRING, "", "{id: some, metric: rowCount, mustBeBetween: [1, 5]}", LETTERS, ["d", "e", "f"],
        lambda table: not 1 <= table.num_rows <= 5, checks=("some",),
    ),
    "null_values": Rule(
        STRING, "quality: [{id: known, metric: nullValues, mustBeLessThan: 1}]", "", LETTERS, [None], has_null,
        checks=("known",),
    ),
    "missing_values": Rule(
        STRING, f"quality: [{{id: there, metric: missingValues, arguments: {{missingValues: ['', '-']}}, {NONE_MAY}}}]",
        "", LETTERS, ["-", ""], any_value(lambda value: value in ("", "-")), checks=("there",),
    ),
    "invalid_values": Rule(
        STRING, f"quality: [{{id: sound, metric: invalidValues, arguments: {{validValues: [a, b, c, d]}}, {NONE_MAY}}}]",
        "", LETTERS, ["x"], any_value(lambda value: value not in LETTERS), checks=("sound",),
    ),
    "duplicate_values": Rule(
        STRING, f"quality: [{{id: apart, metric: duplicateValues, {NONE_MAY}}}]", "", LETTERS, ["a"], repeats("v"),
        checks=("apart",),
    ),
    "sql": Rule(
        WHOLE, "", "{id: total, type: sql, query: 'SELECT SUM(v) FROM {object}', mustBeLessThan: 100}", NUMBERS, [71],
        lambda table: sum(table["v"].to_pylist()) >= 100, checks=("total",),
    ),
}

TRANSFORMS = {
    "seed": "{kind: seed, seed: {path: data/rows.json, format: json}}",
    "full": "{kind: full}",
    "append": "{kind: append}",
    "by_key": "{kind: by_key}",
    "by_time": "{kind: by_time, time: {column: day, interval: P1D}}",
    "scd2": "{kind: scd2}",
}
# Two kinds have no word in a manifest. A contract that `evolves` demands the rule of rows that lie there already: of
# those that break it, and, to see that it can, of those that do not. What a source holds is told by its URL.
KINDS = ["seed", "source", "full", "append", "by_key", "by_time", "scd2", "evolves", "evolves_well"]
QUERIES = ("full", "append", "by_key", "by_time", "scd2")

# That a column becomes a number is no change of a contract in place: the table is made anew, as `seed` is. There is no
# kind that restores, since releases only go forward: a revert of the commit is one of the kinds above.
LEFT_OUT = {("evolves", "type"), ("evolves_well", "type")}


def cells():
    """Kind and rule of each product."""
    return [(kind, rule) for kind in KINDS for rule in RULES if (kind, rule) not in LEFT_OUT]


def rows(rule, which):
    """JSON lines: what holds, what does not, and what holds again with one row more."""
    values = {"good": rule.good[:3], "bad": rule.good[:3] + rule.bad, "more": rule.good}[which]
    lines = []
    for number, value in enumerate(values, 1):
        # A key is broken by two rows of one number, which nothing but their days tells apart.
        same = rule.checks == KEY and number > 4
        lines.append(json.dumps({"id": 4 if same else number, "day": f"2024-01-{number:02}", "v": value}))
    return "\n".join(lines) + "\n"


def contract(name, version, rule, asks, transform=None):
    """The contract of a product; `asks` tells whether the rule is in it."""
    kind, column, table = (rule.kind, rule.column, rule.table) if asks else (rule.loose or rule.kind, "", "")
    # What a contract says of its key is no small thing: it stays as it is, but where it is what the rule is about.
    keyed = ", primaryKey: true, primaryKeyPosition: 1" if asks or rule.checks != KEY else ""
    columns = [
        f"{{id: id, name: id, description: Number., {WHOLE}, required: true{keyed}}}",
        f"{{id: day, name: day, description: Day., {DATE}, required: true}}",
        f"{{id: v, name: v, description: Value., {kind}{', ' + column if column else ''}}}",
    ]
    if transform == "scd2":
        since = f"primaryKey: true, primaryKeyPosition: {3 if 'primaryKey' in column else 2}"
        columns += [
            f"{{name: valid_from, description: Since., logicalType: timestamp, required: true, {since}}}",
            "{name: valid_to, description: Until., logicalType: timestamp}",
        ]
    listed = "".join(f"      - {column}\n" for column in columns)
    return (
        f"apiVersion: v3.2.0\nkind: DataContract\nid: {name}-contract\nname: {name}\nversion: {version}\n"
        "description:\n  purpose: To be broken.\nschema:\n  - id: rows\n    name: rows\n    physicalType: table\n"
        f"    description: Rows.\n    quality: [{table}]\n    properties:\n{listed}"
    )


# Readers of a table need not expect another key of it, so somebody answers for that.
NEW_KEY = "customProperties:\n  - property: overrides\n    vendor: weft\n    value: [{change: rows primary key, reason: A test., approver: ana, until: 2999-12-31}]\n"


def product(name, version, transform, reads=None, more=""):
    """The manifest of a product with one port, which reads the port `rows` of another product at most."""
    inputs = f"inputPorts:\n  - {{name: rows, contractId: {reads}-contract, version: 1.0.0}}\n" if reads else ""
    return (
        f"apiVersion: v1.1.0\nkind: DataProduct\nid: {name}\nname: {name}\nversion: 1.0.0\nstatus: active\ndomain: sales\n"
        f"description:\n  purpose: To be broken.\n{more}{inputs}outputPorts:\n  - name: rows\n    description: Rows.\n"
        f"    type: tables\n    contractId: {name}-contract\n    version: {version}\n    customProperties:\n"
        f"      - {{property: transform, vendor: weft, value: {transform}}}\n"
    )


def mesh(files, which):
    """The whole mesh as texts by path. `files` is a folder for what sources read, which is written into it."""
    texts = {
        "governance/model.conf": (REPOSITORY / "governance" / "model.conf").read_text(),
        "governance/principals.yaml": (MINIMAL / "principals.yaml").read_text(),
        "products/sales/domain.yaml": (MINIMAL / "domain.yaml").read_text(),
        "products/sales/access.csv": (MINIMAL / "access.csv").read_text(),
    }

    def put(name, version, transform, the_contract, reads=None, more=""):
        folder = f"products/sales/{name}"
        texts[f"{folder}/product.odps.yaml"] = product(name, version, transform, reads, more)
        texts[f"{folder}/contracts/rows.odcs.yaml"] = the_contract
        return folder

    letters = RULES["enum"]
    folder = put("letters", "1.0.0", TRANSFORMS["seed"], contract("letters", "1.0.0", RULES["unique"], True))
    texts[f"{folder}/data/rows.json"] = rows(letters, "more")
    for name, rule in RULES.items():
        base = f"base_{name}"
        folder = put(base, "1.0.0", TRANSFORMS["seed"], contract(base, "1.0.0", rule, False))
        texts[f"{folder}/data/rows.json"] = rows(rule, which)
    for kind, name in cells():
        rule, cell = RULES[name], f"{kind}_{name}"
        if kind in QUERIES:
            folder = put(cell, "1.0.0", TRANSFORMS[kind], contract(cell, "1.0.0", rule, True, kind), f"base_{name}")
            value = "CAST(v AS BIGINT) AS v" if rule.loose else "v"
            texts[f"{folder}/transforms/rows.sql"] = f"SELECT id, day, {value} FROM sales.base_{name}.rows\n"
        elif kind == "source":
            file = files / name / f"{which}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(rows(rule, which))
            put(cell, "1.0.0", f"{{kind: source, source: {{url: 'file://{file}', format: json}}}}", contract(cell, "1.0.0", rule, True))
        else:
            asks = kind == "seed" or which != "good"
            version = "1.0.0" if kind == "seed" or not asks else "1.1.0"
            more = NEW_KEY if version != "1.0.0" and rule.checks == KEY else ""
            folder = put(cell, version, TRANSFORMS["seed"], contract(cell, version, rule, asks), more=more)
            lies = {"evolves": {"good": "bad"}, "evolves_well": {"bad": "good"}}.get(kind, {}).get(which, which)
            texts[f"{folder}/data/rows.json"] = rows(rule, lies)
    return texts
