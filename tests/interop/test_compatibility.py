"""Which changes of a contract break its readers: Weft's verdict beside that of an independent tool.

`datacontract breaking` compares the sets of data that two contracts permit. Weft does so too, and
knows more of a reader besides; where that makes it another verdict, DIFFERENCES says so.
"""

import itertools
import json
import random

import pytest
from datacontract.data_contract import DataContract
from open_data_contract_standard.model import OpenDataContractStandard as Document

from contract_pairs import EDITS, pair
from weft import command

# The row of the compatibility table, the reason, and the edits that it decides.
DIFFERENCES = [
    ("lossless widening", "every old value stays what it was; typed clients are warned",
     {"type_widened", "date_widened_to_timestamp", "type_spelled_otherwise"}),
    ("other type change", "a format and a time zone are part of the stored type",
     {"format_narrowed", "instant_becomes_a_reading"}),
    ("nullable to required / required to nullable", "an object may require its parts by name",
     {"required_by_the_object_no_more"}),
    ("unit, currency, time-zone or meaning change", "the same query gives another answer",
     {"expression_changed", "unit_changed", "unit_in_description_changed", "default_zone_changed"}),
    ("key set changed, granularity text changed", "what a row stands for changes",
     {"key_declared", "granularity_changed"}),
    ("enum value added / removed", "it breaks those alone who name every value, and none are known",
     {"enum_value_added", "enum_value_replaced", "enum_removed"}),
    ("bounds, pattern looser / tighter", "queries stay valid; readers are warned",
     {"bound_loosened", "bound_removed", "date_bound_loosened", "length_loosened", "items_loosened",
      "pattern_removed"}),
    ("quality guarantee removed or loosened",
     "a list is a set, so what replaces a value is permitted anew; a rule that no engine here runs blocks nothing",
     {"valid_values_replaced", "rule_of_another_engine_removed"}),
    ("freshness, availability looser", "it breaks those alone whose own level depends on it, and none are known",
     {"freshness_longer", "freshness_removed", "freshness_of_another_column"}),
    ("retention shorter / longer", "queries over history lose rows", {"retention_shorter"}),
    ("relationship removed / target changed", "joins stay valid; readers are warned",
     {"relationship_removed", "relationship_of_table_removed"}),
    ("vector dimensions, model, metric, normalised", "another model's numbers cannot be compared with those kept",
     {"vector_of_another_model"}),
    ("semanticType measure expression changed", "the same measure gives another figure",
     {"measure_changed", "column_becomes_a_measure"}),
    ("deprecated set / endOfLife date moved earlier", "readers have less time to leave than they were told",
     {"end_of_life_earlier", "status_retired"}),
]
DIFFERENT = set().union(*(edits for _, _, edits in DIFFERENCES))
ALIKE = sorted(EDITS.keys() - DIFFERENT)


def pairs():
    """Each edit alone, in three contracts; and edits on which both tools agree, two and three at a time."""
    chance = random.Random(20)
    alone = [((name,), seed) for name in sorted(EDITS) for seed in range(3)]
    independent = [name for name in ALIKE if not name.startswith(("key_", "table_", "element_"))]
    together = [(tuple(chance.sample(independent, 2 + i % 2)), i) for i in range(100)]
    return alone + together


PAIRS = pairs()


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """Of every pair: whether Weft finds it breaking, whether the other tool does, and the rows that Weft cites."""
    folder = tmp_path_factory.mktemp("pairs")
    for side in ("old", "new"):
        (folder / side).mkdir()
    theirs = {}
    for number, (names, seed) in enumerate(PAIRS):
        contracts = pair(names, seed)
        for side, contract in zip(("old", "new"), contracts):
            (folder / side / f"{number:04}.odcs.yaml").write_text(json.dumps(contract))
        # Weft reads the form; to check it here again takes minutes.
        old, new = (DataContract(data_contract=Document.model_validate(contract)) for contract in contracts)
        theirs[number] = old.breaking(new).is_breaking
    done = command("diff", folder / "old", folder / "new", "--format", "json")
    assert done.returncode == 4, done.stderr
    found = {int(pair["file"].split(".")[0]): pair for pair in json.loads(done.stdout)["pairs"]}
    assert found.keys() == theirs.keys()
    unread = {number: pair["problems"] for number, pair in found.items() if "problem" in pair}
    assert not unread
    rows = {number: {change["row"] for change in pair["changes"]} for number, pair in found.items()}
    return {number: (found[number]["breaking"], theirs[number], rows[number]) for number in found}


def test_there_are_enough_pairs_and_few_differences():
    assert len(PAIRS) >= 300
    assert len(DIFFERENCES) <= 15
    assert DIFFERENT <= EDITS.keys()
    every = list(itertools.chain(*(edits for _, _, edits in DIFFERENCES)))
    assert len(every) == len(set(every)), "an edit is listed under two rows"


def test_both_tools_agree_but_for_the_listed_differences(verdicts):
    wrong = [
        f"{' + '.join(names)} (seed {seed}): weft {ours}, datacontract {theirs}"
        for number, (names, seed) in enumerate(PAIRS)
        for ours, theirs, _ in [verdicts[number]]
        if ours != theirs and not DIFFERENT & set(names)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_listed_difference_is_one_and_cites_its_row(verdicts):
    row_of = {name: row for row, _, edits in DIFFERENCES for name in edits}
    differ = set()
    for number, (names, seed) in enumerate(PAIRS):
        ours, theirs, rows = verdicts[number]
        if len(names) == 1 and ours != theirs:
            differ.add(names[0])
            assert row_of.get(names[0]) in rows, f"{names[0]} (seed {seed}) cites {sorted(rows)}"
    assert differ == DIFFERENT
