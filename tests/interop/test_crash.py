"""A process that is killed while it writes, and disks that fill up or lose what they hold: what other readers find."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from deltalake import DeltaTable

import s3
from weft import REPOSITORY, Repository, Server, command, until

MINIMAL = REPOSITORY / "platform" / "weft-testkit" / "src" / "minimal"
SUMMARY = REPOSITORY / "tests" / "chaos" / "mesh"
LINES = "products/sales/orders/data/lines.csv"
LARGE = "products/sales/summary/transforms/large.sql"
COUNT = "select count(*) n from sales.orders.lines"

# What is put for a table or release, and where it lies below the warehouse.
KINDS = {
    "token": re.compile(r"_fence/\d+\.json"),
    "data": re.compile(r"sales/\w+/\w+/[^_/][^/]*\.parquet"),
    "commit": re.compile(r"sales/\w+/\w+/_delta_log/\d+\.json"),
    "release": re.compile(r"sales/_releases/\w+/\d+\.json"),
}
# The process is killed when the nth object of a kind is there: while it starts, and after a commit to the mesh.
MOMENTS = [
    ("token", 1), ("data", 1), ("data", 2), ("data", 3), ("commit", 1), ("commit", 2), ("commit", 3),
    ("release", 1), ("release", 2),
]
SOME_MOMENTS = [("data", 2), ("commit", 1), ("commit", 3), ("release", 1)]


def lines(count):
    """So many orders, as a file and as rows."""
    rows = [(n, Decimal(n * 17 % 97) + Decimal("0.50")) for n in range(1, count + 1)]
    return "order_id,amount\n" + "".join(f"{n},{amount}\n" for n, amount in rows), rows


class Mesh:
    """`sales.orders.lines`, and `sales.summary` with two ports made from it; and what each commit's tables hold."""

    def __init__(self, path, count):
        product = "products/sales/orders"
        self.expected = {}
        self.rows = lines(count)[1]
        self.repository = Repository(path, {
            "governance/model.conf": (REPOSITORY / "governance" / "model.conf").read_text(),
            "governance/principals.yaml": (MINIMAL / "principals.yaml").read_text(),
            "products/sales/domain.yaml": (MINIMAL / "domain.yaml").read_text(),
            "products/sales/access.csv": (MINIMAL / "access.csv").read_text(),
            f"{product}/product.odps.yaml": (MINIMAL / "product.odps.yaml").read_text(),
            f"{product}/contracts/lines.odcs.yaml": (MINIMAL / "lines.odcs.yaml").read_text(),
            LINES: lines(count)[0],
            "products/sales/summary/product.odps.yaml": (SUMMARY / "product.odps.yaml").read_text(),
            **{
                f"products/sales/summary/contracts/{port}.odcs.yaml": (SUMMARY / f"{port}.odcs.yaml").read_text()
                for port in ("totals", "large")
            },
            **{
                f"products/sales/summary/transforms/{port}.sql": (SUMMARY / f"{port}.sql").read_text()
                for port in ("totals", "large")
            },
        })
        self.path = self.repository.path
        self.note(self.repository.git("rev-parse", "HEAD").strip())

    def change(self, count):
        text, self.rows = lines(count)
        self.repository.write(LINES, text)
        self.note(self.repository.commit(f"{count} orders"))

    def note(self, revision):
        amounts = [amount for _, amount in self.rows]
        self.newest = revision
        self.expected[revision] = {
            "orders/lines": self.rows,
            "summary/totals": [(len(amounts), sum(amounts))],
            "summary/large": [row for row in self.rows if row[1] >= 50],
        }


class Folder:
    """A warehouse in the home."""

    options, variables, arguments = None, {}, []

    def __init__(self, home):
        self.root = Path(home) / "warehouse"
        self.url = str(self.root)

    def names(self):
        # Folders and files come and go meanwhile.
        return [str(path.relative_to(self.root)) for path in self.root.rglob("*") if "#" not in path.name]

    def text(self, name):
        return (self.root / name).read_text()


