"""The report as one HTML file that opens anywhere, offline: pictures and curves are inside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from evaluation import further_tables, sheets, story, tables, template
from evaluation.charts import charts
from evaluation.claims import claims
from evaluation.content import Content
from evaluation.figures import Drawn
from evaluation.further_charts import hint_charts, line_chart, noise_charts
from evaluation.gallery import Shown
from evaluation.sheets import Sheet
from evaluation.template import data_address
from evaluation.verdicts import Claim, Verdict


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
    post_address: str
    plates: list[Plate]


@dataclass(frozen=True, slots=True)
class Wall:
    """One figure of pictures."""

    sheet: Sheet
    drawings: list[Drawing]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the paper with all its tests, and how many have which verdict."""

    number: str
    says: str
    claims: list[Claim]
    verdicts: list[tuple[Verdict, int]]


def render(content: Content) -> str:
    """Write the page."""
    walls = [wall_of(content, sheet) for sheet in sheets.sheets_of(content)]
    beyond: list[Drawn] = [*hint_charts(content), *noise_charts(content)]
    return template.render(
        "report.html",
        content=content,
        circumstances=story.circumstances(content),
        facts=story.facts(content),
        who_is_who=story.who_is_who(content),
        headline=story.headline(content),
        findings=story.findings(content),
        thanks=story.thanks(content),
        seeds=story.seeds(content),
        sentences=sentences(claims(content)),
        main_wall=walls[0] if walls else None,
        walls=walls[1:],
        line_chart=_drawn(filter(None, [line_chart(content)])),
        figures=_drawn(charts(content)),
        beyond=_drawn(beyond),
        score_tables=tables.score_tables(content),
        duel_table=tables.duel_table(content),
        further_tables=further_tables.further_tables(content),
        count_tables=tables.count_tables(content),
        readings_table=tables.readings_table(content),
        settings_table=tables.settings_table(content),
        version_table=tables.version_table(content),
    )


def wall_of(content: Content, sheet: Sheet) -> Wall:
    """Lay out the pictures of one figure."""
    return Wall(sheet, [_drawing(content, sheet, shown) for shown in sheet.shown])


def sentences(found: Iterable[Claim]) -> list[Sentence]:
    """Gather the tests of each sentence."""
    gathered = []
    for (number, says), group in groupby(found, key=lambda claim: (claim.number, claim.sentence)):
        some = list(group)
        counts = [(each, sum(claim.verdict == each for claim in some)) for each in Verdict]
        told = [(each, count) for each, count in counts if count]
        gathered.append(Sentence(number, says, some, told))
    return gathered


def _drawing(content: Content, sheet: Sheet, shown: Shown) -> Drawing:
    number = content.shown.index(shown) + 1
    return Drawing(
        number,
        shown.md5,
        shown.source,
        story.address_of(shown),
        story.post_address(content, shown),
        _plates(content, sheet, shown, number),
    )


def _plates(content: Content, sheet: Sheet, shown: Shown, number: int) -> list[Plate]:
    plates = []
    for column in sheet.columns:
        png = sheets.png_of(content, column, shown)
        if png is not None:
            address = data_address("image/png", png)
            plates.append(Plate(column.heading, address, f"Drawing {number}: {column.seen}"))
    return plates


def _drawn(figures: Iterable[Drawn]) -> Sequence[tuple[Drawn, Markup]]:
    return [(figure, Markup(figure.svg())) for figure in figures]
