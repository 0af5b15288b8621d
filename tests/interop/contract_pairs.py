"""Pairs of contracts that differ in known ways, made anew from a seed.

An edit is a function that gets the old and the new contract, equal but for earlier edits, and a
source of chance; it may change both, so that what it changes is there to be changed.
"""

import copy
import random

EDITS = {}


def edit(function):
    EDITS[function.__name__] = function
    return function


def pair(names, seed):
    """Two contracts that differ by these edits."""
    chance = random.Random(f"{seed} {' '.join(names)}")
    old = contract(chance)
    new = copy.deepcopy(old)
    new["version"] = "2.0.0"
    for name in names:
        EDITS[name](old, new, chance)
    return old, new


def contract(chance):
    """A contract with columns of every kind, some of them within others."""
    tables = [table(name, chance) for name in chance.sample(["orders", "refunds", "visits"], chance.randint(1, 2))]
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "pair",
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": "Made for a comparison."},
        "schema": tables,
    }


def table(name, chance):
    leaves = [leaf(f"{kind}_{i}", kind) for kind in KINDS for i in range(2)]
    chance.shuffle(leaves)
    inner = [leaf(f"{kind}_inner", kind) for kind in KINDS]
    deep = [leaf(f"{kind}_deep", kind) for kind in KINDS]
    nested = [
        {"name": "object_0", "logicalType": "object", "properties": inner},
        {"name": "array_0", "logicalType": "array", "items": {"logicalType": "object", "properties": deep}},
        {"name": "tags", "logicalType": "array", "items": {"logicalType": "string"}},
        {"name": "prices", "logicalType": "map", "map": {side: {"logicalType": "string"} for side in ("key", "value")}},
        {"name": "face", "logicalType": "vector", "logicalTypeOptions": {"dimensions": 8}},
    ]
    return {"name": name, "logicalType": "object", "physicalType": "table", "properties": leaves + nested}


KINDS = ["string", "integer", "number", "date", "timestamp", "boolean"]


def leaf(name, kind):
    return {"name": name, "logicalType": kind}


def walk(columns):
    for column in columns:
        yield column
        yield from walk(column.get("properties", []))
        if "items" in column:
            yield from walk(column["items"].get("properties", []))


def tables(old, new, chance):
    """One table, in both contracts."""
    i = chance.randrange(len(old["schema"]))
    return old["schema"][i], new["schema"][i]


def columns(old, new, chance, kind=None, top=False):
    """One column that no edit has touched, at any depth, in both contracts."""
    before, after = tables(old, new, chance)
    every = [table["properties"] if top else list(walk(table["properties"])) for table in (before, after)]
    named = {column["name"]: column for column in every[1]}
    fit = [
        (column, named[column["name"]])
        for column in every[0]
        if column["name"] in named
        and (kind is None or column.get("logicalType") == kind)
        and (kind or column.get("logicalType") in KINDS)
        and column == named[column["name"]]
        and set(column) <= {"name", "logicalType", "items", "logicalTypeOptions"}
    ]
    return chance.choice(fit)


def options(old, new, chance, kind, before, after):
    for column, value in zip(columns(old, new, chance, kind), (before, after)):
        if value is not None:
            column["logicalTypeOptions"] = value


def keys(old, new, chance, before, after, kind=None, top=False):
    for column, value in zip(columns(old, new, chance, kind, top), (before, after)):
        column.update(value)


# --- columns and types


@edit
def optional_column_added(old, new, chance):
    tables(old, new, chance)[1]["properties"].append(leaf("added", chance.choice(KINDS)))


@edit
def required_column_added(old, new, chance):
    tables(old, new, chance)[1]["properties"].append(leaf("added", chance.choice(KINDS)) | {"required": True})


@edit
def nested_column_added(old, new, chance):
    for column in tables(old, new, chance)[1]["properties"]:
        if column["name"] == "object_0":
            column["properties"].append(leaf("added", chance.choice(KINDS)))