class Bucket:
    """A warehouse on S3."""

    url = "s3://weft/tables"

    def __init__(self, store):
        self.client, self.options, self.variables = store.client(), store.options, store.variables
        self.client.create_bucket(Bucket="weft")
        self.arguments = ["--warehouse", self.url]

    def names(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="weft", Prefix="tables/")
        return [object["Key"].removeprefix("tables/") for page in pages for object in page.get("Contents", [])]

    def text(self, name):
        return self.client.get_object(Bucket="weft", Key=f"tables/{name}")["Body"].read().decode()


def of_kind(warehouse, kind):
    return sorted(name for name in warehouse.names() if KINDS[kind].fullmatch(name))


def killed_at(server, warehouse, kind, count):
    """Kills the process when there are so many objects of a kind; whether it was still at work then."""
    until(lambda: len(of_kind(warehouse, kind)) >= count or server.process.poll() is not None, f"{kind} {count}", every=0)
    assert server.process.poll() is None, server.stderr.text
    server.kill()


def rows(warehouse, port, version):
    table = DeltaTable(f"{warehouse.url}/sales/{port}", version=version, storage_options=warehouse.options)
    return sorted(tuple(row.values()) for row in table.to_pyarrow_table().to_pylist())


def check(warehouse, mesh):
    """Every release whole and of one revision, versions and releases without gaps; gives the newest of each product."""
    newest, numbers = {}, {}
    for name in of_kind(warehouse, "release"):
        release = json.loads(warehouse.text(name))
        product = release["product"]["name"].removeprefix("sales.")
        numbers.setdefault(product, []).append(release["number"])
        expected = {
            port: held for port, held in mesh.expected[release["revision"]].items() if port.startswith(f"{product}/")
        }
        assert {f"{product}/{port}" for port in release["ports"]} == expected.keys(), f"{name} is whole"
        for port, table in release["ports"].items():
            held = rows(warehouse, f"{product}/{port}", table["tableVersion"])
            assert held == sorted(expected[f"{product}/{port}"]), f"{name}: {port}"
            assert table["rows"] == len(held)
        if release["number"] == max(numbers[product]):
            newest[product] = release["revision"]
    for product, counted in numbers.items():
        assert sorted(counted) == list(range(1, len(counted) + 1)), f"releases of {product}"
    logs = {}
    for name in of_kind(warehouse, "commit"):
        folder, file = name.rsplit("/", 1)
        logs.setdefault(folder, []).append(int(file.removesuffix(".json")))
    for log, versions in logs.items():
        assert sorted(versions) == list(range(len(versions))), f"versions in {log}"
    return newest


def crash(tmp_path, home, warehouse, moments):
    mesh = Mesh(tmp_path / "mesh", 1_500)
    start = lambda: Server(mesh.path, home, *warehouse.arguments, env=warehouse.variables)
    for step, (kind, nth) in enumerate(moments, start=2):
        before = len(of_kind(warehouse, kind))
        if step % 2:
            # It is at work because it follows a commit, and not because it starts. A token is taken at the start.
            server = start().ready()
            before = len(of_kind(warehouse, kind)) - (kind == "token")
            mesh.change(1_000 * step)
        else:
            mesh.change(1_000 * step)
            server = start()
        killed_at(server, warehouse, kind, before + nth)
        check(warehouse, mesh)
        with start() as server:
            server.ready()
            told = f"killed at {kind} {nth}"
            assert set(check(warehouse, mesh).values()) == {mesh.newest}, told
            assert server.query("ana", COUNT) == [{"n": len(mesh.rows)}], told
            assert server.query("ana", "select orders from sales.summary.totals") == [{"orders": len(mesh.rows)}], told


def test_killed_at_any_put_and_started_again_no_reader_finds_a_row_too_few_or_too_many(tmp_path):
    home = tmp_path / "home"
    crash(tmp_path, home, Folder(home), MOMENTS)


def test_the_same_on_s3(tmp_path):
    with s3.moto(tmp_path) as store:
        crash(tmp_path, tmp_path / "home", Bucket(store), SOME_MOMENTS)


