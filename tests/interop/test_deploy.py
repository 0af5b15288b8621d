"""What `deploy/` offers to operators: that it is right, and that it fits the binary."""

import shutil
import socket
import subprocess
import urllib.request

import pytest

from weft import BINARY, LONGEST, REPOSITORY, Configured, Repository, command, configuration

UNIT = REPOSITORY / "deploy" / "systemd" / "weft.service"
# Of ten, as `systemd-analyze security` counts what a service could do beyond its work.
EXPOSURE_MAX = 2.0


def analyze(*arguments):
    program = shutil.which("systemd-analyze")
    assert program, "the suites need Debian's systemd; as root: apt-get install --yes systemd"
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=LONGEST)


@pytest.fixture
def unit(tmp_path):
    """The unit, with the binary where it is here."""
    text = UNIT.read_text()
    assert "/usr/local/bin/weft" in text
    placed = tmp_path / "weft.service"
    placed.write_text(text.replace("ExecStart=/usr/local/bin/weft", f"ExecStart={BINARY}"))
    return placed


def test_systemd_takes_the_unit_without_a_word(unit):
    checked = analyze("verify", unit)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_mistake_in_the_unit_would_be_told(unit):
    unit.write_text(unit.read_text().replace("Type=notify", "Type=notyfi"))
    assert "notyfi" in analyze("verify", unit).stderr


def test_the_unit_lets_the_service_do_little_beside_its_work(unit):
    checked = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX * 10:.0f}", "--no-pager", unit)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_service_manager_hears_when_it_serves_and_when_it_ends(tmp_path):
    Repository(tmp_path / "mesh")
    config = configuration(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(LONGEST)
        heard = lambda: manager.recv(4_096).decode().strip()
        with Configured(config, tmp_path / "home", env={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as server:
            assert heard() == "STATUS=the first reconcile runs"
            assert [heard(), heard()] == ["STATUS=serving", "READY=1"]
            server.ready()
            with urllib.request.urlopen(f"{server.http}/health/ready", timeout=LONGEST) as answer:
                assert answer.status == 200
        assert heard() == "STOPPING=1"


def found(doctor):
    """What each line says, by what it is about."""
    lines = [line.split(maxsplit=2) for line in doctor.stdout.splitlines() if line[0] != " "]
    return {what: (mark, told) for mark, what, told in lines}


def test_a_doctor_finds_what_is_well_before_the_first_start_and_beside_a_mesh_that_runs(tmp_path):
    Repository(tmp_path / "mesh")
    config = configuration(tmp_path)
    before = command("doctor", "--config", config)
    assert before.returncode == 0, before.stdout + before.stderr
    marks = {what: mark for what, (mark, _) in found(before).items()}
    assert marks == {"home": "✓", "disk": "✓", "mesh": "✓", "store": "✓", "catalog": "-", "doors": "✓", "tls": "-", "oidc": "-", "clock": "-"}
    assert not (tmp_path / "home").exists(), "it leaves nothing behind"

    with Configured(config, tmp_path / "home") as server:
        server.ready()
        beside = command("doctor", "--config", config)
        assert beside.returncode == 0, beside.stdout + beside.stderr
        assert f"process {server.process.pid}" in found(beside)["home"][1]
        mark, told = found(beside)["catalog"]
        assert mark == "✓" and "products" in told
        assert server.query("pia", "select 1 as one") == [{"one": 1}], "the mesh goes on"


def test_a_doctor_names_each_trouble_with_a_way_out(tmp_path):
    (tmp_path / "key.pem").write_text("no key")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        tls = ["[tls]", f'certificate = "{tmp_path / "none.pem"}"', f'key = "{tmp_path / "key.pem"}"']
        oidc = ["[oidc]", 'issuer = "http://127.0.0.1:9"', 'client_id = "weft"']
        config = configuration(tmp_path, f'warehouse = "file://{tmp_path / "weft.toml"}/"', *tls, *oidc, mesh="nowhere")
        config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}", 1))
        done = command("doctor", "--config", config)
    marks = {what: mark for what, (mark, _) in found(done).items()}
    wrong = {"mesh", "store", "doors", "tls", "oidc"}
    assert {what for what, mark in marks.items() if mark == "✗"} == wrong, done.stdout
    assert done.returncode == 1
    assert "5 of 9 do not work" in done.stderr
    assert str(port) in found(done)["doors"][1]
    assert done.stdout.count("help: ") == 5, done.stdout


def test_a_doctor_reads_a_configuration_as_the_server_does(tmp_path):
    config = configuration(tmp_path, "colour = 1")
    done = command("doctor", "--config", config)
    assert done.returncode == 1
    assert "W0107" in done.stderr and done.stdout == ""
