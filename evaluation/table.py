"""A table of cells, before it becomes HTML, Markdown or lines of a terminal."""

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
