"""Which runs of stages go and which stay, and why some that might go are left alone."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from dataset import prune_store, version
from dataset.prune_graph import Graph, Name, graph_of, inputs_of_unfinished
from storage import files, lease, takedowns
from storage.errors import CorruptFile, IrodoriError
from storage.layout import KEY, DataLayout
from storage.ledger import Stage

TO_PAIRS = (Stage.SCRAPE, Stage.CLEAN, Stage.PACK)
"""What pairs are made of, in turn; a snapshot may build on others."""
YOUNG_SECONDS = 24 * 3600.0
"""An unfinished run that was touched within so long may still be gone on with."""


@dataclass(frozen=True)
class Choice:
    """What goes and what stays of all runs of stages below a root.

    `abandoned` and `gone`, the unfinished and the finished ones that go, are in an order in which
    each comes before what it was made from. `versions` stay, newest first; `notes` say of what
    else stays why it does.
    """

    versions: tuple[str, ...]
    abandoned: tuple[Name, ...]
    gone: tuple[Name, ...]
    staying: frozenset[Name]
    notes: tuple[str, ...]
    named: frozenset[str] | None
    """The md5s in the snapshots that stay; None, if that cannot be known for sure."""

    def wanted(self, md5s: set[str]) -> set[str]:
        """Give those of some originals that stay."""
        return md5s if self.named is None else md5s & self.named

    def wants_cache(self, name: str) -> bool:
        """Whether a cache stays: its pairs do, or it is none of ours."""
        return (Stage.CONDITION, name) in self.staying or not KEY.fullmatch(name)


@dataclass(frozen=True, slots=True)
class Begun:
    """The stages that a killed run had begun to remove, and when it began (s)."""

    names: frozenset[Name] = frozenset()
    at: float = 0.0


def choose(layout: DataLayout, keep: int) -> Choice:
    """Decide what stays if the newest versions do, so many of them.

    Raises:
        CorruptFile: the list of what was taken down, or of what a killed run had begun to remove,
            cannot be read.
    """
    # An original that is on it belongs to no snapshot; whoever cannot read it knows of none.
    takedowns.read(layout)
    graph, begun = graph_of(layout), _begun(layout)
    versions = [(Stage.CONDITION, each.key) for each in version.shelf(layout).versions]
    abandoned = [name for name in graph.unfinished if _is_abandoned(name, layout, begun)]
    left = [name for name in graph.unfinished if name not in set(abandoned)]
    strange = {name for name in graph.made if name[0] is Stage.CONDITION} - set(versions)

    roots = {*versions[:keep], *strange, *_nobodys(graph, begun)}
    roots |= {name for name in graph.made if lease.is_held(layout.stage(*name))}
    roots |= {origin for name in left for origin in inputs_of_unfinished(name, layout)}
    staying = graph.staying(roots & graph.made.keys())
    lost = _lost(graph, staying)
    staying |= graph.needed(_before(lost, graph))

    named, why = _named(graph, staying, left, layout)
    return Choice(
        versions=tuple(name[1] for name in versions if name in staying),
        abandoned=tuple(reversed(abandoned)),
        gone=tuple(graph.in_order(graph.made.keys() - staying)),
        staying=frozenset({*staying, *left, *graph.spoiled}),
        notes=(
            *_notes(left, "not finished, and being written or touched within a day"),
            *_notes(graph.spoiled, "its record is in pieces"),
            *_notes(sorted(lost), "cannot be read, so all that it may be made of stays"),
            *_notes(sorted(strange), "not readable by this version of Irodori"),
            *([f"all originals: {why}"] if why else []),
        ),
        named=named,
    )


def _begun(layout: DataLayout) -> Begun:
    path = layout.pruning()
    try:
        listed = files.read_json(path)["stages"]
        return Begun(frozenset((Stage(stage), key) for stage, key in listed), path.stat().st_mtime)
    except FileNotFoundError:
        return Begun()
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptFile(
            f"{path}: no readable list of what a stopped prune had begun; delete it, prune again"
        ) from error


def _is_abandoned(name: Name, layout: DataLayout, begun: Begun) -> bool:
    """Whether nobody will go on with an unfinished run, or a killed run had begun to remove it."""
    folder = layout.stage(*name)
    if lease.is_held(folder):
        return False
    found = [(path, path.stat()) for path in folder.rglob("*") if path.is_file()]
    # A lease that says nothing is that of who removes; a writer tells what it writes from.
    touched = [
        told.st_mtime
        for path, told in found
        if told.st_size or path.name != layout.lease(*name).name
    ]
    if name in begun.names and max(touched, default=0.0) <= begun.at:
        return True
    latest = max(touched) if touched else folder.stat().st_mtime
    return latest < time.time() - YOUNG_SECONDS


def _nobodys(graph: Graph, begun: Begun) -> set[Name]:
    """Give what belongs to no version, nor did when a killed run began: it is not ours to judge."""
    again = {name for name, made in graph.made.items() if made.sealed_at > begun.at}
    return graph.made.keys() - graph.of_versions() - (begun.names - again)


def _lost(graph: Graph, staying: set[Name]) -> set[Name]:
    """Give what is needed to make a dataset that stays, and has no record any more."""
    needed = {origin for name in staying for origin in graph.made[name].inputs}
    return {name for name in needed - graph.made.keys() if name[0] in TO_PAIRS}


def _before(lost: set[Name], graph: Graph) -> set[Name]:
    """Give all that lost runs may have been made of, since nothing tells of which they were."""
    if not lost:
        return set()
    last = max(TO_PAIRS.index(stage) for stage, _ in lost)
    # A snapshot may have been built on any other.
    earlier = {Stage.SCRAPE, *TO_PAIRS[:last]}
    return {name for name in graph.made if name[0] in earlier}


def _named(
    graph: Graph, staying: set[Name], left: Iterable[Name], layout: DataLayout
) -> tuple[frozenset[str] | None, str]:
    """Give the md5s in the snapshots that stay; None and why, if they cannot be known for sure."""
    if any(stage is Stage.SCRAPE for stage, _ in left):
        return None, "a scrape is not finished"
    if any(stage is Stage.SCRAPE for stage, _ in graph.spoiled):
        return None, "the record of a snapshot is in pieces"
    origins = {origin for name in staying for origin in graph.made[name].inputs}
    scrapes = {name for name in origins | staying if name[0] is Stage.SCRAPE}
    if not scrapes or scrapes - graph.made.keys():
        return None, "a snapshot is lost"
    try:
        return frozenset(prune_store.named([key for _, key in scrapes], layout)), ""
    except IrodoriError as error:
        return None, str(error)


def _notes(names: Iterable[Name], why: str) -> list[str]:
    return [f"{'/'.join(name)}: {why}" for name in names]
