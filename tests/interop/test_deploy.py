"""What `deploy/` offers to operators: that it is right, and that it fits the binary."""

import shutil
import socket
import subprocess
import urllib.request

import pytest

from weft import BINARY, LONGEST, REPOSITORY, Configured, Repository

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
    config = tmp_path / "weft.toml"
    lines = [f'mesh = "{tmp_path / "mesh"}"', f'home = "{tmp_path / "home"}"', 'http = "127.0.0.1:0"', 'flight = "127.0.0.1:0"']
    config.write_text("\n".join(lines) + "\n")
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