def test_of_two_processes_on_one_warehouse_the_one_that_came_last_writes_and_both_serve(tmp_path):
    mesh, shared = Mesh(tmp_path / "mesh", 1_500), tmp_path / "shared"
    shared.mkdir()
    start = lambda home: Server(mesh.path, tmp_path / home, "--warehouse", f"file://{shared}").ready()
    warehouse = Folder(tmp_path)
    warehouse.root, warehouse.url = shared, str(shared)
    with start("older") as older, start("newer") as newer:
        mesh.change(2_500)
        assert older.stderr.wait(lambda line: "W0705" in line), older.stderr.text
        until(lambda: newer.query("ana", COUNT) == [{"n": 2_500}], "the newer one serves the commit", longest=60)
        assert older.query("ana", COUNT) == [{"n": 1_500}], "the older one serves on"
        everything = lambda: set(check(warehouse, mesh).values()) == {mesh.newest}
        until(everything, "the newer one releases what is made from that too", longest=60)
        commits = of_kind(warehouse, "commit")
        writers = {name: json.loads(line)["commitInfo"]["weft.fence"] for name in commits
                   for line in warehouse.text(name).splitlines() if "commitInfo" in line}
        assert set(writers.values()) == {1, 2} and len(commits) == 6, writers
        # Whoever only looks takes nothing over.
        assert command("plan", mesh.path, home=older.home).returncode == 0
        assert command("validate", mesh.path).returncode == 0
        assert len(of_kind(warehouse, "token")) == 2


def limited(kilobytes):
    """A process none of whose files grows beyond that: a write that would is refused as on a full disk."""
    return ["bash", "-c", f"trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"", "--"]


def test_where_no_more_can_be_written_readers_see_what_they_saw_and_the_next_start_goes_on(tmp_path):
    mesh, home = Mesh(tmp_path / "mesh", 1_000), tmp_path / "home"
    warehouse = Folder(home)
    with Server(mesh.path, home, before=limited(1_024)) as server:
        server.ready()
        mesh.change(900_000)
        assert server.stderr.wait(lambda line: "W0702" in line and "too large" in line), server.stderr.text
        assert server.query("ana", COUNT) == [{"n": 1_000}]
        assert set(check(warehouse, mesh).values()) == {next(iter(mesh.expected))}
        # Room for this one: the same process goes on.
        mesh.change(3_000)
        until(lambda: server.query("ana", COUNT) == [{"n": 3_000}], "the smaller commit is served", longest=60)
    with Server(mesh.path, home) as server:
        server.ready()
        assert set(check(warehouse, mesh).values()) == {mesh.newest}


def test_a_data_file_that_is_cut_off_is_an_error_and_other_products_are_served(tmp_path):
    mesh, home = Mesh(tmp_path / "mesh", 1_000), tmp_path / "home"
    with Server(mesh.path, home) as server:
        server.ready()
    (file,) = (home / "warehouse" / "sales" / "orders" / "lines").glob("*.parquet")
    sound = file.read_bytes()
    file.write_bytes(sound[: len(sound) // 2])
    with Server(mesh.path, home) as server:
        server.ready()
        with pytest.raises(AssertionError, match="W0702|W0901"):
            server.query("ana", "select sum(amount) from sales.orders.lines")
        assert server.query("ana", "select orders from sales.summary.totals") == [{"orders": 1_000}]
        file.write_bytes(sound)
        assert server.query("ana", "select sum(order_id) s from sales.orders.lines") == [{"s": 500_500}]


@pytest.mark.parametrize("damage", [lambda body: bytes(len(body)), lambda body: body[: len(body) // 2 + 100]])
def test_a_damaged_catalog_is_told_with_what_to_do_and_the_next_start_without_it_is_as_before(tmp_path, damage):
    mesh, home = Mesh(tmp_path / "mesh", 1_000), tmp_path / "home"
    with Server(mesh.path, home) as server:
        server.ready()
    for file in home.glob("catalog.db-*"):
        file.unlink()
    catalog = home / "catalog.db"
    catalog.write_bytes(damage(catalog.read_bytes()))
    server = Server(mesh.path, home)
    assert server.process.wait(timeout=60) == 1, server.stderr.text
    assert server.stderr.wait(lambda line: "W0903" in line), server.stderr.text
    assert "moved away" in server.stderr.text
    catalog.rename(home / "damaged.db")
    with Server(mesh.path, home) as server:
        server.ready()
        assert server.query("ana", COUNT) == [{"n": 1_000}]
        assert set(check(Folder(home), mesh).values()) == {mesh.newest}
