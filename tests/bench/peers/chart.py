"""Bars of each query and each engine, as SVG that reads well on light and on dark pages."""

COLOURS = {"weft": "#e8590c", "polars": "#228be6", "duckdb": "#c59a00", "sail": "#868e96"}
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 1120, 340, 46, 34, 26
STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #333 } line { stroke: #8884 }
@media (prefers-color-scheme: dark) { text { fill: #ccc } }
</style>"""


def of(part):
    """The chart of what `queries.py` kept."""
    times = part["hot"]
    queries = list(times["duckdb"])
    longest = max(one["wall"] for engine in times.values() for one in engine.values())
    step = next(step for step in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60) if longest / step <= 6)
    top = (int(longest / step) + 1) * step
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">', STYLE,
             f"<title>TPC-H at scale {part['scale']}: seconds of each query, hot</title>"]
    lines += [axis(n * step, top) for n in range(int(top / step + 0.5) + 1)]
    lines += [legend(n, name, times[name]) for n, name in enumerate(times)]
    space = (WIDTH - LEFT) / len(queries)
    width = space * 0.8 / len(times)
    for n, query in enumerate(queries):
        left = LEFT + n * space + space * 0.1
        for m, name in [(m, name) for m, name in enumerate(times) if query in times[name]]:
            seconds = times[name][query]["wall"]
            title = f"{name} {query}: {seconds:.3f} s"
            lines.append(bar(left + m * width, width, seconds / top, COLOURS[name], title))
        lines.append(f'<text x="{left + space * 0.4:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{query}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def height_of(share):
    return share * (HEIGHT - TOP - BOTTOM)


def axis(seconds, top):
    y = HEIGHT - BOTTOM - height_of(seconds / top)
    return (f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{seconds:.3g} s</text>')


def legend(n, name, times):
    x = LEFT + n * 170
    total = sum(one["wall"] for one in times.values())
    return (f'<rect x="{x}" y="8" width="12" height="12" fill="{COLOURS[name]}"/>'
            f'<text x="{x + 18}" y="18">{name}, {total:.2f} s in all</text>')


def bar(x, width, share, colour, title):
    height = height_of(share)
    return (f'<rect x="{x:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{colour}"><title>{title}</title></rect>')
