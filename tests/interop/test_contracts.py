"""The demo's contracts, in the eyes of an independent linter."""

import pytest
from datacontract.data_contract import DataContract

from weft import REPOSITORY

CONTRACTS = sorted((REPOSITORY / "products").rglob("*.odcs.yaml"))


def test_there_are_contracts():
    assert len(CONTRACTS) == 20


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda path: str(path.relative_to(REPOSITORY / "products")))
def test_a_contract_has_no_errors(contract):
    run = DataContract(data_contract_file=str(contract)).lint()
    problems = [f"{check.name}: {check.reason}" for check in run.checks if check.result not in ("passed",)]
    assert (run.result, problems) == ("passed", [])
