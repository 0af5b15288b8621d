"""Variables in manifests: values come from the environment that the mesh allows, and are left nowhere."""

from weft import Repository, Server, command

SECRET = "harbour-of-hidden-things"
SEED = "kind: seed\n          seed: {path: data/rows.csv, format: csv}"
SOURCE = 'kind: source\n          source: {url: "file://${LANDING}/${NAME:-members}.csv", format: csv}'
ENVIRONMENTS = "environments:\n  - {name: test, variables: [LANDING, NAME]}\n  - {name: bare, variables: [LANDING]}\n"


def begun(folder):
    """A mesh of one product that is made from a file outside of it, under a name that only a variable tells."""
    outside = folder / SECRET
    outside.mkdir()
    (outside / "members.csv").write_text("member_id,points\n1,10\n2,20\n")
    mesh = folder / "mesh"
    for arguments in (
        ["init", "repo", mesh],
        ["init", "domain", "sales"],
        ["init", "product", "sales.members", "--from", outside / "members.csv"],
    ):
        done = command(*arguments, cwd=mesh if mesh.is_dir() else None)
        assert done.returncode == 0, done.stderr
    repository = Repository(mesh, {})
    repository.edit("governance/principals.yaml", "users: []", "users:\n  - {name: ana, groups: [sales-owners]}")
    repository.edit("products/sales/members/product.odps.yaml", SEED, SOURCE)
    repository.write("mesh.yaml", ENVIRONMENTS)
    repository.commit("a source")
    return repository, outside


def holding(folder, text):
    """Files below a folder that hold a text."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_a_source_is_opened_with_values_that_are_left_nowhere(tmp_path):
    repository, outside = begun(tmp_path)
    validated = command("validate", cwd=repository.path)
    assert validated.returncode == 0, validated.stdout
    home = tmp_path / "home"
    with Server(repository.path, home, "--environment", "test", env={"LANDING": str(outside)}) as server:
        server.ready()
        rows = server.query("ana", "SELECT sum(points) AS points FROM sales.members.rows")
        assert rows == [{"points": 30}]
        planned = command("plan", repository.path, "-v", "--format", "json", home=home)
        told = server.stdout.text + server.stderr.text + planned.stdout + planned.stderr
    assert SECRET not in told
    assert holding(home, SECRET) == []
    assert holding(home, "${LANDING}") != [], "what is published holds the variable"


def test_without_a_value_and_without_the_file_nothing_is_built_and_no_value_is_told(tmp_path):
    repository, outside = begun(tmp_path)
    (outside / "members.csv").unlink()
    for arguments, why in [
        ([], "started without `--environment`"),
        (["--environment", "bare"], "cannot be read"),
        (["--environment", "other"], "names no environment `other`"),
    ]:
        home = tmp_path / f"home-{len(why)}"
        with Server(repository.path, home, *arguments, env={"LANDING": str(outside)}) as server:
            server.ready()
            told = server.stdout.text + server.stderr.text
        assert why in told, told
        assert SECRET not in told
        assert holding(home, SECRET) == []


def test_a_name_that_no_environment_allows_is_refused(tmp_path):
    repository, _ = begun(tmp_path)
    repository.edit("products/sales/members/product.odps.yaml", "${NAME:-", "${NAMES:-")
    validated = command("validate", cwd=repository.path)
    assert validated.returncode == 1
    assert "W0438" in validated.stdout and "did you mean `NAME`?" in validated.stdout
