"""The numbers of the binary, and what `deploy/observability` makes of them."""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

from flight import connect, rows
from weft import LONGEST, REPOSITORY, Repository, Server

FOLDER = REPOSITORY / "deploy" / "observability"
BOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
METRIC = re.compile(r"\bweft_[a-z_]+\b")
RECORDED = re.compile(r"\bweft:[a-z_0-9:]+\b")
# A histogram's parts are numbers of their own to whoever asks.
PART = re.compile(r"_(bucket|count|sum)$")


def promtool(*arguments, text=None):
    program = shutil.which("promtool")
    assert program, "the suites need Debian's prometheus; as root: apt-get install --yes prometheus"
    return subprocess.run(
        [program, *map(str, arguments)], input=text, cwd=FOLDER, capture_output=True, text=True, timeout=LONGEST
    )


def on_their_event():
    """Those that README says to appear with what they are of."""
    text = (FOLDER / "README.md").read_text()
    listed = text.split("not known before:")[1].split("**Boards.**")[0]
    return set(METRIC.findall(listed))


def named(expression):
    return {PART.sub("", name) for name in METRIC.findall(expression)}


def expressions(board):
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def check_ports(server):
    """Who answers for a port sees its numbers, who reads it does not, and nobody without a token does."""
    def told(name):
        ask = urllib.request.Request(f"{server.http}/metrics/ports", headers={"authorization": f"Bearer {server.token(name)}"})
        return urllib.request.urlopen(ask, timeout=LONGEST).read().decode()

    assert 'weft_port_rows_total{port="reference.carriers.airlines"} 1\n' in told("omar")
    assert promtool("check", "metrics", text=told("omar")).returncode == 0
    assert "weft_" not in told("ana")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{server.http}/metrics/ports", timeout=LONGEST)


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    """What `/metrics` says after traffic that went well, that was denied, and that failed."""
    folder = tmp_path_factory.mktemp("observability")
    Repository(folder / "mesh")
    with Server(folder / "mesh", folder / "home") as server:
        server.ready()
        with connect(server, "ana") as ana:
            assert rows(ana, "select count(*) as n from reference.carriers.airlines")
            for refused in ("select * from loyalty.members.profiles_that_are_not", "insert into t values (1)", "select 1/0"):
                with pytest.raises(Exception):
                    rows(ana, refused)
        ask = urllib.request.Request(f"{server.http}/api/v1/me", headers={"authorization": f"Bearer {server.token('ana')}"})
        assert urllib.request.urlopen(ask, timeout=LONGEST).status == 200
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{server.http}/api/v1/me", timeout=LONGEST)
        urllib.request.urlopen(f"{server.http}/metrics", timeout=LONGEST).read()
        check_ports(server)
        with urllib.request.urlopen(f"{server.http}/metrics", timeout=LONGEST) as answer:
            return answer.read().decode()


@pytest.fixture(scope="module")
def there(metrics):
    return {PART.sub("", line.split("{")[0].split(" ")[0]) for line in metrics.splitlines() if line and not line.startswith("#")}


def test_promtool_takes_the_metrics(metrics):
    checked = promtool("check", "metrics", text=metrics)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_each_metric_says_what_it_is(metrics, there):
    helped = set(re.findall(r"^# HELP (\S+) \S", metrics, re.M))
    assert there - helped == set()


def test_what_is_counted_has_been_counted(metrics):
    def value(series):
        (line,) = [line for line in metrics.splitlines() if line.startswith(f"{series} ")]
        return float(line.rsplit(" ", 1)[1])

    assert value('weft_queries_total{outcome="ok"}') >= 1
    assert value('weft_gate_verdicts_total{verdict="passed"}') >= 9
    assert value("weft_ready") == value("weft_leads") == 1
    assert value("weft_policy_epoch") >= 1
    assert value("weft_reconcile_seconds_count") >= 1
    assert value("weft_releases_total") >= 7
    assert value("weft_process_resident_bytes") > 1 << 20
    assert value("weft_query_seconds_count") >= 1


def test_no_label_names_a_product_a_principal_or_a_path(metrics):
    for line in metrics.splitlines():
        if not line.startswith("#"):
            assert not re.search(r"aviation|loyalty|carriers|\bana\b|select", line), line


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_each_panel_asks_for_what_there_is(file, there):
    board = json.loads(file.read_text())
    known = there | on_their_event()
    recorded = set(re.findall(r"record: (\S+)", (FOLDER / "rules.yaml").read_text()))
    for title, expression in expressions(board):
        assert named(expression) - known == set(), title
        assert set(RECORDED.findall(expression)) - recorded == set(), title
        assert named(expression) or RECORDED.findall(expression), title
        # A board's own variables stand for what Grafana puts there.
        plain = expression.replace("$__rate_interval", "5m").replace("$__interval", "5m").replace("$instance", ".*")
        rule = json.dumps({"groups": [{"name": "panel", "rules": [{"record": "panel:of:board", "expr": plain}]}]})
        checked = promtool("check", "rules", "--lint=none", "/dev/stdin", text=rule)
        assert checked.returncode == 0, f"{title}: {checked.stderr}"


def test_boards_have_uids_of_their_own_and_ask_the_source_that_is_chosen():
    boards = [json.loads(file.read_text()) for file in BOARDS]
    assert len({board["uid"] for board in boards}) == len(boards) >= 4
    for board in boards:
        for panel in board["panels"]:
            if "targets" in panel:
                assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
                assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
        places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in board["panels"]]
        assert len(set(places)) == len(places), board["title"]


def test_each_rule_asks_for_what_there_is(there):
    known = there | on_their_event()
    text = (FOLDER / "alerts.yaml").read_text() + (FOLDER / "rules.yaml").read_text()
    asked = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert named("\n".join(asked)) - known == set()


def test_promtool_takes_the_rules_and_the_sample_of_a_configuration():
    for arguments in (("rules", "alerts.yaml", "rules.yaml"), ("config", "prometheus.yml")):
        checked = promtool("check", *arguments)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_alert_says_what_to_do():
    text = (FOLDER / "alerts.yaml").read_text()
    alerts = text.count("- alert:")
    assert alerts >= 20
    for annotation in ("summary:", "description:", "runbook:", "severity:"):
        assert text.count(annotation) == alerts, annotation


def test_alerts_call_when_they_should_and_stay_silent_else():
    checked = promtool("test", "rules", "alerts.test.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_no_number_of_the_code_is_without_a_word_of_what_it_is():
    platform = REPOSITORY / "platform"
    told = set(METRIC.findall((platform / "weft" / "src" / "numbers.rs").read_text()))
    counted = set()
    for file in platform.glob("*/src/**/*.rs"):
        counted |= set(re.findall(r"metrics::(?:counter|gauge|histogram)!\(\s*\"(weft_[a-z_]+)\"", file.read_text()))
    assert counted - told == set()
