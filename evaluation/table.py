"""A table of cells, and how it is written as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `best` is the best of its column, `faint` matters less."""

    text: str
    best: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of cells under headings; the first column names the rows.

    `files` are those that its numbers come from, below the root.
    """

    caption: str
    headings: tuple[str, ...]
    rows: list[list[Cell]]
    files: tuple[str, ...] = ()


def write_table(table: Table) -> list[str]:
    """Write a table as paragraphs of Markdown; none, if it has no rows."""
    if not table.rows:
        return []
    lines = [
        _line(table.headings),
        _line(["---"] * len(table.headings)),
        *(_line([_marked(cell) for cell in row]) for row in table.rows),
    ]
    told = [tell_files(table.files)] if table.files else []
    return [f"**{escape(table.caption)}**", "\n".join(lines), *told]


def tell_files(files: Sequence[str]) -> str:
    """Say where numbers come from; empty if it is not known."""
    return f"From {', '.join(f'`{file}`' for file in files)}." if files else ""


def escape(text: str) -> str:
    """Write a text of which nothing is markup."""
    for sign in "\\|*_<>`[]":
        text = text.replace(sign, f"\\{sign}")
    return text


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _marked(cell: Cell) -> str:
    text = escape(cell.text)
    return f"**{text}**" if cell.best else text
