"""What is in a version, and what was lost on the way to it: counted from records and tables."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from dataset.version import Version
from storage.ledger import Stage
from storage.records import TOMBSTONES, DropReason, Split

NOT_GIVEN = "not given"
NO_ADDRESS = "no web address"
UNEXPLAINED = "unexplained"
LICENCE = re.compile(r"\bCC0(?: 1\.0)?\b|\bCC[ -]BY(?:-(?:SA|NC|ND))*(?: \d\.\d)?")


@dataclass(frozen=True, slots=True)
class Step:
    """So many pictures came so far; `lost` says why the others of the step before did not."""

    name: str
    number: int
    lost: dict[str, int]


@dataclass(frozen=True, slots=True)
class Contents:
    """What the kept pictures are: how many of which kind, the most frequent first."""

    splits: dict[str, int]
    families: dict[str, int]
    line_art: int
    ratings: dict[str, int]
    sources: dict[str, int]
    licences: dict[str, int]
    tags: dict[str, int]


def funnel(version: Version) -> list[Step]:
    """Follow the pictures from the site to the pairs; what is lost adds up, or is said not to."""
    scraped, cleaned = (version.record(stage).counts for stage in (Stage.SCRAPE, Stage.CLEAN))
    gone = _reasons(scraped, TOMBSTONES)
    listed = scraped.get("listed", 0)
    steps = [
        ("known", listed + sum(gone.values()), {}),
        ("listed", listed, gone),
        ("originals", scraped.get("originals", 0), _reasons(scraped, set(DropReason) - TOMBSTONES)),
        ("judged", cleaned.get("judged", 0), {}),
        ("kept", cleaned.get("kept", 0), _reasons(cleaned)),
        ("packed", _samples(version.record(Stage.PACK).counts), {}),
        ("paired", _samples(version.record(Stage.CONDITION).counts), {}),
    ]
    told = []
    for (name, number, lost), (_, before, _) in zip(steps, [steps[0], *steps], strict=False):
        unexplained = before - number - sum(lost.values())
        told.append(Step(name, number, lost | ({UNEXPLAINED: unexplained} if unexplained else {})))
    return told if gone else [Step("listed", listed, {}), *told[2:]]


def contents(version: Version) -> Contents:
    """Count what the kept pictures are."""
    kept = list(version.kept.values())
    post_of = {(post.post_id, post.md5): post for post in version.posts}
    posts = [post_of[name] for row in kept if (name := (row.post_id, row.md5)) in post_of]
    families = {(row.split, row.family) for row in kept}
    return Contents(
        splits=_by_split(Counter(row.split for row in kept)),
        families=_by_split(Counter(split for split, _ in families)),
        line_art=sum(bool(row.line_md5) for row in kept),
        ratings=_ranked(Counter(post.rating or NOT_GIVEN for post in posts)),
        sources=_ranked(Counter(_host(row.source) for row in kept)),
        licences=_ranked(Counter(_licence(row.source) for row in kept)),
        tags=_ranked(Counter(tag for post in posts for tag in post.tags)),
    )


def share(number: int, total: int) -> str:
    """Write a share in per cent."""
    return f"{100 * number / total:.1f} %" if total else "0 %"


def _reasons(
    counts: dict[str, int], among: Collection[DropReason] = tuple(DropReason)
) -> dict[str, int]:
    found = {each.value: counts[each] for each in DropReason if each in among and each in counts}
    return _ranked(Counter(found))


def _samples(counts: dict[str, int]) -> int:
    return sum(counts.get(split, 0) for split in Split)


def _by_split(counts: Counter[Split]) -> dict[str, int]:
    return {split.value: counts[split] for split in Split}


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _host(source: str) -> str:
    if not source.strip():
        return NOT_GIVEN
    try:
        host = urlsplit(source.split()[0]).hostname
    except ValueError:
        host = None
    return host.removeprefix("www.") if host else NO_ADDRESS


def _licence(source: str) -> str:
    named = LICENCE.search(source)
    return named.group().replace("CC-BY", "CC BY") if named else NOT_GIVEN