@edit
def column_removed(old, new, chance):
    gone = columns(old, new, chance)[0]["name"]
    for table in new["schema"]:
        table["properties"] = [column for column in table["properties"] if column["name"] != gone]
        for column in walk(table["properties"]):
            if "properties" in column:
                column["properties"] = [inner for inner in column["properties"] if inner["name"] != gone]
        for column in table["properties"]:
            if "properties" in column.get("items", {}):
                column["items"]["properties"] = [c for c in column["items"]["properties"] if c["name"] != gone]


@edit
def column_renamed(old, new, chance):
    columns(old, new, chance)[1]["name"] = "renamed"


@edit
def column_renamed_with_id(old, new, chance):
    before, after = columns(old, new, chance)
    before["id"] = after["id"] = "the-same"
    after["name"] = "renamed"


@edit
def table_added(old, new, chance):
    new["schema"].append(table("further", chance))


@edit
def table_removed(old, new, chance):
    old["schema"].append(table("further", chance))


@edit
def table_kind_changed(old, new, chance):
    tables(old, new, chance)[1]["physicalType"] = "view"


@edit
def physical_name_set(old, new, chance):
    keys(old, new, chance, {}, {"physicalName": "stored_otherwise"})


@edit
def physical_name_of_table_set(old, new, chance):
    tables(old, new, chance)[1]["physicalName"] = "stored_otherwise"


@edit
def physical_name_set_to_the_name(old, new, chance):
    before, after = columns(old, new, chance)
    after["physicalName"] = before["name"]


@edit
def required_set(old, new, chance):
    keys(old, new, chance, {}, {"required": True})


@edit
def required_unset(old, new, chance):
    keys(old, new, chance, {"required": True}, chance.choice([{}, {"required": False}]))


@edit
def required_by_the_object_no_more(old, new, chance):
    for contract, required in ((old, ["string_inner", "date_inner"]), (new, ["string_inner"])):
        for table in contract["schema"]:
            for column in table["properties"]:
                if column["name"] == "object_0":
                    column["logicalTypeOptions"] = {"required": required}


@edit
def type_changed(old, new, chance):
    column = columns(old, new, chance)[1]
    column["logicalType"] = chance.choice([k for k in ("string", "boolean", "time") if k != column["logicalType"]])


@edit
def physical_type_changed(old, new, chance):
    before, after = chance.choice([("varchar", "jsonb"), ("uuid", "varchar(36)"), ("xml", "json")])
    keys(old, new, chance, {"physicalType": before}, {"physicalType": after}, "string")


@edit
def decimal_narrowed(old, new, chance):
    before, after = chance.choice([
        ("decimal(12,2)", "decimal(10,2)"), ("decimal(12,2)", "decimal(12,4)"), ("double", "float"),
    ])
    keys(old, new, chance, {"physicalType": before}, {"physicalType": after}, "number")


@edit
def type_told(old, new, chance):
    del columns(old, new, chance, "string")[0]["logicalType"]


@edit
def type_told_no_more(old, new, chance):
    del columns(old, new, chance, "string")[1]["logicalType"]


@edit
def element_type_changed(old, new, chance):
    columns(old, new, chance, "array")[1]["items"]["logicalType"] = "boolean"
    # Arrays of objects lose their fields with it.
    for table in new["schema"]:
        for column in table["properties"]:
            if column.get("items", {}).get("logicalType") == "boolean":
                column["items"].pop("properties", None)


@edit
def type_widened(old, new, chance):
    kind, before, after = chance.choice([
        ("integer", "int", "bigint"), ("integer", "smallint", "int"), ("number", "decimal(10,2)", "decimal(12,2)"),
        ("number", "decimal(10,2)", "decimal(14,4)"), ("number", "float", "double"),
        ("string", "varchar(20)", "varchar(40)"),
    ])
    keys(old, new, chance, {"physicalType": before}, {"physicalType": after}, kind)


