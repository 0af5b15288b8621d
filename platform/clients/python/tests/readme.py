"""The examples of README.md."""

import re
from pathlib import Path

WRITTEN = "grpc://127.0.0.1:8815"


def examples(*, torch):
    """The blocks of Python in their order, those about PyTorch or the others; both begin with the connection."""
    blocks = re.findall(r"```python\n(.*?)```", (Path(__file__).parents[1] / "README.md").read_text(), re.DOTALL)
    assert WRITTEN in blocks[0] and len(blocks) > 8
    return [block for block in blocks if ("torch" in block) == torch]


def run(blocks, address):
    """Runs blocks one after the other, as one reads them."""
    names = {"__name__": "readme"}
    for block in blocks:
        exec(block.replace(WRITTEN, address), names)
    return names
