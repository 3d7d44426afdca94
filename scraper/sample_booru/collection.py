"""What the board holds: each post follows from its number alone, none is drawn yet.

Most posts are drawings. Some are what a real board also has: the same bytes under another id, a
picture saved again or made larger, a drawing without color, and a few files that are not what
they seem. A longer board only has newer posts: it begins with the very posts of a shorter one.
"""

import functools
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from scraper.sample_booru.drawings import Drawing, catalogue
from storage import digest
from storage.errors import BadInput


class Kind(StrEnum):
    """What a post's file is."""

    DRAWING = "drawing"
    COPY = "copy"
    """The very bytes of an older post."""
    RECODED = "recoded"
    """An older post's picture, saved again as a coarse JPEG."""
    RESCALED = "rescaled"
    """An older post's picture, drawn larger."""
    GRAYSCALE = "grayscale"
    """A drawing whose colors are gone; tagged so."""
    INK = "ink"
    """A drawing's ink alone; not tagged so."""
    GIF = "gif"
    TRUNCATED = "truncated"
    """Only the first part of the file is served, as if it were all."""
    PAGE = "page"
    """A page of HTML under a picture's name."""
    GHOST = "ghost"
    """A record that names no picture."""


PERIOD = 50
EVERY_PERIOD = {7: Kind.COPY, 19: Kind.RECODED, 31: Kind.RESCALED, 41: Kind.GRAYSCALE, 45: Kind.INK}
"""The post's number within its period -> what it is."""
ONCE = {3: Kind.GIF, 13: Kind.TRUNCATED, 23: Kind.PAGE, 33: Kind.GHOST}
STEPS_BACK = {Kind.COPY: 5, Kind.RECODED: 9, Kind.RESCALED: 13}
"""How many posts before this one its original was posted."""
RESCALED_BY = 1.25

FIRST_ID, ID_STEP = 1000, 3
FIRST_DIRECTORY, POSTS_A_DIRECTORY = 100, 64
FIRST_POSTED, BETWEEN_POSTS = datetime(2024, 1, 1, tzinfo=UTC), timedelta(minutes=97)

SIDES = ((300, 341, 72), (341, 480, 20), (480, 860, 7), (860, 1201, 1))
"""Shorter side in px (from, below) and the weight of each range: few are large, as on a board."""
RATIOS = ((1.0, 60), (1.25, 15), (0.8, 15), (4 / 3, 5), (0.75, 5))
MAX_SIDE = 1200
FIXED_EXTENSIONS = {Kind.GIF: "gif", Kind.INK: "png", Kind.TRUNCATED: "jpg"}
EXTENSIONS = (("png", 55), ("jpg", 25), ("jpeg", 8), ("webp", 12))


@dataclass(frozen=True, slots=True)
class Entry:
    """One post as the board knows it before its picture is drawn."""

    index: int
    kind: Kind
    drawing: Drawing
    width: int
    height: int
    extension: str
    is_import: bool
    score: int | None
    origin: int | None
    """The index of the post whose picture this one repeats."""

    @property
    def post_id(self) -> int:
        """The post's id: rising, with gaps, as deleted posts leave them."""
        return FIRST_ID + self.index * ID_STEP + digest.seed_of(0, "id", str(self.index)) % ID_STEP

    @property
    def directory(self) -> int:
        """The numbered folder the post's files lie in."""
        return FIRST_DIRECTORY + self.index // POSTS_A_DIRECTORY

    @property
    def posted(self) -> datetime:
        """When the post was made."""
        return FIRST_POSTED + self.index * BETWEEN_POSTS

    @property
    def owner(self) -> str:
        """Who posted it: the drawings are signed by the project."""
        return "openmoji"

    @property
    def source(self) -> str:
        """Where the drawing comes from, its authors and its licence."""
        return f"{self.drawing.source} (OpenMoji, CC BY-SA 4.0)"

    @property
    def has_line(self) -> bool:
        """Whether the board also has the true line art of this picture."""
        return self.kind not in (Kind.GIF, Kind.PAGE, Kind.GHOST)

    @property
    def tags(self) -> tuple[str, ...]:
        """The post's tags, sorted."""
        tags = {*self.drawing.tags, "simple_background", "openmoji"}
        tags.add("transparent_background" if self.extension == "png" else "white_background")
        if max(self.width, self.height) >= 1000:
            tags.add("highres")
        if self.kind is Kind.GRAYSCALE:
            tags |= {"greyscale", "monochrome"}
        if self.kind is Kind.GIF:
            tags |= {"animated", "animated_gif"}
        return tuple(sorted(tags))


@functools.cache
def entries(posts: int) -> tuple[Entry, ...]:
    """Give the board's posts, oldest first.

    Raises:
        BadInput: more posts than there are drawings for.
    """
    unseen = iter(catalogue())
    made: list[Entry] = []
    for index in range(posts):
        kind = ONCE.get(index) or EVERY_PERIOD.get(index % PERIOD, Kind.DRAWING)
        if kind in STEPS_BACK:
            made.append(_repeat(index, kind, made[index - STEPS_BACK[kind]]))
            continue
        drawing = next(unseen, None)
        if drawing is None:
            raise BadInput(
                f"sample booru: has drawings for {index} posts, {posts} were wanted;"
                f" ask for {index} or fewer"
            )
        made.append(_new(index, kind, drawing))
    return tuple(made)


def parents(posts: int) -> dict[int, int]:
    """Give child -> parent (both by index): a family's later drawings hang on its first."""
    firsts: dict[str, int] = {}
    found = {}
    for entry in entries(posts):
        if entry.kind is not Kind.DRAWING:
            continue
        first = firsts.setdefault(entry.drawing.family, entry.index)
        if first != entry.index:
            found[entry.index] = first
    return found


def _new(index: int, kind: Kind, drawing: Drawing) -> Entry:
    chance = random.Random(digest.seed_of(0, "entry", str(index)))
    (least, below, _) = chance.choices(SIDES, [weight for *_, weight in SIDES])[0]
    side = chance.randrange(least, below)
    ratio = chance.choices([r for r, _ in RATIOS], [weight for _, weight in RATIOS])[0]
    extension = chance.choices([e for e, _ in EXTENSIONS], [weight for _, weight in EXTENSIONS])[0]
    return Entry(
        index=index,
        kind=kind,
        drawing=drawing,
        width=min(MAX_SIDE, round(side * max(1.0, ratio))),
        height=min(MAX_SIDE, round(side / min(1.0, ratio))),
        extension=FIXED_EXTENSIONS.get(kind, extension),
        is_import=chance.random() < 0.4,
        score=chance.choice((None, None, 0, 1, 2, 5, 17)),
        origin=None,
    )


def _repeat(index: int, kind: Kind, origin: Entry) -> Entry:
    most = MAX_SIDE / max(origin.width, origin.height)
    scale = min(RESCALED_BY, most) if kind is Kind.RESCALED else 1.0
    return Entry(
        index=index,
        kind=kind,
        drawing=origin.drawing,
        width=round(origin.width * scale),
        height=round(origin.height * scale),
        extension="jpg" if kind is Kind.RECODED else origin.extension,
        is_import=True,
        score=None,
        origin=origin.index,
    )
