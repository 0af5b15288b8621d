"""A domain that has a repository of its own, from both sides."""

import os
import shutil

from test_init import git
from weft import BINARY, command, environment


def begin(repository):
    git("init", "--quiet", "--initial-branch=main", cwd=repository)
    git("config", "user.name", "Ana", cwd=repository)
    git("config", "user.email", "ana@example.com", cwd=repository)
    commit(repository)


def commit(repository):
    git("add", "--all", cwd=repository)
    path = f"{BINARY.parent}{os.pathsep}{os.environ['PATH']}"
    return git("commit", "--message", "A change", cwd=repository, env=environment({"PATH": path}))


def test_a_mesh_and_a_domain_apart_are_validated_apart_and_planned_together(tmp_path):
    mesh, stock, home = tmp_path / "mesh", tmp_path / "stock", tmp_path / "home"
    assert command("init", "repo", mesh).returncode == 0
    for domain in ("sales", "stock"):
        for arguments in (["init", "domain", domain], ["init", "product", f"{domain}.orders"]):
            done = command(*arguments, cwd=mesh)
            assert done.returncode == 0, done.stderr
    (stock / "products").mkdir(parents=True)
    shutil.move(mesh / "products" / "stock", stock / "products" / "stock")
    listed = f"domains:\n  - name: stock\n    repository: file://{stock}\n"
    mesh_file = mesh / "mesh.yaml"
    mesh_file.write_text((mesh_file.read_text() if mesh_file.exists() else "") + listed)
    begin(stock)
    begin(mesh)

    validated = command("validate", mesh, home=home)
    assert validated.returncode == 0 and "W0117" in validated.stdout, validated.stdout
    planned = command("plan", mesh, home=home)
    assert planned.returncode == 0, planned.stderr
    assert "+ sales.orders" in planned.stdout and "+ stock.orders" in planned.stdout
    validated = command("validate", mesh, home=home)
    assert validated.returncode == 0 and "no problems in 2 products" in validated.stdout, validated.stdout

    assert command("hook", "install", cwd=stock).returncode == 0
    contract = stock / "products" / "stock" / "orders" / "contracts" / "rows.odcs.yaml"
    contract.write_text(contract.read_text() + "# A note.\n")
    made = commit(stock)
    assert made.returncode == 0, made.stdout + made.stderr
    contract.write_text(contract.read_text().replace("status: draft", "statsu: draft"))
    refused = commit(stock)
    assert refused.returncode != 0 and "W0107" in refused.stdout + refused.stderr


def test_a_domain_that_cannot_be_fetched_is_told_by_name_and_place(tmp_path):
    mesh = tmp_path / "mesh"
    assert command("init", "repo", mesh).returncode == 0
    (mesh / "mesh.yaml").write_text("domains:\n  - name: stock\n    repository: https://ana:secret@127.0.0.1:1/stock.git\n")
    begin(mesh)
    planned = command("plan", mesh, home=tmp_path / "home")
    told = planned.stdout + planned.stderr
    assert planned.returncode != 0 and "domain `stock`" in told and "mesh.yaml:3:17" in told, told
    assert "secret" not in told
