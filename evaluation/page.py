"""The report as one HTML file that opens anywhere, offline: pictures and curves are inside."""

import base64
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from evaluation import story, tables
from evaluation.charts import charts
from evaluation.conditions import Condition
from evaluation.content import Content
from evaluation.gallery import Gallery, Shown

HERE = Path(__file__).parent

LABELS = {"edge": "Line art", "line": "Artist's lines", "hint": "Hint", "color": "Truth"}


@dataclass(frozen=True, slots=True)
class Plate:
    """One picture on the page; `address` is a data address that holds the picture itself."""

    label: str
    address: str
    alt: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing with all its pictures in a row, and where it comes from."""

    number: int
    md5: str
    source: str
    source_address: str
    plates: list[Plate]


def render(content: Content) -> str:
    """Write the page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        content=content,
        css=Markup((HERE / "report.css").read_text()),
        circumstances=story.circumstances(content),
        who_is_who=story.who_is_who(content),
        headline=story.headline(content),
        findings=story.findings(content),
        thanks=story.thanks(content),
        drawings=drawings(content, Condition.DETECTED),
        unhinted=drawings(content, Condition.NO_HINT),
        lined=drawings(content, Condition.TRUE_LINES),
        figures=[(figure, Markup(figure.svg())) for figure in charts(content)],
        score_tables=tables.score_tables(content),
        duel_table=tables.duel_table(content),
        count_tables=tables.count_tables(content),
        readings_table=tables.readings_table(content),
        settings_table=tables.settings_table(content),
        version_table=tables.version_table(content),
    )


def drawings(content: Content, condition: Condition) -> list[Drawing]:
    """Lay out the pictures of one condition; those without true lines are left out there."""
    laid_out = []
    for number, shown in enumerate(content.shown, start=1):
        plates = _plates(content, condition, shown, number)
        if plates:
            laid_out.append(
                Drawing(number, shown.md5, shown.source, story.address_of(shown), plates)
            )
    return laid_out


def _plates(content: Content, condition: Condition, shown: Shown, number: int) -> list[Plate]:
    gallery = content.recipes[0].gallery
    lines = "line" if condition == Condition.TRUE_LINES else "edge"
    given = [lines] if condition == Condition.NO_HINT else [lines, "hint"]
    answers = [
        _plate(recipe.gallery, shown, condition, recipe.name, number) for recipe in content.recipes
    ]
    if not any(answers):
        return []
    around = [_plate(gallery, shown, what, LABELS[what], number) for what in [*given, "color"]]
    return [plate for plate in [*around[:-1], *answers, around[-1]] if plate]


def _plate(gallery: Gallery, shown: Shown, what: str, label: str, number: int) -> Plate | None:
    content = gallery.png(shown.md5, what)
    if content is None:
        return None
    return Plate(
        label,
        f"data:image/png;base64,{base64.b64encode(content).decode()}",
        f"Drawing {number}: {label}",
    )
