"""The report as Markdown, small enough for an artifact: pictures as contact sheets."""

import base64
import io
from collections.abc import Sequence

from evaluation import sheets, story, tables
from evaluation.charts import charts
from evaluation.content import Content
from evaluation.figures import LIGHT, Figure
from evaluation.sheets import Column
from evaluation.tables import Cell, Table

MAX_BYTES = 300_000
SIDES_PX = (160, 128, 112, 96, 80, 64, 48, 32)
JPEG_QUALITY = 85


def render(content: Content) -> str:
    """Write the report, with its pictures as large as the bytes allow."""
    after = _after_pictures(content)
    for side_px in SIDES_PX:
        text = "\n\n".join([*_before_pictures(content), *_sheets(content, side_px), *after]) + "\n"
        if len(text.encode()) <= MAX_BYTES:
            break
    return text


def _before_pictures(content: Content) -> list[str]:
    what, numbers = story.headline(content)
    return [
        f"# {content.title}",
        " · ".join(story.circumstances(content)),
        f"{what}: {', '.join(f'{name} **{number}**' for name, number in numbers)}.",
        *story.findings(content),
        " ".join(story.who_is_who(content)),
    ]


def _after_pictures(content: Content) -> list[str]:
    sources = [
        f"{number}. {shown.source or shown.post_url or shown.md5}"
        for number, shown in enumerate(content.shown, start=1)
    ]
    return [
        "Sources, from top to bottom:",
        "\n".join(sources),
        "## Along training",
        *(part for figure in charts(content) for part in _figure(figure)),
        "## On test",
        *(part for table in tables.score_tables(content) for part in write_table(table)),
        *write_table(tables.duel_table(content)),
        "## What was read, and what was dropped",
        *(part for table in tables.count_tables(content) for part in write_table(table)),
        "## How it was made",
        *write_table(tables.readings_table(content)),
        *write_table(tables.settings_table(content)),
        *write_table(tables.version_table(content)),
        "## Credits",
        *story.thanks(content),
    ]


def _sheets(content: Content, side_px: int) -> list[str]:
    return [
        "## With a hint",
        _sheet(content, sheets.with_hint(content), side_px),
        "## Without a hint, and from the artist's own lines",
        _sheet(content, sheets.otherwise(content), side_px),
    ]


def _sheet(content: Content, columns: Sequence[Column], side_px: int) -> str:
    out = io.BytesIO()
    drawn = sheets.sheet(content, columns, side_px)
    drawn.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    told = "; ".join(column.heading for column in columns)
    address = _address("image/jpeg", out.getvalue())
    return f"![{len(content.shown)} drawings in rows; columns: {told}]({address})"


def _figure(figure: Figure) -> list[str]:
    svg = figure.svg(LIGHT).replace("<svg ", '<svg style="background:#fff" ', 1)
    address = _address("image/svg+xml", svg.encode())
    return [f"### {figure.title}", f"![{figure.title}]({address})", figure.caption]


def write_table(table: Table) -> list[str]:
    """Write a table as paragraphs; none, if it has no rows."""
    if not table.rows:
        return []
    lines = [
        _line(table.headings),
        _line(["---"] * len(table.headings)),
        *(_line([_marked(cell) for cell in row]) for row in table.rows),
    ]
    return [f"**{_escaped(table.caption)}**", "\n".join(lines)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _marked(cell: Cell) -> str:
    text = _escaped(cell.text)
    return f"**{text}**" if cell.best else text


def _escaped(text: str) -> str:
    for sign in "\\|*_<>`":
        text = text.replace(sign, f"\\{sign}")
    return text


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
