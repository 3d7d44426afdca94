"""`irodori compare`: runs side by side, on a terminal, as Markdown or for machines.

It only reads, but for the comparison that is written where one says.
"""

import json
from typing import TYPE_CHECKING

from rich.console import RenderableType

from flows.compare_words import CompareCommand
from flows.output import written
from flows.terminal import headed, plain, rendered, titled, width
from storage.layout import DataLayout

MEASURE_LETTERS, ANSWER_LETTERS = 24, 18
"""So wide are the columns of a table: a measure's name, and an answer with its interval."""

if TYPE_CHECKING:
    from evaluation.side_by_side import SideBySide
    from evaluation.table import Table


def answer(command: CompareCommand) -> tuple[str, int]:
    """Give what to print, and the exit code.

    Raises:
        BadInput: a run is not there, or is none.
    """
    # Only who compares reads tables of scores.
    from evaluation import side_by_side  # noqa: PLC0415
    from evaluation.runs import read_runs  # noqa: PLC0415

    layout = DataLayout.at(command.root)
    layout.check()
    found = side_by_side.put([run for name in command.runs for run in read_runs(name, layout)])
    if command.as_json:
        content = json.dumps(side_by_side.as_json(found), indent=2, ensure_ascii=False)
    elif command.output:
        content = side_by_side.markdown(found)
    else:
        content = told(found)
    if not command.output:
        return content, 0
    return written(command.output, content.rstrip() + "\n"), 0


def told(found: "SideBySide") -> str:
    """Write the comparison for a terminal: the tables, then what keeps runs from comparing."""
    from evaluation import score_table, side_by_side  # noqa: PLC0415

    at_once = max(1, (width() - MEASURE_LETTERS) // ANSWER_LETTERS)
    parts = _laid_out(side_by_side.runs_table(found))
    for wide in side_by_side.score_tables(found):
        for table in score_table.turned(wide, at_once):
            parts += _laid_out(table)
    if found.paired:
        parts += _laid_out(side_by_side.differences_table(found))
    if found.notes:
        parts += ["", *(plain(f"note: {note}") for note in found.notes)]
    return rendered(parts, heeds_edge=False).lstrip("\n")


def _laid_out(table: "Table") -> list[RenderableType]:
    # An answer's name gives way before a number does.
    columns = headed(table.headings, right=table.headings[1:], wraps=table.headings)
    for row in table.rows:
        columns.add_row(*(plain(cell.text) for cell in row))
    return titled(table.caption, columns)
