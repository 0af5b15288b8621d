"""What `deploy/` offers to operators: that it is right, and that it fits the binary."""

import re
import shutil
import socket
import subprocess
import urllib.request

import pytest

from weft import BINARY, LONGEST, REPOSITORY, Configured, Repository, Server, configuration, free_port

SYSTEMD = REPOSITORY / "deploy" / "systemd"
UNIT = SYSTEMD / "weft.service"
DOORS = ("http", "flight")
# Of ten, as `systemd-analyze security` counts what a service could do beyond its work.
EXPOSURE_MAX = 2.0


def of_systemd(name):
    program = shutil.which(name)
    assert program, "the suites need Debian's systemd; as root: apt-get install --yes systemd"
    return program


def analyze(*arguments):
    program = of_systemd("systemd-analyze")
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


def test_the_group_of_the_service_is_made_and_leaves_it_a_user_of_its_own(tmp_path):
    (tmp_path / "etc").mkdir()
    made = subprocess.run(
        [of_systemd("systemd-sysusers"), f"--root={tmp_path}", SYSTEMD / "weft.sysusers.conf"],
        capture_output=True, text=True, timeout=LONGEST,
    )
    assert made.returncode == 0, made.stderr
    groups = [line.split(":")[0] for line in (tmp_path / "etc" / "group").read_text().splitlines()]
    said = dict(re.findall(r"^(User|SupplementaryGroups|DynamicUser)=(.*)$", UNIT.read_text(), re.MULTILINE))
    assert groups == [said["SupplementaryGroups"]] and said["DynamicUser"] == "yes"
    # Where a group has the name of a user that is to be made, systemd refuses to make it.
    assert said["User"] not in groups


def test_the_doctor_is_run_with_what_the_unit_says():
    unit = UNIT.read_text()
    named = re.findall(r" -p (\S+=\S+)", unit)
    assert {"User", "SupplementaryGroups", "StateDirectory"} <= {each.split("=")[0] for each in named}
    for each in named:
        assert re.search(rf"^{re.escape(each)}$", unit, re.MULTILINE), each


@pytest.fixture
def sockets(unit):
    """The units of the doors' sockets, beside that of the service."""
    return [shutil.copy(SYSTEMD / f"weft-{door}.socket", unit.parent) for door in DOORS]


def test_systemd_takes_the_sockets_of_the_service_without_a_word(unit, sockets):
    checked = analyze("verify", unit, *sockets)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_sockets_are_where_the_configuration_has_the_doors_by_default():
    described = (REPOSITORY / "deploy" / "config" / "weft.toml").read_text()
    for door in DOORS:
        text = (SYSTEMD / f"weft-{door}.socket").read_text()
        assert f"FileDescriptorName={door}\n" in text and "Service=weft.service\n" in text
        (listens,) = re.findall(r"^ListenStream=(.*)$", text, re.MULTILINE)
        assert re.search(rf'^# .*Default: `{re.escape(listens)}`\.\n# {door} = ', described, re.MULTILINE), door


class Activated(Server):
    """`weft serve`, which begins with the first connection to sockets that are open before it."""

    def __init__(self, config, home, listens, names, *more):
        listening = [f"--listen={address}" for address in listens]
        program = [of_systemd("systemd-socket-activate"), *listening, f"--fdname={':'.join(names)}", "--setenv=NO_COLOR=1", *more]
        self._run(home, [*program, BINARY, "serve", "--config", str(config)])
        self.stderr.count(len(listens), lambda line: line.startswith("Listening on "))


def local(port):
    return f"127.0.0.1:{port}"


def test_a_request_from_before_the_process_is_answered_on_the_socket_that_it_takes_over(tmp_path):
    Repository(tmp_path / "mesh")
    http, flight = free_port(), free_port()
    # The second is named first: names decide, and not the order.
    with Activated(configuration(tmp_path), tmp_path / "home", [local(flight), local(http)], ["flight", "http"]) as server:
        assert not (tmp_path / "home").exists(), "nothing runs yet"
        with urllib.request.urlopen(f"http://{local(http)}/health/live", timeout=LONGEST) as answer:
            assert answer.status == 200
        server.ready()
        assert (server.http, server.flight) == (f"http://{local(http)}", f"grpc://{local(flight)}")
        assert server.query("pia", "select 1 as one") == [{"one": 1}]
        assert server.stop() == 0


def test_a_door_without_a_socket_is_bound_by_the_process(tmp_path):
    Repository(tmp_path / "mesh")
    flight = free_port()
    with Activated(configuration(tmp_path), tmp_path / "home", [local(flight)], ["flight"]) as server:
        socket.create_connection(("127.0.0.1", flight), timeout=LONGEST).close()
        server.ready()
        assert server.flight == f"grpc://{local(flight)}" and server.http != server.flight
        assert server.query("pia", "select 1 as one") == [{"one": 1}]


def test_sockets_for_another_process_are_left_alone(tmp_path):
    Repository(tmp_path / "mesh")
    another = {"LISTEN_PID": "1", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "metrics:metrics"}
    with Configured(configuration(tmp_path), tmp_path / "home", env=another) as server:
        server.ready()


def refused(tmp_path, listens, names, *more, kind=socket.SOCK_STREAM, config=None):
    """What is said when the first of the sockets wakes a server that cannot use them all."""
    first, home = listens[0], tmp_path / "home"
    family, address = (socket.AF_UNIX, first) if first.startswith("/") else (socket.AF_INET, ("127.0.0.1", int(first.split(":")[1])))
    with Activated(config or configuration(tmp_path), home, listens, names, *more) as server, socket.socket(family, kind) as client:
        client.connect(address)
        if kind == socket.SOCK_DGRAM:
            client.send(b"anybody?")
        assert server.process.wait(LONGEST) == 1
        server.stderr.wait_at_most(LONGEST)
    told = server.stderr.text
    assert "error[W0913]: " in told and "help: " in told, told
    assert not home.exists()
    return told


def test_a_socket_that_fits_no_door_is_told_with_a_way_out(tmp_path):
    told = refused(tmp_path, [local(free_port())], ["metrics"])
    assert "a socket `metrics` was handed over" in told and "FileDescriptorName=http" in told
    assert "two sockets `http` were handed over" in refused(tmp_path, [local(free_port()), local(free_port())], ["http", "http"])
    told = refused(tmp_path, [str(tmp_path / "socket")], ["http"])
    assert "the socket `http` is a Unix socket" in told and "ListenStream=" in told
    told = refused(tmp_path, [local(free_port())], ["flight"], "--datagram", kind=socket.SOCK_DGRAM)
    assert "the socket `flight` is a UDP socket" in told

    handed, configured = local(free_port()), local(free_port())
    config = configuration(tmp_path)
    config.write_text(config.read_text().replace('http = "127.0.0.1:0"', f'http = "{configured}"'))
    told = refused(tmp_path, [handed], ["http"], config=config)
    assert f"listens on {handed}, and the key `http` says {configured}" in told
    assert f'write `http = "{handed}"`' in told and f"ListenStream={configured}" in told


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
