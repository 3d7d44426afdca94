"""Plain, aligned text for a terminal, no wider than it is."""

import io
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

MAX_COLUMNS = 100
NUM_NAMED = 5
"""So many of a kind are named; `--json` names all."""
UNITS = ("bytes", "kB", "MB", "GB", "TB")


def grid(names: Sequence[str], right: Iterable[str] = ()) -> Table:
    """Lay out columns without a head; the last one wraps, those in `right` stand to the right."""
    return _columns(names, right, wraps={names[-1]})


def headed(names: Sequence[str], right: Iterable[str], wraps: Iterable[str]) -> Table:
    """Lay out columns under their names; where room is short, those in `wraps` give way."""
    table = _columns(names, right, wraps)
    table.show_header = True
    return table


def titled(title: str, body: Table) -> list[RenderableType]:
    """Put a title above a table."""
    return ["", title, Padding(body, (0, 0, 0, 2))]


def width() -> int:
    """Give how many letters a line has; what is not read on a terminal has no edge to heed."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else MAX_COLUMNS
    return min(MAX_COLUMNS, columns)


def rendered(parts: Sequence[RenderableType], *, heeds_edge: bool = True) -> str:
    """Write what was laid out as text; a table that would be torn need not heed a near edge."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width() if heeds_edge else MAX_COLUMNS,
        color_system=None,
        markup=False,
        highlight=False,
        emoji=False,
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


def _columns(names: Sequence[str], right: Iterable[str], wraps: Iterable[str]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(name, justify=justify, no_wrap=name not in wraps)
    return table
