"""A mesh begun from nothing, up to a commit that git refuses."""

import os
import subprocess

from weft import BINARY, command, environment


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
