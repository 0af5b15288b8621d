"""Bad input of each kind: told at its place under its code, and never a panic."""

import json
import os

import pytest

from weft import REPOSITORY, command

MINIMAL = REPOSITORY / "platform" / "weft-testkit" / "src" / "minimal"
PRODUCT = "products/sales/orders/product.odps.yaml"
CONTRACT = "products/sales/orders/contracts/lines.odcs.yaml"
SEED = "products/sales/orders/data/lines.csv"


class Mesh:
    """A small mesh of two products, as files that a test spoils: `sales.orders` and `sales.returns`."""

    def __init__(self, path):
        self.path = path
        self.write("governance/model.conf", (REPOSITORY / "governance" / "model.conf").read_bytes())
        self.write("governance/principals.yaml", (MINIMAL / "principals.yaml").read_bytes())
        for name in ("domain.yaml", "access.csv"):
            self.write(f"products/sales/{name}", (MINIMAL / name).read_bytes())
        for product, rename in (("orders", lambda text: text), ("returns", renamed)):
            folder = f"products/sales/{product}"
            self.write(f"{folder}/product.odps.yaml", rename((MINIMAL / "product.odps.yaml").read_text()))
            self.write(f"{folder}/contracts/lines.odcs.yaml", rename((MINIMAL / "lines.odcs.yaml").read_text()))
            self.write(f"{folder}/data/lines.csv", "order_id,amount\n1,10.50\n")

    def write(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def edit(self, name, old, new):
        text = (self.path / name).read_text()
        assert old in text, f"{name} holds no {old!r}"
        self.write(name, text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1

    def validate(self):
        """Exit code and diagnostics."""
        done = command("validate", ".", "--format", "json", cwd=self.path)
        assert "panicked" not in done.stderr and "bug of Weft" not in done.stderr and done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(done.stdout)


def renamed(text):
    """The same text with ids and a name of its own."""
    return text.replace("-1c9f6d6a0", "-2c9f6d6a0").replace("name: Orders", "name: Returns")


def reads(contract):
    return f"inputPorts:\n  - name: other\n    contractId: {contract}\n    version: 1.0.0\noutputPorts:"


def spoil_yaml(mesh):
    return CONTRACT, mesh.edit(CONTRACT, "status: active", "status: : active")


def spoil_type(mesh):
    return CONTRACT, mesh.edit(CONTRACT, "required: true", "required: maybe")


def spoil_key(mesh):
    return CONTRACT, mesh.edit(CONTRACT, "status: active", "statsu: active")


def spoil_file(mesh):
    (mesh.path / SEED).unlink()
    return PRODUCT, mesh.edit(PRODUCT, "data/lines.csv", "data/lines.csv")


def spoil_schema(mesh):
    text = (mesh.path / CONTRACT).read_text()
    mesh.write(CONTRACT, text[: text.index("schema:")])
    return CONTRACT, 1


def spoil_input(mesh):
    mesh.edit(PRODUCT, "outputPorts:", reads("00000000-0000-0000-0000-000000000000"))
    return PRODUCT, mesh.edit(PRODUCT, "contractId: 00000000", "contractId: 00000000")


def spoil_ring(mesh):
    other = "products/sales/returns/product.odps.yaml"
    mesh.edit(PRODUCT, "outputPorts:", reads("7a8f0f0e-5a0a-4c57-9a37-2c9f6d6a0002"))
    mesh.edit(other, "outputPorts:", reads("7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0002"))
    return PRODUCT, mesh.edit(PRODUCT, "contractId: 7a8f0f0e-5a0a-4c57-9a37-2c9f", "contractId: 7a8f0f0e-5a0a-4c57-9a37-2c9f")


def spoil_name(mesh):
    mesh.edit("products/sales/returns/product.odps.yaml", "name: Returns", "name: Orders")
    return PRODUCT, mesh.edit(PRODUCT, "name: Orders", "name: Orders")


def spoil_path(mesh):
    return PRODUCT, mesh.edit(PRODUCT, "data/lines.csv", "../../../../../etc/passwd")


def spoil_link(mesh):
    (mesh.path / CONTRACT).unlink()
    os.symlink("/etc/passwd", mesh.path / CONTRACT)
    return CONTRACT, 1


def spoil_size(mesh):
    mesh.write(CONTRACT, (mesh.path / CONTRACT).read_bytes() + b"# filler\n" * (50 * 1024 * 1024 // 9))
    return CONTRACT, 1


def spoil_depth(mesh):
    mesh.write(CONTRACT, "\n".join(" " * depth + "schema:" for depth in range(1000)))
    return CONTRACT, None


def spoil_brackets(mesh):
    mesh.write(CONTRACT, "schema: " + "[" * 100_000 + "]" * 100_000)
    return CONTRACT, 1


def spoil_aliases(mesh):
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    mesh.write(CONTRACT, "\n".join(bomb))
    return CONTRACT, None


def spoil_bytes(mesh):
    mesh.write(CONTRACT, (mesh.path / CONTRACT).read_bytes() + b"\xff\xfe\n")
    return CONTRACT, 1


ACCESS = "products/sales/access.csv"
RESTRICTIONS = "products/sales/orders/restrictions.yaml"


def spoil_rule(row):
    """A row more in the domain's own file."""

    def spoil(mesh):
        text = (mesh.path / ACCESS).read_text()
        mesh.write(ACCESS, f"{text}{row}\n")
        return ACCESS, text.count("\n") + 1

    return spoil


def spoil_roles(mesh):
    text = (mesh.path / ACCESS).read_text()
    mesh.write(ACCESS, text + "g, role:a, role:b, dom:sales\ng, role:b, role:a, dom:sales\n")
    return ACCESS, None


def spoil_restriction(text, line):
    def spoil(mesh):
        mesh.write(RESTRICTIONS, text)
        return RESTRICTIONS, line

    return spoil


def row_filter(condition):
    return spoil_restriction(f"rowFilters:\n  - {{id: own, port: lines, when: \"{condition}\"}}\n", 2)


def mask(rest):
    return spoil_restriction(f"masks:\n  - {{id: m, port: lines, {rest}}}\n", 2)


TEST = "products/sales/orders/tests/one.yaml"


def spoil_test(text, line):
    def spoil(mesh):
        mesh.write(TEST, text)
        return TEST, line

    return spoil


def spoil_query(mesh):
    query = "SELECT COUNT(*) FROM {object} WHERE amuont > 0"
    rule = f"    quality: [{{type: sql, query: '{query}', mustBe: 0}}]\n    properties:"
    return CONTRACT, mesh.edit(CONTRACT, "    properties:", rule)


CASES = [
    ("a misspelt effect", "W0302", spoil_rule("p, role:analyst, dom:sales, obj:sales, read, *, -, alow")),
    ("an unknown section", "W0302", spoil_rule("p9, role:analyst, dom:sales, obj:sales, read, *, -, allow")),
    ("a row of the wrong width", "W0302", spoil_rule("p, role:analyst, dom:sales, obj:sales, read, *, -")),
    ("a quote", "W0302", spoil_rule('p, "role:analyst", dom:sales, obj:sales, read, *, -, allow')),
    ("roles that hold each other", "W0302", spoil_roles),
    ("an unknown condition", "W0302", spoil_rule("p, role:analyst, dom:sales, obj:sales, read, *, mfa_frsh, allow")),
    ("an unknown tag", "W0303", spoil_rule("p, role:analyst, dom:sales, obj:sales, unmask, pii.emial, -, allow")),
    ("a principal that is not there", "W0303", spoil_rule("p, user:anna, dom:sales, obj:sales, read, *, -, allow")),
    ("another domain", "W0304", spoil_rule("p, role:analyst, dom:aviation, obj:aviation, read, *, -, allow")),
    ("another domain's object", "W0304", spoil_rule("p, role:analyst, dom:sales, obj:aviation, read, *, -, allow")),
    ("a restriction that is none", "W0308", row_filter("amount == 1")),
    ("a filter on a column that is not there", "W0309", row_filter("amuont = 1")),
    ("a filter that compares other types", "W0310", row_filter("order_id = 'one'")),
    ("a mask on a column that is not there", "W0309", mask("column: amuont, mask: 'null'")),
    ("a mask that does not fit", "W0310", mask("column: amount, mask: partial_email")),
    ("a mask that hides nothing", "W0310", mask("column: order_id, mask: {round: 1}")),
    ("a mask that is none", "W0308", mask("column: amount, mask: blur")),
    ("a test of a port that no query makes", "W0510", spoil_test("port: lines\nexpect: []\n", 1)),
    ("a test with an unknown key", "W0107", spoil_test("port: lines\nexpct: []\n", 2)),
    ("a test without a row", "W0105", spoil_test("port: lines\nexpect: 3\n", 2)),
    ("a rule on a column that is not there", "W0426", spoil_query),
    ("malformed YAML", "W0101", spoil_yaml),
    ("a wrong type", "W0105", spoil_type),
    ("an unknown key", "W0107", spoil_key),
    ("a missing file", "W0111", spoil_file),
    ("a contract without schema", "W0403", spoil_schema),
    ("a dangling input port", "W0452", spoil_input),
    ("products that read each other", "W0453", spoil_ring),
    ("two products with one name", "W0439", spoil_name),
    ("a path that leaves the repository", "W0112", spoil_path),
    ("a link that leaves the repository", "W0112", spoil_link),
    ("50 MB", "W0103", spoil_size),
    ("deep nesting", "W0103", spoil_depth),
    ("brackets without end", "W0103", spoil_brackets),
    ("aliases that expand without end", "W0103", spoil_aliases),
    ("what is not UTF-8", "W0104", spoil_bytes),
]


@pytest.fixture
def mesh(tmp_path):
    return Mesh(tmp_path)


def test_the_mesh_is_sound_before_it_is_spoiled(mesh):
    assert mesh.validate() == (0, [])


@pytest.mark.parametrize(("code", "spoil"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_is_told_at_its_place(mesh, code, spoil):
    file, line = spoil(mesh)
    exit_code, told = mesh.validate()
    assert exit_code == 1
    places = [(problem["code"], problem["file"], problem["line"] if line else None) for problem in told]
    assert (code, file, line) in places, told
    wanted = {"code", "severity", "message", "file", "line", "column", "end_line", "end_column", "help"}
    assert all(set(problem) == wanted and problem["line"] >= 1 and problem["column"] >= 1 for problem in told)


def test_all_problems_of_all_files_are_told_at_once(mesh):
    spoil_type(mesh)
    mesh.edit("products/sales/returns/contracts/lines.odcs.yaml", "status: active", "statsu: active")
    mesh.edit("governance/principals.yaml", "users:", "usres:")
    _, told = mesh.validate()
    assert {"W0105", "W0107"} <= {problem["code"] for problem in told}
    assert len({problem["file"] for problem in told}) >= 3


def test_text_and_annotations_name_file_and_line(mesh):
    file, line = spoil_key(mesh)
    text = command("validate", ".", cwd=mesh.path)
    assert text.returncode == 1 and f"{file}:{line}:" in text.stdout and "W0107" in text.stdout
    github = command("validate", ".", "--format", "github", cwd=mesh.path)
    assert github.returncode == 1 and f"::error file={file},line={line}," in github.stdout


def test_wrong_usage_has_its_own_exit_code(mesh):
    assert command("validate", "--shape", "json", cwd=mesh.path).returncode == 2
