"""The report as Markdown, small enough for an artifact: pictures as contact sheets."""

import io
import re

from evaluation import further_tables, sheets, story, tables
from evaluation.charts import charts
from evaluation.claims import claims
from evaluation.content import Content
from evaluation.figures import LIGHT, Figure
from evaluation.sheets import Sheet
from evaluation.table import escape, tell_files, write_table
from evaluation.template import data_address

MAX_BYTES = 300_000
SIDES_PX = (160, 128, 112, 96, 80, 64, 48, 32)
JPEG_QUALITY = 85


def render(content: Content) -> str:
    """Write the report, with its pictures as large as the bytes allow."""
    before, after = _before_pictures(content), _after_pictures(content)
    for side_px in SIDES_PX:
        text = "\n\n".join([*before, *_sheets(content, side_px), *after]) + "\n"
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
        "; ".join(f"{what}: {fact}" for what, fact in story.facts(content)) + ".",
        "## What the paper says, tested",
        story.seeds(content),
        *write_table(further_tables.claim_table(claims(content))),
    ]


def _after_pictures(content: Content) -> list[str]:
    sources = [
        f"{number}. {_source(shown.source) or shown.md5}"
        + (f", {post}" if (post := story.post_address(content, shown)) else "")
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
        "## Hints, lines and noise",
        *(part for table in further_tables.further_tables(content) for part in write_table(table)),
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
    return [part for sheet in sheets.sheets_of(content) for part in _sheet(content, sheet, side_px)]


def _sheet(content: Content, sheet: Sheet, side_px: int) -> list[str]:
    out = io.BytesIO()
    # The main figure shows all drawings; of the others, two tell enough in so few bytes.
    limit = None if sheet.slug == "recipes" else 2
    drawn = sheets.draw(content, sheet, side_px, limit=limit)
    drawn.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    told = "; ".join(column.heading for column in sheet.columns)
    address = data_address("image/jpeg", out.getvalue())
    number = len(sheet.shown[:limit])
    answers = f"The paper's {sheet.answers}. " if sheet.answers else ""
    return [
        f"## {sheet.title}",
        f"![{number} drawings in rows; columns: {told}]({address})",
        f"{answers}{sheet.caption} Drawings not seen in training; seed {content.seed}.",
    ]


def _figure(figure: Figure) -> list[str]:
    svg = figure.svg(LIGHT).replace("<svg ", '<svg style="background:#fff" ', 1)
    address = data_address("image/svg+xml", svg.encode())
    answers = f"The paper's {figure.answers}. " if figure.answers else ""
    return [
        f"### {figure.title}",
        f"![{escape(figure.seen())}]({address})",
        f"{answers}{figure.caption} {tell_files(figure.files)}",
    ]


def _source(text: str) -> str:
    """Write what a site says of a drawing's source: its addresses as they are, the rest escaped."""
    parts = re.split(f"({story.WEB_ADDRESS.pattern})", " ".join(text.split()))
    return "".join(part if place % 2 else escape(part) for place, part in enumerate(parts))
