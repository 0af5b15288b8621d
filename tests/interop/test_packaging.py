"""The ways in which Weft is installed elsewhere, as far as they can be tried here: the quickstart and the wheel run; image,
composition and chart are read by programs that know their formats."""

import json
import re
import shutil
import ssl
import subprocess
import sys
import tomllib
import urllib.request
import venv

import compose_spec
import helm_python
import kubernetes_validate
import pytest
import yaml

from console import blocks, commands, matches
from weft import BINARY, LONGEST, REPOSITORY, TARGET, Configured, Repository, Server, command, configuration, environment, until

DEPLOY = REPOSITORY / "deploy"
CONTAINER, CHART = DEPLOY / "container", DEPLOY / "helm" / "weft"
KUBERNETES = "1.37"


def run(*arguments, **more):
    return subprocess.run([str(part) for part in arguments], capture_output=True, text=True, timeout=LONGEST, **more)


# The quickstart


def test_the_quickstart_does_what_it_says(tmp_path):
    folder = tmp_path / "mesh"
    folder.mkdir()
    path = f"{BINARY.parent}:{environment()['PATH']}"
    server = None

    def met(line, expected):
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, env=environment({"PATH": path}), timeout=LONGEST,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        return all(matches(one, done.stdout) for one in expected)

    try:
        for block in blocks(DEPLOY / "quickstart" / "README.md"):
            for line, expected in commands(block.text):
                if line == "weft up":
                    server = Server(folder, folder / ".weft")
                    server.ready()
                    printed = "\n".join(server.stdout.all + server.stderr.all)
                    assert all(matches(one, printed) for one in expected), printed
                elif line.startswith("weft query"):
                    # What was changed in the folder is seen a moment later.
                    until(lambda: met(line, expected), f"{line} prints {expected}", every=0.5)
                else:
                    assert met(line, expected), line
        assert server, "the quickstart serves"
        assert server.stop() == 0
    finally:
        if server and server.process.poll() is None:
            server.kill()


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, DEPLOY / "wheel" / "build", BINARY, folder)
    assert done.returncode == 0, done.stderr
    (path,) = folder.iterdir()
    assert done.stdout.strip() == str(path)
    return path


