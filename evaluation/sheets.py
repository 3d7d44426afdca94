"""The pictures of a whole report on one page: a drawing a row, or several abreast."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from PIL import Image

from evaluation.conditions import Condition
from evaluation.content import Content
from evaluation.grid import contact_sheet


class Column(NamedTuple):
    """What stands in one column: its heading, of which recipe (by place), which picture."""

    heading: str
    place: int
    what: str


def with_hint(content: Content) -> list[Column]:
    """Show what each recipe makes of line art and hint, between these and the truth."""
    recipes = [recipe.recipe for recipe in content.recipes]
    return [
        Column("line art", 0, "edge"),
        Column("hint", 0, "hint"),
        *(Column(recipe, place, Condition.DETECTED) for place, recipe in enumerate(recipes)),
        Column("truth", 0, "color"),
    ]


def otherwise(content: Content) -> list[Column]:
    """Show what each recipe makes of no hint, and of the artist's own lines."""
    recipes = [recipe.recipe for recipe in content.recipes]
    return [
        *(
            Column(f"{recipe}, no hint", place, Condition.NO_HINT)
            for place, recipe in enumerate(recipes)
        ),
        Column("artist's lines", 0, "line"),
        *(
            Column(f"{recipe}, these", place, Condition.TRUE_LINES)
            for place, recipe in enumerate(recipes)
        ),
    ]


def sheet(
    content: Content, columns: Sequence[Column], side_px: int, *, abreast: int = 1
) -> Image.Image:
    """Draw a sheet of all drawings shown, so many of them side by side in one row."""
    drawings = [
        [content.recipes[column.place].gallery.read(shown.md5, column.what) for column in columns]
        for shown in content.shown
    ]
    rows = [
        list(chain(*drawings[start : start + abreast]))
        for start in range(0, len(drawings), abreast)
    ]
    return contact_sheet([column.heading for column in columns] * abreast, rows, side_px)
