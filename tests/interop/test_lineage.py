"""`weft lineage` on the real binary: it tells what REST and SQL tell, and no more than its principal may know."""

import json
import urllib.request

from weft import command

TIERS = "loyalty.engagement.tiers"
POINTS = f"{TIERS}.points_total"

TREE = """\
loyalty.engagement.tiers.points_total
└◀ loyalty.members.profiles.points       aggregation
rows of loyalty.engagement.tiers
├◀ loyalty.members.profiles.carrier      join, group by
├◀ loyalty.members.profiles.tier         group by
└◀ reference.carriers.airlines.carrier   join
"""


def lineage(server, *arguments, name="lena"):
    return command("lineage", *arguments, "--as", name, home=server.home)


def told(server, *arguments, name="lena"):
    done = lineage(server, *arguments, "--format", "json", name=name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rest(server, query, name="lena"):
    request = urllib.request.Request(f"{server.http}/api/v1/lineage?{query}")
    request.add_header("Authorization", f"Bearer {server.token(name)}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def edges(found):
    return sorted((e["from"], e["to"], how["kind"], how["detail"]) for e in found["edges"] for how in e["how"])


def test_a_tree_shows_what_a_column_is_made_of_and_what_decides_on_its_rows(demo):
    done = lineage(demo, POINTS, "--up", "1", "--down", "0")
    assert (done.returncode, done.stdout) == (0, TREE), done.stderr
    assert done.stderr.strip() == "5 columns, 3 products."
    assert lineage(demo, POINTS, "--format", "dot").stdout.startswith("digraph lineage {\n")


def test_the_command_line_rest_and_sql_tell_the_same(demo):
    for focus, up, down in [(POINTS, 1, 1), (TIERS, 2, 0), ("loyalty.members", 0, 3)]:
        found = told(demo, focus, "--up", str(up), "--down", str(down))
        assert found == rest(demo, f"focus={focus}&up={up}&down={down}")
    found = rest(demo, f"focus={TIERS}&level=column&up=1&down=0")
    sql = f"select * from system.mesh.lineage where to_port = '{TIERS}' and from_column is not null"
    rows = demo.query("lena", sql)
    to = lambda row: ".".join(part for part in (row["to_port"], row["to_column"]) if part)
    assert edges(found) == sorted((f"{r['from_port']}.{r['from_column']}", to(r), r["kind"], r["detail"]) for r in rows)
    assert ("loyalty.members.profiles.points", POINTS, "direct", "aggregation") in edges(found)


def test_who_may_not_know_of_a_port_does_not_meet_it(demo):
    found = told(demo, "loyalty.members.profiles.points", "--down", "9", name="ana")
    assert [node["id"] for node in found["nodes"]] == ["loyalty.members.profiles", "loyalty.members.profiles.points"]
    refused = [lineage(demo, focus, name="ana").stderr.replace(focus, "it") for focus in (POINTS, f"{TIERS}.nothing")]
    strip = lambda text: [line for line in text.splitlines() if "trace" not in line]
    assert strip(refused[0]) == strip(refused[1]) and "W0905" in refused[0]
    assert demo.query("ana", f"select * from system.mesh.lineage where to_port = '{TIERS}'") == []
