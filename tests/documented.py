"""The Python of the docs, to be run as it stands."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def block_of(page: str, word: str) -> str:
    """Give the one Python block of a page that holds a word; the README, or one below docs/."""
    path = PROJECT / page if page == "README.md" else PROJECT / "docs" / page
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    (block,) = [block for block in blocks if word in block]
    return block