@edit
def date_widened_to_timestamp(old, new, chance):
    after = {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": False}}
    keys(old, new, chance, {}, after, "date")


@edit
def type_spelled_otherwise(old, new, chance):
    kind, before, after = chance.choice([
        ("integer", "bigint", "BIGINT"), ("integer", "int", "INTEGER"), ("string", "varchar", "text"),
        ("number", "decimal(12,2)", "numeric(12, 2)"),
    ])
    keys(old, new, chance, {"physicalType": before}, {"physicalType": after}, kind)


@edit
def format_narrowed(old, new, chance):
    kind, before, after = chance.choice([
        ("integer", "i64", "i32"), ("integer", "i32", "u32"), ("number", "f64", "f32"),
    ])
    options(old, new, chance, kind, {"format": before}, {"format": after})


@edit
def format_widened(old, new, chance):
    kind, before, after = chance.choice([("integer", "i16", "i64"), ("integer", "u8", "i32"), ("number", "f32", "f64")])
    options(old, new, chance, kind, {"format": before}, {"format": after})


@edit
def instant_becomes_a_reading(old, new, chance):
    options(old, new, chance, "timestamp", {"timezone": True}, {"timezone": False})


# --- keys, partitions, references


@edit
def key_declared(old, new, chance):
    keys(old, new, chance, {}, {"primaryKey": True, "required": True, "primaryKeyPosition": 1}, top=True)
    # Required before and after, so that the key alone differs.
    for table, later in zip(old["schema"], new["schema"]):
        for column, after in zip(table["properties"], later["properties"]):
            if after.get("primaryKey"):
                column["required"] = True


@edit
def key_dropped(old, new, chance):
    keys(old, new, chance, {"primaryKey": True, "primaryKeyPosition": 1}, {}, top=True)


def composite(old, new, chance, before, after):
    for contract, names in ((old, before), (new, after)):
        for column in contract["schema"][0]["properties"]:
            if column["name"] in names:
                column.update(primaryKey=True, primaryKeyPosition=names.index(column["name"]) + 1)


@edit
def key_joined(old, new, chance):
    composite(old, new, chance, ["string_0", "integer_0"], ["string_0", "integer_0", "date_0"])


@edit
def key_left(old, new, chance):
    composite(old, new, chance, ["string_0", "integer_0", "date_0"], ["string_0", "integer_0"])


@edit
def key_in_another_order(old, new, chance):
    composite(old, new, chance, ["string_0", "integer_0"], ["integer_0", "string_0"])


@edit
def unique_set(old, new, chance):
    keys(old, new, chance, {}, {"unique": True})


@edit
def unique_unset(old, new, chance):
    keys(old, new, chance, {"unique": True}, {})


@edit
def unique_items_set(old, new, chance):
    options(old, new, chance, "array", {}, {"uniqueItems": True})


@edit
def unique_items_unset(old, new, chance):
    options(old, new, chance, "array", {"uniqueItems": True}, {"uniqueItems": False})


@edit
def granularity_changed(old, new, chance):
    before, after = tables(old, new, chance)
    before["dataGranularityDescription"] = "one row an order"
    after["dataGranularityDescription"] = "one row an order line"


@edit
def partitioning_changed(old, new, chance):
    keys(old, new, chance, {"partitioned": True, "partitionKeyPosition": 1}, {}, "string", top=True)
    keys(old, new, chance, {}, {"partitioned": True, "partitionKeyPosition": 1}, "date", top=True)


def link(to, **more):
    return {"relationships": [{"to": to} | more]}


@edit
def relationship_added(old, new, chance):
    keys(old, new, chance, {}, link("other.id"))


@edit
def relationship_removed(old, new, chance):
    keys(old, new, chance, link("other.id"), {})


@edit
def relationship_moved(old, new, chance):
    more = chance.choice([{}, {"id": "link"}])
    keys(old, new, chance, link("other.id", **more), link("elsewhere.id", **more))


@edit
def relationship_of_table_removed(old, new, chance):
    before, _ = tables(old, new, chance)
    before["relationships"] = [{"from": f"{before['name']}.string_0", "to": "other.id"}]


@edit
def relationship_of_table_moved(old, new, chance):
    for table, to in zip(tables(old, new, chance), ("other.id", "elsewhere.id")):
        table["relationships"] = [{"from": f"{table['name']}.string_0", "to": to}]


# --- bounds and sets of values

NUMBERS = [("minimum", 1), ("maximum", -1), ("exclusiveMinimum", 1), ("exclusiveMaximum", -1)]
LENGTHS = [("minLength", 1), ("maxLength", -1)]


@edit
def bound_tightened(old, new, chance):
    key, sign = chance.choice(NUMBERS)
    options(old, new, chance, chance.choice(["integer", "number"]), {key: 10}, {key: 10 + sign * chance.randint(1, 5)})


@edit
def bound_added(old, new, chance):
    key, _ = chance.choice(NUMBERS)
    options(old, new, chance, chance.choice(["integer", "number"]), {}, {key: 10})


@edit
def bound_loosened(old, new, chance):
    key, sign = chance.choice(NUMBERS)
    options(old, new, chance, chance.choice(["integer", "number"]), {key: 10}, {key: 10 - sign * chance.randint(1, 5)})


@edit
def bound_removed(old, new, chance):
    key, _ = chance.choice(NUMBERS)
    options(old, new, chance, chance.choice(["integer", "number"]), {key: 10}, {})


@edit
def bound_written_as_exclusive(old, new, chance):
    before, after = chance.choice([
        ({"minimum": 5}, {"exclusiveMinimum": 4}), ({"exclusiveMaximum": 5}, {"maximum": 4}),
        ({"minimum": 5}, {"exclusiveMinimum": 5}),
    ])
    options(old, new, chance, "integer", before, after)


@edit
def date_bound_tightened(old, new, chance):
    kind, before, after = chance.choice([
        ("date", "2020-01-01", "2021-01-01"), ("timestamp", "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"),
    ])
    options(old, new, chance, kind, {"minimum": before}, {"minimum": after})


@edit
def date_bound_loosened(old, new, chance):
    options(old, new, chance, "date", {"minimum": "2020-01-01"}, {"exclusiveMinimum": "2019-01-01"})


@edit
def length_tightened(old, new, chance):
    key, sign = chance.choice(LENGTHS)
    options(old, new, chance, "string", {key: 10}, {key: 10 + sign * chance.randint(1, 5)})


@edit
def length_loosened(old, new, chance):
    key, sign = chance.choice(LENGTHS)
    options(old, new, chance, "string", {key: 10}, {key: 10 - sign * chance.randint(1, 5)})


@edit
def items_tightened(old, new, chance):
    key, sign = chance.choice([("minItems", 1), ("maxItems", -1)])
    options(old, new, chance, "array", {key: 3}, {key: 3 + sign})


@edit
def items_loosened(old, new, chance):
    key, sign = chance.choice([("minItems", 1), ("maxItems", -1)])
    options(old, new, chance, "array", {key: 3}, {key: 3 - sign})


@edit
def pattern_added(old, new, chance):
    options(old, new, chance, "string", {}, {"pattern": "^[A-Z]+$"})


@edit
def pattern_removed(old, new, chance):
    options(old, new, chance, "string", {"pattern": "^[A-Z]+$"}, {})


@edit
def pattern_edited(old, new, chance):
    options(old, new, chance, "string", {"pattern": "^[A-Z]+$"}, {"pattern": "^[A-Z0-9]+$"})


@edit
def multiple_changed(old, new, chance):
    after = chance.choice([{}, {"multipleOf": 0.25}, {"multipleOf": 2}])
    options(old, new, chance, "number", {"multipleOf": 0.5}, after)


@edit
def string_format_changed(old, new, chance):
    options(old, new, chance, "string", {"format": "uri"}, chance.choice([{}, {"format": "email"}]))


def allowed(*values):
    return {"enum": [{"value": value} for value in values]}


@edit
def enum_added(old, new, chance):
    keys(old, new, chance, {}, allowed("A", "B"), "string")


@edit
def enum_removed(old, new, chance):
    keys(old, new, chance, allowed("A", "B"), {}, "string")


@edit
def enum_value_added(old, new, chance):
    keys(old, new, chance, allowed("A", "B"), allowed("A", "B", "C"), "string")


@edit
def enum_value_removed(old, new, chance):
    keys(old, new, chance, allowed("A", "B", "C"), allowed("A", "C"), "string")


@edit
def enum_value_replaced(old, new, chance):
    keys(old, new, chance, allowed("A", "B"), allowed("A", "C"), "string")


@edit
def enum_in_another_order(old, new, chance):
    keys(old, new, chance, allowed("A", "B"), allowed("B", "A"), "string")


@edit
def enum_labelled(old, new, chance):
    keys(old, new, chance, allowed("A"), {"enum": [{"value": "A", "label": "First"}]}, "string")


# --- quality


def rules(old, new, chance, before, after, kind="string"):
    keys(old, new, chance, {"quality": before} if before else {}, {"quality": after} if after else {}, kind)


def nulls(**more):
    return {"metric": "nullValues", "mustBe": 0} | more


@edit
def quality_added(old, new, chance):
    rules(old, new, chance, None, [nulls()])


@edit
def quality_removed(old, new, chance):
    rules(old, new, chance, [nulls(**chance.choice([{}, {"severity": "error"}, {"severity": "critical"}]))], None)


@edit
def quality_of_table_removed(old, new, chance):
    tables(old, new, chance)[0]["quality"] = [{"metric": "rowCount", "mustBeGreaterThan": 100}]


@edit
def advice_removed(old, new, chance):
    rules(old, new, chance, [nulls(severity=chance.choice(["warning", "info", "low"]))], None)


@edit
def quality_that_cannot_run_removed(old, new, chance):
    rules(old, new, chance, [{"metric": "rowCount", "mustBeGreaterThan": 100}], None)


@edit
def prose_rule_removed(old, new, chance):
    rules(old, new, chance, [{"type": "text", "description": "Looks right."}], None)


@edit
def quality_loosened(old, new, chance):
    before, after = chance.choice([
        ({"mustBe": 0}, {"mustBeLessThan": 5}), ({"mustBeLessThan": 5}, {"mustBeLessThan": 6}),
        ({"mustBeBetween": [2, 4]}, {"mustBeBetween": [1, 4]}), ({"mustNotBe": 3}, {"mustBeGreaterOrEqualTo": 0}),
        ({"mustBeBetween": [1, 4]}, {"mustBeBetween": [3, 6]}),
    ])
    rules(old, new, chance, [{"metric": "nullValues", **before}], [{"metric": "nullValues", **after}])


@edit
def quality_tightened(old, new, chance):
    before, after = chance.choice([
        ({"mustBeLessThan": 5}, {"mustBe": 0}), ({"mustBeLessThan": 6}, {"mustBeLessThan": 5}),
        ({"mustBeLessThan": 1}, {"mustBe": 0}), ({"mustBeBetween": [1, 4]}, {"mustBeBetween": [2, 4]}),
        ({"mustBeLessOrEqualTo": 4}, {"mustBeLessThan": 5}),
    ])
    rules(old, new, chance, [{"metric": "nullValues", **before}], [{"metric": "nullValues", **after}])


@edit
def quality_severity_lowered(old, new, chance):
    rules(old, new, chance, [nulls(severity="error")], [nulls(severity="warning")])


@edit
def quality_severity_raised(old, new, chance):
    rules(old, new, chance, [nulls(severity="warning")], [nulls(severity="error")])


@edit
def quality_unit_changed(old, new, chance):
    rules(old, new, chance, [nulls(unit="rows")], [nulls(unit="percent")])


@edit
def quality_described(old, new, chance):
    rules(old, new, chance, [nulls()], [nulls(description="No nulls.", dimension="completeness", schedule="0 2 * * *")])


@edit
def quality_rules_in_another_order(old, new, chance):
    first, second = nulls(name="nulls"), {"metric": "duplicateValues", "mustBe": 0, "name": "duplicates"}
    rules(old, new, chance, [first, second], [second, first])


def valid(*values):
    return [{"metric": "invalidValues", "arguments": {"validValues": list(values)}, "mustBe": 0}]


@edit
def valid_values_grown(old, new, chance):
    rules(old, new, chance, valid("A", "B"), valid("A", "B", "C"))


@edit
def valid_values_shrunk(old, new, chance):
    rules(old, new, chance, valid("A", "B", "C"), valid("A", "C"))


@edit
def valid_values_replaced(old, new, chance):
    rules(old, new, chance, valid("A", "B"), valid("A", "C"))


def missing(limit, *values):
    return [{"metric": "missingValues", "arguments": {"missingValues": list(values)}, "mustBeLessThan": limit}]


@edit
def missing_values_grown(old, new, chance):
    rules(old, new, chance, missing(3, "-"), missing(3, "-", "?"))


@edit
def missing_values_shrunk(old, new, chance):
    rules(old, new, chance, missing(3, "-", "?"), missing(3, "-"))


@edit
def nulls_become_missing_values(old, new, chance):
    rules(old, new, chance, [nulls()], missing(1, "-"))


@edit
def valid_pattern_edited(old, new, chance):
    before, after = ([{"metric": "invalidValues", "arguments": {"pattern": p}, "mustBe": 0}] for p in ("^A", "^B"))
    rules(old, new, chance, before, after)


@edit
def query_edited(old, new, chance):
    queries = ("SELECT count(1) FROM {object}", "SELECT max(1) FROM {object}")
    before, after = ([{"type": "sql", "query": query, "mustBeLessThan": 9}] for query in queries)
    rules(old, new, chance, before, after)


@edit
def rule_of_another_engine_removed(old, new, chance):
    rules(old, new, chance, [{"type": "custom", "engine": "datacontract-cli", "implementation": "queries: []"}], None)


# --- service levels


def level(contract, *entries):
    contract.setdefault("slaProperties", []).extend(entries)


def fresh(contract, value=1, unit="d", column="timestamp_0"):
    element = f"{contract['schema'][0]['name']}.{column}"
    return {"property": "freshness", "value": value, "unit": unit, "element": element}


def levels(old, new, name, before, after):
    for contract, (value, unit) in ((old, before), (new, after)):
        level(contract, {"property": name, "value": value, "unit": unit})


@edit
def freshness_added(old, new, chance):
    level(new, fresh(new))


@edit
def freshness_removed(old, new, chance):
    level(old, fresh(old))


@edit
def freshness_shorter(old, new, chance):
    level(old, fresh(old))
    level(new, fresh(new, 12, "h"))


@edit
def freshness_longer(old, new, chance):
    level(old, fresh(old, 12, "h"))
    level(new, fresh(new))


@edit
def freshness_in_another_unit(old, new, chance):
    level(old, fresh(old, 2, "d"))
    level(new, fresh(new, 48, "h"))


@edit
def freshness_of_another_column(old, new, chance):
    level(old, fresh(old))
    level(new, fresh(new, column="timestamp_1"))


@edit
def freshness_unreadable(old, new, chance):
    level(old, fresh(old))
    level(new, fresh(new, 1, "fortnight"))


@edit
def latency_longer(old, new, chance):
    levels(old, new, "latency", (1, "h"), (2, "h"))


@edit
def availability_lower(old, new, chance):
    levels(old, new, "availability", (99.9, "percent"), (99, "percent"))


@edit
def retention_longer(old, new, chance):
    levels(old, new, "retention", (1, "y"), (2, "y"))


@edit
def retention_shorter(old, new, chance):
    levels(old, new, "retention", (2, "y"), (90, "d"))


@edit
def end_of_life_earlier(old, new, chance):
    for contract, value in ((old, "2030-12-31"), (new, "2030-06-30")):
        level(contract, {"property": "endOfLife", "value": value})


@edit
def end_of_life_later(old, new, chance):
    for contract, value in ((old, "2030-06-30"), (new, "2030-12-31")):
        level(contract, {"property": "endOfLife", "value": value})


# --- meaning, vectors


@edit
def expression_changed(old, new, chance):
    keys(old, new, chance, {"transformLogic": "amount"}, {"transformLogic": "amount / 100"})


@edit
def unit_changed(old, new, chance):
    before, after = ({"customProperties": [{"property": "unit", "value": unit}]} for unit in ("cent", "euro"))
    keys(old, new, chance, before, after, "number")


@edit
def unit_in_description_changed(old, new, chance):
    keys(old, new, chance, {"description": "Delay in minutes."}, {"description": "Delay in seconds."}, "number")


@edit
def default_zone_changed(old, new, chance):
    options(old, new, chance, "timestamp", {"defaultTimezone": "Etc/UTC"}, {"defaultTimezone": "Europe/Berlin"})


def measure(expression):
    return {"semanticType": "measure", "transformLogic": expression}


@edit
def measure_changed(old, new, chance):
    keys(old, new, chance, measure("sum(amount)"), measure("avg(amount)"), "number", top=True)


@edit
def column_becomes_a_measure(old, new, chance):
    keys(old, new, chance, {"transformLogic": "sum(amount)"}, measure("sum(amount)"), "number", top=True)


def vector(old, new, chance, before, after):
    options(old, new, chance, "vector", {"dimensions": 8} | before, {"dimensions": 8} | after)


@edit
def vector_of_other_dimensions(old, new, chance):
    vector(old, new, chance, {}, {"dimensions": 16})


@edit
def vector_of_other_elements(old, new, chance):
    vector(old, new, chance, {}, {"elementType": "float64"})


@edit
def vector_of_default_elements(old, new, chance):
    vector(old, new, chance, {}, {"elementType": "float32", "normalized": False})


@edit
def vector_of_another_model(old, new, chance):
    before, after = chance.choice([
        ({"embeddingModel": "a"}, {"embeddingModel": "b"}),
        ({"embeddingModelVersion": "1"}, {"embeddingModelVersion": "2"}),
        ({"distanceMetric": "cosine"}, {"distanceMetric": "euclidean"}), ({}, {"normalized": True}),
    ])
    vector(old, new, chance, before, after)


# --- access, servers, life, words


@edit
def classification_raised(old, new, chance):
    keys(old, new, chance, {"classification": "public"}, {"classification": "pii"})


@edit
def classification_lowered(old, new, chance):
    keys(old, new, chance, {"classification": "pii"}, chance.choice([{}, {"classification": "public"}]))


@edit
def role_removed(old, new, chance):
    old["roles"] = [{"role": "reader", "access": "read"}]


@edit
def approver_changed(old, new, chance):
    old["roles"], new["roles"] = [{"role": "reader"}], [{"role": "reader", "firstLevelApprovers": "lead"}]


def bucket(location, name="lake"):
    return {"server": name, "type": "s3", "location": location, "format": "parquet"}


@edit
def server_added(old, new, chance):
    new["servers"] = [bucket("s3://one/orders")]


@edit
def server_moved(old, new, chance):
    old["servers"], new["servers"] = [bucket("s3://one/orders")], [bucket("s3://two/orders")]


@edit
def status_deprecated(old, new, chance):
    new["status"] = "deprecated"


@edit
def status_retired(old, new, chance):
    new["status"] = "retired"


@edit
def column_deprecated(old, new, chance):
    keys(old, new, chance, {}, {"deprecated": True})


@edit
def words_changed(old, new, chance):
    keys(old, new, chance, {"description": "A thing."}, {
        "description": "A thing, said better.", "businessName": "Thing", "tags": ["core"], "examples": ["x"],
        "synonyms": [{"synonym": "item"}], "criticalDataElement": True, "encryptedName": "thing_hidden",
    }, "string")


@edit
def contract_described(old, new, chance):
    new["description"]["usage"] = "Any."
    new["tags"] = ["gold"]
    new["support"] = [{"channel": "help", "url": "https://example.com/help"}]
    new["price"] = {"priceAmount": 1, "priceCurrency": "EUR", "priceUnit": "GB"}
    new["team"] = {"name": "team", "members": [{"username": "ana"}]}
    new["authoritativeDefinitions"] = [{"url": "https://example.com", "type": "glossary"}]
    new["customProperties"] = [{"property": "tier", "value": "gold"}]


@edit
def context_changed(old, new, chance):
    new["context"] = {"instructions": "Use with care.", "constraints": [{"constraint": "Never join by name."}]}