def test_a_wheel_brings_the_command_without_a_network(wheel, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    pip, weft = tmp_path / "venv" / "bin" / "pip", tmp_path / "venv" / "bin" / "weft"
    done = run(pip, "install", "--no-index", "--no-deps", "--disable-pip-version-check", wheel)
    assert done.returncode == 0, done.stderr
    assert run(weft, "--version").stdout == command("--version").stdout
    assert run(weft, "init", "repo", tmp_path / "mesh").returncode == 0
    for arguments in (["init", "domain", "sales"], ["init", "product", "sales.orders"], ["validate"]):
        done = run(weft, *arguments, cwd=tmp_path / "mesh")
        assert done.returncode == 0, done.stdout + done.stderr
    assert run(pip, "uninstall", "--yes", "weft-bin").returncode == 0
    assert not weft.exists()


def test_a_wheel_is_named_for_the_systems_that_can_run_it(wheel):
    shown = run(TARGET / "venv" / "bin" / "auditwheel", "show", wheel)
    assert shown.returncode == 0, shown.stderr
    tag = wheel.stem.rsplit("-", 1)[1]
    assert re.search(rf'constrains the platform tag to\s+"{tag}"', shown.stdout), shown.stdout


def test_one_binary_makes_one_wheel(wheel, tmp_path):
    run(sys.executable, DEPLOY / "wheel" / "build", BINARY, tmp_path)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_a_wheel_of_something_else_is_refused(tmp_path):
    (tmp_path / "script").write_text("#!/bin/sh\necho weft 0.1.0\n")
    (tmp_path / "script").chmod(0o755)
    done = run(sys.executable, DEPLOY / "wheel" / "build", tmp_path / "script", tmp_path / "out")
    assert done.returncode == 1 and "is no program" in done.stderr
    assert not (tmp_path / "out").exists()


# The image and what stands beside it


def test_a_linter_has_nothing_to_say_of_the_image():
    linted = run(TARGET / "venv" / "bin" / "hadolint", CONTAINER / "Containerfile")
    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_image_runs_as_nobody_and_ends_as_it_is_asked_to():
    text = (CONTAINER / "Containerfile").read_text()
    final = text[text.rindex("\nFROM "):]
    for line in ("USER 65532:65532", "STOPSIGNAL SIGTERM", 'ENTRYPOINT ["weft"]', "ca-certificates"):
        assert line in final, line


def test_what_is_built_in_the_image_is_all_that_cargo_asks_for(tmp_path):
    kept = [line[1:] for line in (CONTAINER / ".containerignore").read_text().splitlines() if line.startswith("!")]
    for name in kept:
        source = REPOSITORY / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("node_modules", "dist", "__pycache__", "clients", "interop", "browser")
            shutil.copytree(source, tmp_path / name, ignore=ignored)
        else:
            shutil.copy(source, tmp_path / name)
    done = run("cargo", "metadata", "--no-deps", "--offline", "--format-version=1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "weft" in {package["name"] for package in json.loads(done.stdout)["packages"]}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    """What `secrets` makes, in a folder of its own."""
    folder = tmp_path_factory.mktemp("container")
    shutil.copy(CONTAINER / "secrets", folder)
    assert run(folder / "secrets").returncode == 0
    return folder / "secrets.d"


def composition():
    text = (CONTAINER / "compose.yaml").read_text()
    return yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))


def read_by_the_specification(described):
    # The reader takes no merge keys, which loading has written out.
    return compose_spec.PyCompose.from_yaml(yaml.safe_dump(described))


def test_the_composition_is_one_by_the_specification():
    assert {"weft-1", "weft-2", "catalog", "store"} <= set(read_by_the_specification(composition()).service_names())
    wrong = composition()
    wrong["services"]["weft-1"]["reed_only"] = True
    with pytest.raises(ValueError):
        read_by_the_specification(wrong)


def test_nodes_of_the_composition_share_what_they_must_and_nothing_else():
    described = composition()
    one, other = (described["services"][name] for name in ("weft-1", "weft-2"))
    assert one["volumes"][0] != other["volumes"][0], "each has its home"
    assert one["volumes"][1:] == other["volumes"][1:], "both have the same keys and the same mesh"
    for node in (one, other):
        assert node["read_only"] and node["cap_drop"] == ["ALL"]
    for service in described["services"].values():
        assert ":" in service["image"].rsplit("/", 1)[-1] and not service["image"].endswith(":latest")
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), "ports are open on this machine alone"
        assert set(service.get("secrets", [])) <= set(described["secrets"])


def test_secrets_of_the_composition_are_made_once_and_kept_in_the_folder(secrets):
    assert secrets.stat().st_mode & 0o777 == 0o700
    wanted = {entry["file"].removeprefix("secrets.d/") for entry in composition()["secrets"].values()} | {"store.env"}
    assert {path.name for path in secrets.iterdir()} == wanted
    before = (secrets / "catalog-password").read_text()
    assert run(secrets.parent / "secrets").returncode == 0
    assert (secrets / "catalog-password").read_text() == before and len(before) == 48
    key = json.loads((secrets / "store.json").read_text())["identities"][0]["credentials"][0]
    assert f"AWS_SECRET_ACCESS_KEY={key['secretKey']}" in (secrets / "store.env").read_text()


def test_a_node_serves_with_the_certificate_of_the_composition_and_tells_that_it_is_ready(secrets, tmp_path):
    Repository(tmp_path / "mesh")
    tls = ["[tls]", f'certificate = "{secrets / "certificate.pem"}"', f'key = "{secrets / "key.pem"}"']
    with Configured(configuration(tmp_path, *tls), tmp_path / "home") as server:
        server.ready()
        trusting = ssl.create_default_context(cafile=str(secrets / "authority.pem"))
        with urllib.request.urlopen(f"{server.http}/health/ready", context=trusting, timeout=LONGEST) as answer:
            assert answer.status == 200


def keys_of(text):
    """The keys of a configuration, with the table that they stand in."""
    read = tomllib.loads(text)
    return {name for name, value in read.items() if not isinstance(value, dict)} | {
        f"{table}.{name}" for table, value in read.items() if isinstance(value, dict) for name in value
    }


def known_keys():
    """The keys that the configuration file with every key has."""
    text = (DEPLOY / "config" / "weft.toml").read_text()
    return keys_of(re.sub(r"^# (\[|\w+ = )", r"\1", text, flags=re.MULTILINE))


def test_the_nodes_are_configured_by_keys_that_there_are():
    assert keys_of((CONTAINER / "weft.toml").read_text()) <= known_keys()


# The chart

LEAST = {"mesh": "https://git.example.org/mesh.git", "tls": {"secret": "weft-tls"}}
MOST = LEAST | {
    "replicas": 2,
    "warehouse": "s3://bucket/mesh",
    "environment": "production",
    "basePath": "/weft",
    "memoryMax": "3 GiB",
    "catalog": {"url": "postgres://weft@db:5432/weft", "passwordSecret": {"name": "weft-catalog"}},
    "keys": {"secret": "weft-keys"},
    "tls": {"secret": "weft-tls", "clientCaSecret": "weft-clients"},
    "extraConfig": '[oidc]\nissuer = "https://identity.example.org"\nclient_id = "weft"\n',
    "env": [{"name": "AWS_REGION", "value": "eu-west-1"}],
    "envFromSecrets": ["weft-store"],
    "secretFiles": ["weft-oidc", "weft-other"],
    "extraVolumes": [{"name": "backup", "persistentVolumeClaim": {"claimName": "weft-backup"}}],
    "extraVolumeMounts": [{"name": "backup", "mountPath": "/backup"}],
    "image": {"pullSecrets": ["registry"]},
    "persistence": {"storageClass": "fast"},
    "serviceAccount": {"annotations": {"example.org/role": "weft"}},
    "ingress": {"enabled": True, "host": "mesh.example.org", "className": "nginx", "tlsSecret": "mesh"},
    "networkPolicy": {"from": [{"namespaceSelector": {}}]},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "clientCertSecret": "prometheus-tls"},
    "nodeSelector": {"disk": "fast"},
}


def rendered(values):
    """Everything that the chart makes of values, by kind and name."""
    with helm_python.Chart.load(str(CHART)) as chart:
        chart.validate_schema(values)
        texts = chart.render(values, name="demo", namespace="mesh")
    found = [each for path, text in texts.items() if path.endswith(".yaml") for each in yaml.safe_load_all(text) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
def test_helm_and_the_schemas_of_kubernetes_take_the_chart(values):
    report = helm_python.lint(str(CHART), values, strict=True)
    # Beyond a hint that it has no icon.
    assert not report["errors"] and all(message["severity"] == 1 for message in report["messages"]), report
    for (kind, _), manifest in rendered(values).items():
        # Not of Kubernetes' own.
        if kind != "ServiceMonitor":
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_mistake_in_the_chart_would_be_told():
    manifest = rendered(LEAST)["StatefulSet", "demo-weft"]
    manifest["spec"]["template"]["spec"]["containers"][0]["probe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
def test_pods_of_the_chart_may_do_little_and_have_the_time_to_end(values):
    found = rendered(values)
    pod = found["StatefulSet", "demo-weft"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False
    (node,) = pod["containers"]
    sleeps = int(node["lifecycle"]["preStop"]["exec"]["command"][1])
    drains = tomllib.loads(found["ConfigMap", "demo-weft"]["data"]["weft.toml"])["drain_seconds"]
    assert pod["terminationGracePeriodSeconds"] >= sleeps + drains + 5 and drains >= 10, "as long as requests under way are waited for"
    assert node["startupProbe"]["periodSeconds"] * node["startupProbe"]["failureThreshold"] >= 3600, "doors open after migrations"
    for container in pod["containers"] + pod.get("initContainers", []):
        allowed = container["securityContext"]
        assert allowed["readOnlyRootFilesystem"] and allowed["capabilities"] == {"drop": ["ALL"]}


def test_a_browser_is_kept_with_one_of_several_nodes():
    def kept(values):
        services = {name: each["spec"] for (kind, name), each in rendered(values).items() if kind == "Service"}
        return [name for name, spec in services.items() if spec.get("sessionAffinity") == "ClientIP"]

    assert kept(LEAST) == [] and kept(MOST) == ["demo-weft-http"]


def test_prometheus_is_told_the_job_that_alerts_ask_for_and_what_certificate_to_show():
    found = rendered(MOST)
    monitor, service = found["ServiceMonitor", "demo-weft"]["spec"], found["Service", "demo-weft-http"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    job = service["metadata"]["labels"][monitor["jobLabel"]]
    assert f'up{{job="{job}"}} == 0' in (DEPLOY / "observability" / "alerts.yaml").read_text()
    asked = monitor["endpoints"][0]["tlsConfig"]
    assert asked["cert"]["secret"]["name"] == asked["keySecret"]["name"] == "prometheus-tls"
    plain = rendered(LEAST | {"serviceMonitor": {"enabled": True}, "networkPolicy": {"from": [{"podSelector": {}}]}})
    assert set(plain["ServiceMonitor", "demo-weft"]["spec"]["endpoints"][0]["tlsConfig"]) == {"serverName", "ca"}


def test_a_volume_of_the_operators_is_mounted_beside_those_of_the_chart():
    pod = rendered(MOST)["StatefulSet", "demo-weft"]["spec"]["template"]["spec"]
    assert MOST["extraVolumes"][0] in pod["volumes"] and MOST["extraVolumeMounts"][0] in pod["containers"][0]["volumeMounts"]
    assert rendered(LEAST | {"replicas": 0})["StatefulSet", "demo-weft"]["spec"]["replicas"] == 0, "while a backup is restored"


@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
def test_the_chart_configures_by_keys_that_there_are(values):
    text = rendered(values)["ConfigMap", "demo-weft"]["data"]["weft.toml"]
    assert keys_of(text) <= known_keys()
    # Else the process keeps below the limit of its container by itself.
    assert ("memory_max" in keys_of(text)) == ("memoryMax" in values)


def test_the_chart_writes_down_no_secret():
    assert not [name for kind, name in rendered(MOST) if kind == "Secret"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"tls": {"secret": "weft-tls"}}, "mesh"),
        ({"mesh": LEAST["mesh"]}, "tls.secret"),
        (LEAST | {"replicas": 2}, "catalog.url"),
        (LEAST | {"catalog": {"url": "postgres://weft:secret@db/weft"}}, "url"),
        (LEAST | {"mesh": "https://weft:secret@git.example.org/mesh.git"}, "mesh"),
        (LEAST | {"replica": 2}, "replica"),
        (MOST | {"serviceMonitor": {"enabled": True}}, "serviceMonitor.clientCertSecret"),
        (LEAST | {"ingress": {"enabled": True, "host": "mesh.example.org"}}, "networkPolicy.from"),
        (LEAST | {"serviceMonitor": {"enabled": True}}, "networkPolicy.from"),
        (LEAST | {"terminationGracePeriodSeconds": 15}, "terminationGracePeriodSeconds"),
    ],
    ids=[
        "no_mesh", "no_tls", "two_homes", "password", "git_password", "unknown", "no_certificate", "ingress_shut_out",
        "monitor_shut_out", "too_short",
    ],
)
def test_values_that_cannot_work_are_refused(values, told):
    with pytest.raises(helm_python.HelmError, match=re.escape(told)):
        rendered(values)
