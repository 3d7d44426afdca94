"""The rows that travel between stages, each frozen, and the names of their contracts.

The picture has one name from the site to the report: the md5 of its original's bytes.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Contract(StrEnum):
    """The name and version of every table and shard; a change of algorithm bumps the number."""

    POSTS = "posts/3"
    MEASURES = "measures/4"
    VERDICTS = "verdicts/7"
    SHARDS = "shards/4"
    PAIRS = "pairs/2"
    CHECKPOINT = "checkpoint/1"
    EVALUATION = "evaluation/5"
    REPORT = "report/5"
    EXPERIMENTS = "experiments/1"


class Split(StrEnum):
    """Which part of the dataset a picture belongs to, for ever."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class DropReason(StrEnum):
    """Why a post or its original is not in the dataset. Nothing is dropped without one."""

    # said by the scraper
    GHOST = "ghost"
    """The site lists the post, but it names no picture."""
    UNWANTED_TYPE = "unwanted_type"
    """A video, an animation, a Flash file or another type that is no PNG, JPEG or WebP."""
    GONE = "gone"
    """The site lists the post, but no longer serves the picture."""
    NOT_A_PICTURE = "not_a_picture"
    """What was served is no picture (a page, say)."""
    TOO_LARGE = "too_large"
    """More bytes or pixels than the configured cap."""
    UNREACHABLE = "unreachable"
    """The picture could not be fetched after every retry."""
    FORBIDDEN_HOST = "forbidden_host"
    """The picture lies on a host, or behind a redirect, that is not the site's."""
    VANISHED = "vanished"
    """A former snapshot knew the post; the site no longer lists it under this search."""
    REPLACED = "replaced"
    """A former snapshot had this original of the post, which has another one (or none) now."""
    TAKEN_DOWN = "taken_down"
    """Removed on request, and never fetched again."""

    # said by clean
    CORRUPT = "corrupt"
    """The original does not decode completely."""
    ANIMATED = "animated"
    """More than one frame."""
    TOO_SMALL = "too_small"
    """The shorter side is below the configured bound."""
    TOO_LONG = "too_long"
    """The sides differ too much: a strip, not a drawing."""
    MONOCHROME = "monochrome"
    """Too little colour in its pixels, or one even colour alone."""
    EXACT_DUPLICATE = "exact_duplicate"
    """The very same bytes are there under an older post."""
    NEAR_DUPLICATE = "near_duplicate"
    """A better copy of the same picture is there."""
    STRADDLING = "straddling"
    """It came later and is akin to pictures of two splits, so it can be in neither."""
    SURPLUS = "surplus"
    """Fit, but more than the configured number of pictures."""


TOMBSTONES = frozenset({DropReason.VANISHED, DropReason.REPLACED})
"""Why a row is there though the site, or the folder, has nothing that it stands for."""


class Md5Match(StrEnum):
    """How the md5 that the site states compares with that of the bytes it served."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NOT_GIVEN = "not_given"


@dataclass(frozen=True, slots=True)
class Post:
    """One entry of the site, and its original in the image store (unless `reason` says why not).

    `md5`, `sha256`, `bytes`, `extension` are those of the bytes served (empty or 0 without an
    original); `width` and `height` (px) are what the site states. `file_url` and `line_url` are
    relative to the site's address when they lie there. `line_md5` names the drawing's true line
    art in the image store, where the site has it (and stays when that was taken down). `parent_id`
    is 0 without a parent.

    The row of a post that vanished from the site is its tombstone: it stays as it was last seen,
    with `vanished_on`, the date (ISO 8601) of the look that missed it, empty for all others. A post
    whose original was replaced has a row for each, the present one first: no two rows have both
    `post_id` and `md5` alike.

    `arrival` counts the looks at the site before the one that first brought this original: whatever
    came with an earlier look is settled, and a later one changes neither its split nor its place.
    For the same reason `parent_id` is the parent that the site named then.

    A folder's pictures are posts too: `post_id` follows from the path below the folder, which is
    `file_url`; without a word on it, that is the `source` as well.
    """

    post_id: int
    md5: str
    reason: DropReason | None
    sha256: str
    bytes: int
    extension: str
    width: int
    height: int
    site_md5: str
    md5_match: Md5Match
    tags: tuple[str, ...]
    rating: str
    score: int | None
    source: str
    owner: str
    created_at: str
    changed_at: int
    parent_id: int
    has_children: bool
    post_url: str
    file_url: str
    line_url: str
    line_md5: str
    vanished_on: str = ""
    arrival: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """What one look at an original tells; `reason` if it is no picture that can be used.

    `width` and `height` in px are those of the original (0 if it does not decode), `fingerprint`
    is a 64-bit perceptual hash as 16 hex digits (empty for flat or undecoded pictures),
    `colorfulness` Hasler and Suesstrunk's M over the pixels that are not white.
    """

    md5: str
    reason: DropReason | None
    width: int
    height: int
    fingerprint: str
    colorfulness: float
    lossless: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Keep an original or drop it, with the reason; one row a post that has an original.

    `family` is the md5 that names the drawing's family. `place` numbers what passed the screen
    within its split by its arrival, kept or not (-1 for what did not pass): it never changes, and
    decides which shard a picture is in. What is measured is as in `Measure`, the rest as in `Post`.
    """

    post_id: int
    md5: str
    reason: DropReason | None
    split: Split
    family: str
    place: int
    width: int
    height: int
    fingerprint: str
    colorfulness: float
    extension: str
    sha256: str
    line_md5: str
    post_url: str
    source: str

    @property
    def keep(self) -> bool:
        """Whether the picture is in the dataset."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class ShardRow:
    """One shard: its file name, split, number of samples, bytes and sha256.

    `plan` digests all that decides its content: a shard of the same plan need not be made again.
    """

    name: str
    split: Split
    samples: int
    bytes: int
    sha256: str
    plan: str


@dataclass(frozen=True, slots=True)
class Output:
    """One file that a stage made: its name below the stage's folder, bytes and sha256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What a stage made, from what, and how: the content of `stage.json`.

    `settings` are those that made the key, `inputs` map a stage's label to its key, `counts` say
    how many of what (drop reasons included). `dated` are the outputs that tell when they were made,
    known by name alone. `made_of` digests what each input held then, by its label: a stage that is
    made again under its old key may hold something else. Times are ISO 8601 in UTC.
    """

    stage: str
    key: str
    contract: Contract
    settings: dict[str, Any]
    inputs: dict[str, str]
    counts: dict[str, int]
    outputs: tuple[Output, ...]
    code_version: str
    started_at: str
    ended_at: str
    dated: tuple[str, ...] = ()
    made_of: dict[str, str] = field(default_factory=dict)
