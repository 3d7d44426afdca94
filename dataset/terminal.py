"""Plain, aligned text for a terminal, no wider than it is."""

import io
import shutil
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

MAX_COLUMNS = 100
NUM_NAMED = 5
"""So many of a kind are named; `--json` names all."""
UNITS = ("bytes", "kB", "MB", "GB", "TB")


def grid(names: Sequence[str], right: Iterable[str] = (), *, header: bool = False) -> Table:
    """Lay out columns; the last one wraps, those named in `right` stand to the right."""
    table = Table(box=None, show_header=header, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        is_free = name == names[-1] and not header
        table.add_column(name, justify="right" if name in right else "left", no_wrap=not is_free)
    return table


def titled(title: str, body: Table) -> list[RenderableType]:
    """Put a title above a table."""
    return ["", title, Padding(body, (0, 0, 0, 2))]


def rendered(parts: Sequence[RenderableType]) -> str:
    """Write what was laid out as text."""
    width = min(MAX_COLUMNS, shutil.get_terminal_size((MAX_COLUMNS, 24)).columns)
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, color_system=None, markup=False, highlight=False, emoji=False
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in stream.getvalue().rstrip().splitlines())


def plain(text: str) -> Text:
    """Show what others wrote as it is: no markup, and nothing that a terminal obeys."""
    return Text("".join(each if each.isprintable() else "?" for each in text))


def named(names: Iterable[str]) -> str:
    """Name the first few, and say how many more there are."""
    listed = list(names)
    more = len(listed) - NUM_NAMED
    return ", ".join(listed[:NUM_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def setting(value: Any) -> str:
    """Write the value of a setting."""
    if isinstance(value, list):
        return " ".join(str(each) for each in value) or "none"
    return "unset" if value in (None, "") else str(value)


def size(number: int) -> str:
    """Write a number of bytes in the unit that suits it."""
    value, unit = float(number), UNITS[0]
    for unit in UNITS:
        if value < 1000 or unit == UNITS[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if value >= 100 or unit == UNITS[0] else f"{value:.1f} {unit}"
