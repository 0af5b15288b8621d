"""Every file of the demo, in the eyes of an independent validator, by the schemas that editors are given."""

import json
import tomllib

import pytest
import yaml
from jsonschema import Draft202012Validator

from weft import REPOSITORY, command

FILES = {
    "product": "products/**/product.odps.yaml",
    "contract": "products/**/*.odcs.yaml",
    "domain": "products/*/domain.yaml",
    "restrictions": "**/restrictions.yaml",
    "principals": "governance/principals.yaml",
    "standard": "governance/standards/*.yaml",
    "case": "governance/cases/*.yaml",
}
# The demo has none of these: one that is right, and one that is not.
SAMPLES = {
    "mesh": (
        {"mesh": "demo", "environments": [{"name": "live", "variables": ["BUCKET"]}]},
        {"environments": [{"title": "live"}]},
    ),
    "config": (
        tomllib.loads('mesh = "."\nhttp = "127.0.0.1:0"\nenvironment = "live"'),
        tomllib.loads("mesh = 1"),
    ),
}


class AsWritten(yaml.SafeLoader):
    """Dates stay texts, as the standards have them."""


AsWritten.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def validator(kind):
    schema = json.loads(command("schema", kind).stdout)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def problems(kind, document):
    return [f"{error.json_path}: {error.message}" for error in validator(kind).iter_errors(document)]


@pytest.mark.parametrize("kind", FILES)
def test_files_of_the_demo_are_as_their_schema_says(kind):
    folders = (REPOSITORY / "products", REPOSITORY / "governance")
    files = [path for path in REPOSITORY.glob(FILES[kind]) if any(folder in path.parents for folder in folders)]
    assert files, kind
    check = validator(kind)
    found = {
        str(path.relative_to(REPOSITORY)): [f"{error.json_path}: {error.message}" for error in check.iter_errors(document)]
        for path in files
        for document in [yaml.load(path.read_text(), AsWritten)]
    }
    assert {path: told for path, told in found.items() if told} == {}


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_schema_tells_right_from_wrong(kind):
    right, wrong = SAMPLES[kind]
    assert problems(kind, right) == []
    assert problems(kind, wrong) != []


def test_an_unknown_rule_of_a_standard_is_no_rule():
    rule = {"severity": "error", "pattern": "a"}
    assert problems("standard", {"naming": {"columns": rule}}) == []
    assert problems("standard", {"naming": {"rows": rule}}) != []
    assert problems("standard", {"naming": {"columns": rule | {"severity": "fatal"}}}) != []
