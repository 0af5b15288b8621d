"""Writes what was measured last into `platform/docs/performance`: as JSON, as a chart and as the tables of its page.

    python record.py FOLDER

`FOLDER` is where the drivers keep results.
"""

import json
import re
import sys
from pathlib import Path

import chart
from setting import REPOSITORY

PAGES = REPOSITORY / "platform" / "docs" / "performance"
# In which engines are shown.
ENGINES = ["weft", "polars", "duckdb", "sail"]


def main():
    folder = Path(sys.argv[1]) / "results"
    results = PAGES / "results.json"
    parts = json.loads(results.read_text()) if results.exists() else {}
    parts |= {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}
    results.write_text(json.dumps(parts, indent=1, sort_keys=True) + "\n")
    if "queries1" in parts:
        for when in ("hot", "first"):
            times = parts["queries1"][when]
            parts["queries1"][when] = {name: times[name] for name in ENGINES if name in times}
        (PAGES / "queries.svg").write_text(chart.of(parts["queries1"]))
    page = PAGES / "README.md"
    tables = {"goals": goals(parts), "queries": queries(parts), "runs": runs(parts)}
    page.write_text(with_tables(page.read_text(), tables))
    print(f"written to {PAGES.relative_to(REPOSITORY)}")


def with_tables(text, tables):
    """The text with each table between its two marks."""
    for name, table in tables.items():
        marks = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text = re.sub(marks, lambda found: found[1] + table + found[2], text, flags=re.DOTALL)
    return text


def goals(parts):
    rows = [verdict for part in parts.values() for verdict in part["verdicts"]]
    shown = [(one["what"], f"{one['value']:.2f}{'×' if one['unit'] == 'x' else ''}", one["must"], one["aim"], one["verdict"]) if "value" in one
             else (one["what"], "", "", "", one["verdict"]) for one in rows]
    return table(["what", "measured", "must", "aim", ""], shown)


def queries(parts):
    if "queries1" not in parts:
        return ""
    hot, first = parts["queries1"]["hot"], parts["queries1"]["first"]
    columns = [(f"{name}, {when}", of[name]) for when, of in (("hot", hot), ("first", first)) for name in of]
    rows = [(query, *(f"{of[query]['wall']:.3f}" if query in of else "" for _, of in columns))
            for query in hot["duckdb"]]
    for what, of in (("wall", "wall"), ("processor", "cpu")):
        totals = [sum(one[of] for one in times.values()) for _, times in columns]
        rows.append((f"**all, {what}**", *(f"**{total:.2f}**" for total in totals)))
    return table(["seconds", *(name for name, _ in columns)], rows)


def runs(parts):
    rows = [(name, part["at"], part["commit"], part["machine"],
             ", ".join(sorted(set(part.get("versions", {}).values())))) for name, part in parts.items()]
    return table(["part", "at", "commit", "machine", "versions"], rows)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


if __name__ == "__main__":
    main()
