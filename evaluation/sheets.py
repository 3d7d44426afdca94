"""The picture figures of the report: what stands in the columns of each, a drawing a row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from PIL import Image

from evaluation import names
from evaluation.conditions import Condition
from evaluation.contact_sheet import contact_sheet
from evaluation.content import Content, Trained
from evaluation.gallery import LINES_BY, OTHER_STROKES, OTHER_STROKES_HINT, STROKES_HINT, Shown

DETECTORS = ("adaptive", "xdog", "canny", "dilate", "hed")
MAX_FURTHER = 4
"""So many drawings are shown where the figure is not the main one."""


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in one column: its heading, of which recipe (by place), which picture.

    `seen` says in words what the picture is.
    """

    heading: str
    place: int
    what: str
    seen: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One figure of pictures; `answers` is the paper's figure that it is the counterpart of."""

    slug: str
    title: str
    answers: str
    caption: str
    columns: tuple[Column, ...]
    shown: tuple[Shown, ...]


EDGE = Column("Line art", 0, "edge", "line art detected in the true picture")
LINE = Column("Artist's lines", 0, "line", "the artist's own line art")
STROKED = Column("Strokes", 0, STROKES_HINT, "the hint: strokes as a user draws them")
OTHERWISE = Column("Other strokes", 0, OTHER_STROKES_HINT, "another hint: other strokes")
TRUTH = Column("Truth", 0, "color", "the true picture")


def sheets_of(content: Content) -> list[Sheet]:
    """Lay out every figure that there are pictures for, the main one first."""
    return [sheet for sheet in _planned(content) if sheet.shown]


def draw(
    content: Content, sheet: Sheet, side_px: int, *, abreast: int = 1, limit: int | None = None
) -> Image.Image:
    """Draw a sheet of its drawings, so many of them side by side in one row."""
    drawings = [
        [
            content.recipes[column.place].gallery.read(shown.md5, column.what)
            for column in sheet.columns
        ]
        for shown in sheet.shown[:limit]
    ]
    rows = [
        list(chain(*drawings[start : start + abreast]))
        for start in range(0, len(drawings), abreast)
    ]
    headings = [column.heading for column in sheet.columns]
    return contact_sheet(headings * abreast, rows, side_px)


def _planned(content: Content) -> Iterator[Sheet]:
    last = len(content.recipes) - 1
    name = content.recipes[last].name
    hint = Column("Hint", 0, "hint", f"the hint: {names.HINTS[content.hint_kind]}")
    with_hint = _answers(content, Condition.DETECTED, "from line art and hint")
    yield _sheet(
        content,
        ("recipes", "With a hint", "Fig. 12"),
        f"Every recipe on the same line art and the same hint: {names.HINTS[content.hint_kind]}.",
        (EDGE, hint, *with_hint, TRUTH),
    )
    yield _sheet(
        content,
        ("strokes-on-lines", "A user's strokes on the artist's own lines", "Fig. 1"),
        "Trained on detected edges, asked with the line art that the artist drew and with strokes.",
        (
            LINE,
            STROKED,
            *_answers(content, Condition.TRUE_STROKES, "from these lines and strokes"),
            TRUTH,
        ),
    )
    yield _sheet(
        content,
        ("two-hints", "Two sets of strokes on one drawing", "Fig. 2"),
        f"Detected line art, coloured by {name} from two sets of strokes.",
        (
            EDGE,
            STROKED,
            Column("Coloured", last, Condition.STROKES, f"coloured by {name} from these strokes"),
            OTHERWISE,
            Column("Coloured", last, OTHER_STROKES, f"coloured by {name} from other strokes"),
            TRUTH,
        ),
    )
    yield _sheet(
        content,
        ("baseline", "With and without a hint", "Fig. 7"),
        f"{content.recipes[0].name} with the hint and without any"
        + ("; then the others without any" if last else "")
        + ": what is made of lines alone.",
        (EDGE, hint, *with_hint[:1], *_unhinted(content), TRUTH),
    )
    rivals = [recipe for recipe in (content.baseline, content.model) if recipe]
    yield _sheet(
        content,
        ("columns", "The baseline against the paper's model", "Fig. 11"),
        "In columns: from a user's strokes, then from the hint extracted from the truth.",
        (
            EDGE,
            STROKED,
            *_answers(content, Condition.STROKES, "from strokes", rivals),
            replace(hint, heading="Extracted hint"),
            *_answers(content, Condition.DETECTED, "from the extracted hint", rivals),
            TRUTH,
        ),
    )
    drawn = _detected(content)
    lined = any(png_of(content, LINE, shown) for shown in content.shown)
    if lined or drawn:
        yield _sheet(
            content,
            ("lines", "One drawing, many kinds of lines", "Fig. 4"),
            "The truth, the artist's own line art where it is known, the line art that the models"
            " were trained on, and that of every edge detector.",
            (TRUTH, *([LINE] if lined else []), EDGE, *drawn),
        )
    yield _sheet(
        content,
        ("artist-lines", "From the artist's own lines", ""),
        "Trained on detected edges, asked with the line art that the artist drew, and the same"
        " hint.",
        (LINE, hint, *_answers(content, Condition.TRUE_LINES, "from the artist's lines"), TRUTH),
    )


def png_of(content: Content, column: Column, shown: Shown) -> bytes | None:
    """Give the file of one drawing's picture in a column; None if it was never there."""
    return content.recipes[column.place].gallery.png(shown.md5, column.what)


def _sheet(
    content: Content, named: tuple[str, str, str], caption: str, columns: Sequence[Column]
) -> Sheet:
    """Keep the drawings that have every picture of the sheet."""
    most = None if named[0] == "recipes" else MAX_FURTHER
    shown = [
        one for one in content.shown if all(png_of(content, column, one) for column in columns)
    ]
    return Sheet(*named, caption, tuple(columns), tuple(shown[:most]))


def _answers(
    content: Content, what: str, given: str, recipes: Sequence[Trained] | None = None
) -> tuple[Column, ...]:
    return tuple(
        Column(
            recipe.name,
            content.recipes.index(recipe),
            what,
            f"coloured by {recipe.name} {given}",
        )
        for recipe in recipes or content.recipes
    )


def _unhinted(content: Content) -> tuple[Column, ...]:
    return tuple(
        Column(
            f"{recipe.name}, no hint",
            place,
            Condition.NO_HINT,
            f"coloured by {recipe.name} without a hint",
        )
        for place, recipe in enumerate(content.recipes)
    )


def _detected(content: Content) -> tuple[Column, ...]:
    """Give the detectors whose lines hang in the gallery."""
    gallery = content.recipes[0].gallery
    return tuple(
        Column(name, 0, f"{LINES_BY}{name}", f"line art by the detector {name}")
        for name in DETECTORS
        if any(gallery.png(shown.md5, f"{LINES_BY}{name}") for shown in content.shown[:1])
    )
