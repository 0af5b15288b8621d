"""What a change of a contract does to those who read it, from the plan to what is served."""

import json
import re

import pytest

from weft import Repository, Server, command

CONTRACT = "products/reference/carriers/contracts/airlines.odcs.yaml"
PRODUCT = "products/reference/carriers/product.odps.yaml"
NAME = """        description: Name of the airline.
        logicalType: string
        physicalType: string
        required: true
"""
OVERRIDE = """
customProperties:
  - property: overrides
    vendor: weft
    value:
      - change: airlines.name required
        reason: Two airlines have no name yet.
        approver: omar
        until: 2099-12-31
"""


@pytest.fixture(scope="module")
def mesh(tmp_path_factory):
    """The demo, applied, and read by ana: its repository and home."""
    place = tmp_path_factory.mktemp("planned")
    repository, home = Repository(place / "mesh"), place / "home"
    done = command("apply", "--yes", "--mesh", repository.path, home=home)
    assert done.returncode == 0, done.stderr
    assert "+ reference.carriers" in done.stdout
    with Server(repository.path, home) as server:
        server.ready().query("ana", "select name from reference.carriers.airlines where carrier = 'AA'")
    return repository, home


def raise_version(repository, old, new):
    for file in (CONTRACT, PRODUCT):
        text = repository.text(file)
        repository.write(file, re.sub(rf"^(\s*)version: {re.escape(old)}$", rf"\g<1>version: {new}", text, flags=re.M))


def steady(text):
    """Without what differs from run to run."""
    text = re.sub(r"\b[0-9a-f]{12}\b", "REVISION", text)
    text = re.sub(r"plan [0-9a-f]{16}", "plan ID", text)
    text = re.sub(r"\d+\.\d kB", "SIZE", text)
    return re.sub(r"the last on \d{4}-\d\d-\d\d", "the last on DAY", text)


def test_what_is_applied_leaves_nothing_to_plan(mesh):
    repository, home = mesh
    done = command("plan", repository.path, home=home)
    assert done.returncode == 0, done.stderr
    assert steady(done.stdout) == "0 changed, 20 unchanged · revision REVISION · plan ID\n"


def test_a_breaking_change_goes_from_refusal_to_release(mesh):
    repository, home = mesh
    repository.edit(CONTRACT, NAME, NAME.replace("true", "false"))
    raise_version(repository, "1.0.0", "1.1.0")
    repository.commit("names may be missing")

    refused = command("plan", repository.path, home=home)
    assert refused.returncode == 4
    assert steady(refused.stdout) == REFUSED
    assert "W0501" in refused.stderr and f"{CONTRACT}:5:1" in refused.stderr
    assert command("apply", "--yes", "--mesh", repository.path, home=home).returncode == 4, "nothing is applied"

    repository.write(PRODUCT, repository.text(PRODUCT).rstrip("\n") + "\n" + OVERRIDE)
    repository.commit("omar answers for it")
    plan = home / "plan.json"
    allowed = command("plan", repository.path, "--out", plan, home=home)
    assert allowed.returncode == 0, allowed.stderr
    assert steady(allowed.stdout) == ALLOWED
    document = json.loads(plan.read_text())
    assert [step["port"] for step in document["steps"]][0] == "reference.carriers.airlines"
    assert document["reviews"][0]["verdict"] == "breaking"

    assert command("apply", plan, "--mesh", repository.path, home=home).returncode == 0
    again = command("apply", plan, "--mesh", repository.path, home=home)
    assert again.returncode == 7 and "W0505" in again.stderr

    versions = command("diff", "reference.carriers@1.0.0", "reference.carriers@1.1.0", home=home)
    assert versions.returncode == 4
    assert versions.stdout == DIFFERENCE
    since = command("plan", repository.path, "--against", "HEAD~2", home=home)
    assert since.returncode == 0, since.stderr
    assert "~ reference.carriers   BREAKING" in since.stdout


def test_a_plan_of_another_revision_is_not_applied(mesh):
    repository, home = mesh
    plan = home / "old.json"
    assert command("plan", repository.path, "--out", plan, home=home).returncode == 0
    repository.edit(PRODUCT, "Airlines by their codes.", "The airlines by their codes.")
    repository.commit("said better")
    moved = command("apply", plan, "--mesh", repository.path, home=home)
    assert moved.returncode == 7 and "W0505" in moved.stderr
    nobody = command("apply", "--mesh", repository.path, home=home)
    assert nobody.returncode == 2 and "--yes" in nobody.stderr


HIT = """              breaks  aviation.cancellations   input port, owner aviation-owners
              breaks  loyalty.engagement       input port, owner loyalty-owners
              breaks  punctuality.carriers     input port, owner punctuality-owners
              breaks  user:ana                 1 query, the last on DAY
"""

REFUSED = f"""  ✗ reference.carriers   REFUSED
      ✗ airlines  1.0.0 → 1.1.0  refused, stays as it is served
          BREAKING - required of name
{HIT}
0 changed, 19 unchanged · 1 breaking · 1 refused · revision REVISION · plan ID
"""

ALLOWED = f"""  ~ reference.carriers   BREAKING
      ~ airlines  1.0.0 → 1.1.0  evolved: its rows stay and are checked anew
          BREAKING - required of name
              allowed by omar until 2099-12-31: Two airlines have no name yet.
{HIT}  ~ aviation.cancellations
      ~ daily  rebuilt: an input changes · 5,432 rows, SIZE
  ~ loyalty.engagement
      ~ tiers  rebuilt: an input changes · 32 rows, SIZE
  ~ punctuality.carriers
      ~ scorecard  rebuilt: an input changes

4 changed, 16 unchanged · 1 breaking · revision REVISION · plan ID
"""

DIFFERENCE = """airlines
BREAKING - required of name

version 1.0.0 → 1.1.0 is minor; these changes ask for major

"""
