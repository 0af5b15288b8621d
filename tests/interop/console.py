"""Blocks of a page as a reader would type them."""

import re
from typing import NamedTuple

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    language: str
    text: str
    line: int


def blocks(page):
    """What can be run of a page, in its order."""
    text = page.read_text()
    found = [Block(match[1], match[2], text.count("\n", 0, match.start()) + 1) for match in FENCE.finditer(text)]
    return [block for block in found if block.language in ("console", "sql", "python")]


def commands(text):
    """The commands of a console block, each with the lines that it is to print."""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        elif line.strip():
            assert found, f"output before any command: {line}"
            found[-1][1].append(line.strip())
    return found


def matches(expected, printed):
    """Whether a line is among those printed; `…` stands for anything."""
    pattern = ".*".join(map(re.escape, expected.split("…")))
    return any(re.fullmatch(pattern, line.strip()) for line in printed.splitlines())
