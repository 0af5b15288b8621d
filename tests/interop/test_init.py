"""A mesh begun from nothing, up to a commit that git refuses."""

import hmac
import os
import subprocess
import urllib.error
import urllib.request
from datetime import date
from decimal import Decimal

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq

from weft import BINARY, Server, command, environment


def git(*arguments, cwd, **more):
    return subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, **more)


def test_a_mesh_is_begun_validated_and_guarded_by_a_hook(tmp_path):
    mesh = tmp_path / "mesh"
    (tmp_path / "members.csv").write_text("member_id,email,points\n1,a@x.example,10\n2,b@x.example,20\n")
    assert command("init", "repo", mesh).returncode == 0
    for arguments in (["init", "domain", "sales"], ["init", "product", "sales.members", "--from", tmp_path / "members.csv"]):
        done = command(*arguments, cwd=mesh)
        assert done.returncode == 0, done.stderr
    assert "key `member_id`" in done.stderr and "perhaps personal: email" in done.stderr
    validated = command("validate", cwd=mesh)
    assert validated.returncode == 0, validated.stdout

    assert command("init", "domain", "sales", cwd=mesh).returncode == 7, "nothing is overwritten"
    assert command("init", "product", "absent.members", cwd=mesh).returncode == 1

    git("init", "--quiet", cwd=mesh)
    git("config", "user.name", "Ana", cwd=mesh)
    git("config", "user.email", "ana@example.com", cwd=mesh)
    assert command("hook", "install", cwd=mesh).returncode == 0
    path = f"{BINARY.parent}{os.pathsep}{os.environ['PATH']}"
    with_weft = environment({"PATH": path})
    git("add", "--all", cwd=mesh)
    made = git("commit", "--message", "A mesh", cwd=mesh, env=with_weft)
    assert made.returncode == 0, made.stdout + made.stderr
    contract = mesh / "products" / "sales" / "members" / "contracts" / "rows.odcs.yaml"
    contract.write_text(contract.read_text().replace("status: draft", "statsu: draft"))
    refused = git("commit", "--all", "--message", "Worse", cwd=mesh, env=with_weft)
    assert refused.returncode != 0 and "W0107" in refused.stdout + refused.stderr


def test_a_bare_repository_takes_in_what_validates_and_nothing_else(tmp_path):
    mesh, bare = tmp_path / "mesh", tmp_path / "mesh.git"
    assert command("init", "repo", mesh).returncode == 0
    for arguments in (["init", "domain", "sales"], ["init", "product", "sales.orders"]):
        assert command(*arguments, cwd=mesh).returncode == 0
    git("init", "--quiet", "--bare", bare, cwd=tmp_path)
    assert command("hook", "install", "--home", tmp_path / "it's home", cwd=bare).returncode == 0
    git("init", "--quiet", "--initial-branch=main", cwd=mesh)
    git("config", "user.name", "Ana", cwd=mesh)
    git("config", "user.email", "ana@example.com", cwd=mesh)
    with_weft = environment({"PATH": f"{BINARY.parent}{os.pathsep}{os.environ['PATH']}"})

    def push():
        git("add", "--all", cwd=mesh)
        assert git("commit", "--message", "A change", cwd=mesh).returncode == 0
        return git("push", bare, "main", cwd=mesh, env=with_weft)

    pushed = push()
    assert pushed.returncode == 0, pushed.stdout + pushed.stderr
    assert "+ sales.orders" in pushed.stderr and "+ rows  created" in pushed.stderr, "the plan is shown to whoever pushes"
    contract = mesh / "products" / "sales" / "orders" / "contracts" / "rows.odcs.yaml"
    contract.write_text(contract.read_text().replace("status: draft", "statsu: draft"))
    refused = push()
    assert refused.returncode != 0 and "W0107" in refused.stderr, refused.stderr
    at = git("rev-parse", "main", cwd=bare).stdout
    assert at == git("rev-parse", "main~1", cwd=mesh).stdout


def pushed(server, headers):
    """The status of a push hook with these headers."""
    request = urllib.request.Request(f"{server.http}/api/v1/hooks/git", data=b"{}", headers=headers, method="POST")
    try:
        return urllib.request.urlopen(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_product_is_begun_from_a_parquet_file_and_from_a_delta_table(tmp_path):
    rows = pa.table(
        {
            "day": pa.array([date(2026, 1, 1), date(2026, 1, 1), None], pa.date32()),
            "member": pa.array([1, 2, 3], pa.int32()),
            "email": pa.array(["a@x.example", None, "c@x.example"]),
            "paid": pa.array([Decimal("1.50"), Decimal("2.00"), Decimal("2.00")], pa.decimal128(12, 2)),
        },
        schema=pa.schema(
            [
                pa.field("day", pa.date32()),
                pa.field("member", pa.int32()),
                pa.field("email", pa.string()),
                pa.field("paid", pa.decimal128(12, 2), nullable=False),
            ]
        ),
    )
    pq.write_table(rows, tmp_path / "payments.parquet")
    deltalake.write_deltalake(tmp_path / "table", rows)
    mesh = tmp_path / "mesh"
    assert command("init", "repo", mesh).returncode == 0
    assert command("init", "domain", "sales", cwd=mesh).returncode == 0
    for name, from_ in (("seeded", tmp_path / "payments.parquet"), ("read", tmp_path / "table")):
        done = command("init", "product", f"sales.{name}", "--from", from_, cwd=mesh)
        assert done.returncode == 0, done.stderr
        assert "guessed  4 columns, key `member`, 1 perhaps personal: email" in done.stderr
        contract = (mesh / "products" / "sales" / name / "contracts" / "rows.odcs.yaml").read_text()
        assert "physicalType: int\n" in contract and "physicalType: decimal(12,2)\n        required: true\n" in contract
    validated = command("validate", cwd=mesh)
    assert validated.returncode == 0, validated.stdout
    principals = mesh / "governance" / "principals.yaml"
    ana = "users:\n  - {name: ana, groups: [sales-owners], attributes: {}}"
    principals.write_text(principals.read_text().replace("users: []", ana))
    with Server(mesh, tmp_path / "home") as server:
        server.ready()
        for name in ("seeded", "read"):
            answer = server.query("ana", f"select sum(member) as members, count(day) as days from sales.{name}.rows")
            assert answer == [{"members": 6, "days": 2}]
        secret = (server.home / "keys" / "hook.secret").read_text().strip()
        signature = hmac.new(secret.encode(), b"{}", "sha256").hexdigest()
        assert pushed(server, {"x-hub-signature-256": f"sha256={signature}"}) == 202
        assert pushed(server, {}) == 401
    assert command("init", "product", "sales.none", "--from", tmp_path, cwd=mesh).returncode == 1
