"""Every kind of operation with every kind of rule: what breaks a contract is in no version of a Delta log, at no time.

Three commits to one mesh of many products (`matrix.py`): all rows hold, then some of each product do not, then all do
again. Meanwhile `deltalake` opens every version of every table as soon as there is one, and reads the rules by itself.
"""

import re
import threading
import time

import pytest
from deltalake import DeltaTable

from matrix import QUERIES, RULES, cells, mesh, rows
from weft import Repository, Server

COMMIT = re.compile(r"(\d{20})\.json")
STEPS = "select port, step, outcome from system.mesh.runs where kind = 'step' and revision = '{}'"
# What `weft up` writes of a port that it did not make: what became of it, and the code in the line below.
NOT_MADE = re.compile(r"^  ✗ sales\.(\w+)\.rows +(\w+) .*\n +(W\d{4}) ", re.MULTILINE)
RELEASES = "select product, release from system.mesh.products"
FAILED = "select port, check_name from system.mesh.checks where outcome = 'failed' and severity = 'blocks'"


class Watch(threading.Thread):
    """Opens each version of the tables as it appears."""

    def __init__(self, warehouse):
        super().__init__(daemon=True)
        self.folders = {cell: warehouse / "sales" / "_".join(cell) / "rows" for cell in cells()}
        self.versions = {cell: {} for cell in self.folders}
        self.broken, self.trouble = [], None
        self._ends = threading.Event()
        self.start()

    def run(self):
        try:
            while not self._ends.is_set():
                self.look()
                time.sleep(0.01)
            self.look()
        except BaseException as trouble:
            self.trouble = trouble

    def look(self):
        for cell, folder in self.folders.items():
            log = folder / "_delta_log"
            names = log.iterdir() if log.is_dir() else ()
            found = {int(match[1]) for name in names if (match := COMMIT.fullmatch(name.name))}
            for version in sorted(found - self.versions[cell].keys()):
                self.open(cell, version)

    def open(self, cell, version):
        table = DeltaTable(self.folders[cell], version=version)
        held = table.to_pyarrow_table()
        self.versions[cell][version] = (held.num_rows, sorted(table.file_uris()))
        if RULES[cell[1]].is_broken(held):
            self.broken.append((*cell, version))

    def end(self):
        self._ends.set()
        self.join()
        assert self.trouble is None, self.trouble


class Commit:
    """What became of a commit: steps, releases and failed checks by product."""

    def __init__(self, server, repository, texts):
        for name, text in texts.items():
            repository.write(name, text)
        written = len(server.stderr.all)
        revision = repository.commit("rows")
        assert server.stderr.wait(lambda line: line.lstrip("✗ ").startswith(f"revision {revision[:12]}"))
        told = "\n".join(server.stderr.all[written:])
        self.refusals = {product: (word, code) for product, word, code in NOT_MADE.findall(told)}
        self.note(server, revision)

    def note(self, server, revision):
        name = lambda port: port.split(".")[1]
        self.steps = {name(row["port"]): row for row in server.query("ana", STEPS.format(revision))}
        self.releases = {row["product"]: row["release"] for row in server.query("ana", RELEASES)}
        self.failed = {(name(row["port"]), row["check_name"]) for row in server.query("ana", FAILED)}


class First(Commit):
    def __init__(self, server, repository):
        self.note(server, repository.git("rev-parse", "HEAD").strip())


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The three commits, and what was seen of the tables."""
    place = tmp_path_factory.mktemp("matrix")
    files, home = place / "files", place / "home"
    repository = Repository(place / "mesh", mesh(files, "good"))
    watch = Watch(home / "warehouse")
    began = time.monotonic()
    with Server(repository.path, home) as server:
        first = First(server.ready(), repository)
        bad = Commit(server, repository, mesh(files, "bad"))
        more = Commit(server, repository, mesh(files, "more"))
    watch.end()
    print(f"\n{len(cells())} products, three commits: {time.monotonic() - began:.0f} s")
    return first, bad, more, watch


def test_no_version_of_any_table_ever_held_rows_that_break_its_contract(told):
    *_, watch = told
    assert all(watch.versions.values()), "a table was never written"
    # Rows that lie there before a contract asks for the rule are what they are, and show that the watch sees them.
    before = {("evolves", rule, 0) for kind, rule in cells() if kind == "evolves"}
    assert set(watch.broken) == before


@pytest.mark.parametrize("cell", cells(), ids="-".join)
def test_what_breaks_a_rule_is_refused_and_what_holds_lands(told, cell):
    first, bad, more, watch = told
    (kind, name), product, rule = cell, "_".join(cell), RULES[cell[1]]
    count = lambda which: rows(rule, which).count("\n")
    assert first.steps[product]["outcome"] == "succeeded" and first.releases[product] == 1, first.steps[product]
    versions = {version: held for version, (held, _) in watch.versions[cell].items()}
    if kind == "evolves_well":
        assert bad.steps[product] == {"port": f"sales.{product}.rows", "step": "evolve", "outcome": "succeeded"}
        assert (bad.releases[product], more.releases[product]) == (2, 3)
        assert versions == {0: count("good"), 1: count("good"), 2: count("more")}
        assert watch.versions[cell][0] == watch.versions[cell][1], "the rows lie where they lay"
        return
    # What is no number is none within a query already, before there are rows to commit.
    ends = ("failed", "W0213") if name == "type" and kind in QUERIES else ("refused", rule.code)
    assert bad.refusals.get(product) == ends, bad.steps[product]
    assert bad.releases[product] == 1, "the release stays"
    assert {(product, check) for check in rule.checks} <= bad.failed
    assert more.steps[product]["outcome"] == "succeeded" and more.releases[product] == 2, more.steps[product]
    assert versions == {0: count("bad" if kind == "evolves" else "good"), 1: count("more")}
