"""Versions as a person reads them on a terminal."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from dataset.contents import Contents, Step, contents, funnel, share
from dataset.diff import Changed, Difference
from dataset.settings import departures
from dataset.version import LINEAGE, Shelf, Version
from flows.terminal import grid, headed, named, plain, rendered, setting, size, titled
from storage.errors import MissingInput
from storage.ledger import Stage
from storage.records import ShardRow, Split, StageRecord
from storage.shards import SHARDS_NAME

NUM_RANKED = 8
NUM_SHARDS = 24


def shelf_text(shelf: Shelf) -> str:
    """One line a version, newest first; then what is none."""
    names = ("version", "date", "site", "snapshot", *Split, "px", "edges", "shards", "size")
    lines = headed(names, right={*Split, "px", "shards", "size"}, wraps={"site", "snapshot"})
    for version in shelf.versions:
        lines.add_row(*map(plain, _line(version)))
    notes = [
        f"packed without pairs yet: {pack.key} ({_splits_of(pack)}); `irodori condition` draws them"
        for pack in shelf.unpaired
    ]
    notes += [f"not readable: {line}" for line in shelf.unreadable]
    return rendered([*([lines] if shelf.versions else []), *notes], heeds_edge=False)


def version_text(version: Version, defaults: Mapping[Stage, Mapping[str, Any]]) -> str:
    """All of one version: how it was made, what was lost on the way, what is in it."""
    record, held = version.record(Stage.CONDITION), contents(version)
    shards = version.shards()
    size_px = version.record(Stage.PACK).settings["size_px"]
    return rendered(
        [
            f"dataset {version.key}: {len(version.kept):,} pictures of {size_px} px,"
            f" {len(shards)} shards, {size(record.counts['bytes'])}, made {record.ended_at[:10]}",
            str(version.folder(Stage.CONDITION)),
            *titled("made by (settings that are not the defaults)", _lineage(version, defaults)),
            *titled("from the site to the pairs", _funnel(funnel(version))),
            *titled("splits", _splits(held)),
            *titled("what is in it", _contents(held)),
            *titled("shards and their sha256", _digests(shards)),
        ]
    )


def diff_text(difference: Difference) -> str:
    """What changed from one version to another, the worst first."""
    removed, added, moved = difference.removed, difference.added, difference.moved
    parts: list[RenderableType] = [
        f"dataset {difference.before} -> {difference.after}: {difference.same:,} pictures are in"
        f" both, {len(added):,} added, {len(removed):,} removed"
    ]
    if moved:
        parts.append(
            f"WRONG: {len(moved):,} pictures changed their split, so what was trained on one"
            " version must not be judged on the other: "
            + named(f"{each.md5} {each.before} -> {each.after}" for each in moved)
        )
    for title, pictures in (("added, and why not before", added), ("removed, and why", removed)):
        parts += titled(title, _changed(pictures)) if pictures else []
    if difference.settings:
        lines = grid(("stage", "setting", "change"))
        for each in difference.settings:
            change = f"{setting(each.before)} -> {setting(each.after)}"
            lines.add_row(each.stage, each.name, plain(change))
        parts += titled("settings", lines)
    return rendered([*parts, *titled("shards", _shards(difference))])


def _line(version: Version) -> list[str]:
    record = version.record(Stage.CONDITION)
    try:
        scraped, packed = version.record(Stage.SCRAPE), version.record(Stage.PACK)
        snapshot, site = str(scraped.settings.get("snapshot", "")), version.site
        size_px = str(packed.settings["size_px"])
    except MissingInput:
        site, snapshot, size_px = "(not readable)" if version.unreadable else "(lost)", "", ""
    counts = [f"{record.counts[split]:,}" for split in Split]
    edges, shards = record.settings["edges"]["detector"], str(record.counts["shards"])
    made = [size_px, edges, shards, size(record.counts["bytes"])]
    return [version.name, record.ended_at[:10], site, snapshot, *counts, *made]


def _splits_of(record: StageRecord) -> str:
    return ", ".join(f"{split} {record.counts[split]:,}" for split in Split)


def _lineage(version: Version, defaults: Mapping[Stage, Mapping[str, Any]]) -> Table:
    lines = grid(("stage", "key", "settings"))
    for stage in LINEAGE:
        record = version.record(stage)
        told = [
            f"{each.name} {setting(each.after)}"
            for each in departures(stage, defaults[stage], record.settings)
        ]
        lines.add_row(stage, record.key, plain(", ".join(told)))
    return lines


def _funnel(steps: Sequence[Step]) -> Table:
    lines = grid(("step", "pictures", "lost"), right={"pictures"})
    for step in steps:
        lost = ", ".join(f"{name} {number:,}" for name, number in step.lost.items())
        lines.add_row(step.name, f"{step.number:,}", lost and f"without {lost}")
    return lines


def _splits(held: Contents) -> Table:
    lines = grid(("split", "pictures", "share", "families"), right={"pictures", "share"})
    total = sum(held.splits.values())
    for name, number in held.splits.items():
        families = f"{held.families[name]:,} families"
        lines.add_row(name, f"{number:,}", share(number, total), families)
    return lines


def _contents(held: Contents) -> Table:
    lines = grid(("what", "how many"))
    lines.add_row("true lines", f"{held.line_art:,}")
    rankings = {
        "ratings": held.ratings,
        "sources": held.sources,
        "licences": held.licences,
        "tags": held.tags,
    }
    for name, counts in rankings.items():
        told = [f"{each} {number:,}" for each, number in islice(counts.items(), NUM_RANKED)]
        if len(counts) > NUM_RANKED:
            told.append(f"and {len(counts) - NUM_RANKED:,} more")
        lines.add_row(name, plain(", ".join(told)))
    return lines


def _digests(shards: Sequence[ShardRow]) -> Table:
    lines = grid(("shard", "pictures", "sha256"), right={"pictures"})
    for row in shards[:NUM_SHARDS]:
        lines.add_row(row.name, f"{row.samples:,}", row.sha256)
    if len(shards) > NUM_SHARDS:
        more = f"and {len(shards) - NUM_SHARDS:,} more in {SHARDS_NAME}"
        lines.add_row("", "", more)
    return lines


def _changed(pictures: Sequence[Changed]) -> Table:
    lines = grid(("why", "pictures", "which"), right={"pictures"})
    reasons: dict[str, list[Changed]] = {}
    for each in pictures:
        reasons.setdefault(each.why, []).append(each)
    for why, those in sorted(reasons.items(), key=lambda one: (-len(one[1]), one[0])):
        posts = named(each.file or f"post {each.post_id}" for each in those)
        lines.add_row(why, f"{len(those):,}", posts)
    return lines


def _shards(difference: Difference) -> Table:
    lines = grid(("stage", "how"))
    for stage, shards in difference.shards.items():
        total = len(shards.identical) + len(shards.changed) + len(shards.removed)
        told = [f"{len(shards.identical)} of {total} are the same to the byte"]
        for what in ("changed", "removed", "added"):
            names = getattr(shards, what)
            told += [f"{what} {named(names)}"] if names else []
        lines.add_row(stage, "; ".join(told))
    return lines
