"""Remove old versions of the dataset, and what they alone need.

What is to go is decided first and told, then removed in an order in which a kill does no harm: a
record goes before its folder, and what is made from a version before the version. A list of what
is going lies below the root until the end, so that a second run ends what a killed one began.

Others may scrape, train or make a version meanwhile: what a process is writing stays, and what
that is made from. But an object store knows no leases, so nothing else may run there; and nowhere
may a run begin at that moment that goes back to what is being removed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from dataset import prune_store
from dataset.prune_choice import Choice, choose
from dataset.prune_graph import Name
from dataset.prune_space import Space
from dataset.prune_store import AT_ONCE, Picture
from storage import files, lease
from storage.errors import IrodoriError
from storage.layout import LEASE_NAME, DataLayout


@dataclass(frozen=True, slots=True)
class Going:
    """One thing to be removed, by its place below the root, and what the disk gets back (bytes)."""

    what: str
    where: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Plan:
    """All that is to be removed from below a root, in this order."""

    layout: DataLayout
    choice: Choice
    caches: tuple[tuple[Path, Going], ...]
    stages: tuple[tuple[Name, Going], ...]
    pictures: tuple[tuple[tuple[Picture, ...], Going], ...]

    @property
    def going(self) -> list[Going]:
        """Everything to be removed, in its order."""
        return [going for _, going in (*self.caches, *self.stages, *self.pictures)]

    @property
    def bytes(self) -> int:
        """What the disk gets back."""
        return sum(each.bytes for each in self.going)


Told = Callable[[Going], None]


def plan(layout: DataLayout, keep: int) -> Plan:
    """Decide what goes if the newest versions stay, so many of them; nothing is removed yet."""
    # Listed first: what a scrape that begins meanwhile brings is not in it.
    stock = prune_store.stock_of(layout)
    choice = choose(layout, keep)
    space = Space()
    caches = [
        (path, _going("cache", f"cache/{path.name}", space, UPath(str(path))))
        for path in layout.caches()
        if not choice.wants_cache(path.name)
    ]
    stages = [
        (name, _going(*_told_as(name, choice), space, layout.stage(*name)))
        for name in (*choice.abandoned, *choice.gone)
    ]
    unwanted = stock.without(choice.wanted({each.md5 for each in stock.originals}))
    pictures = [
        (those, Going(what, what, len(those), sum(each.bytes for each in those)))
        for what, those in (("squares", unwanted.squares), ("originals", unwanted.originals))
        if those
    ]
    return Plan(layout, choice, tuple(caches), tuple(stages), tuple(pictures))


def carry_out(planned: Plan, told: Told, step: Callable[[], None] = lambda: None) -> None:
    """Remove what was planned, and say so of each thing once it is gone.

    Args:
        planned: what goes.
        told: called with each thing that is gone.
        step: called after everything that changes on the disk, however small.

    Raises:
        IrodoriError: another process began to write what is to go, or something cannot be removed.
    """
    layout = planned.layout
    # Caches first: on a full disk they make room for the list.
    for path, going in planned.caches:
        _remove(UPath(str(path)), step)
        told(going)
    if planned.stages:
        files.write_json(layout.pruning(), {"stages": [list(name) for name, _ in planned.stages]})
        step()
    for name, going in planned.stages:
        with _alone(layout.stage(*name)):
            layout.record(*name).unlink(missing_ok=True)
            step()
            _remove(layout.stage(*name), step)
        told(going)
    for those, going in planned.pictures:
        for start in range(0, len(those), AT_ONCE):
            some = [each.path for each in those[start : start + AT_ONCE]]
            prune_store.delete(some, layout)
            step()
        told(going)
    layout.pruning().unlink(missing_ok=True)


def _told_as(name: Name, choice: Choice) -> tuple[str, str]:
    return "unfinished" if name in choice.abandoned else str(name[0]), "/".join(name)


def _going(what: str, where: str, space: Space, folder: UPath) -> Going:
    number, freed = space.take(folder)
    return Going(what, where, number, freed)


def _remove(folder: UPath, step: Callable[[], None]) -> None:
    files.remove(folder)
    if files.below(folder):
        raise IrodoriError(f"{folder}: cannot be removed; see who may write there")
    step()


@contextmanager
def _alone(folder: UPath) -> Iterator[None]:
    """Keep others from making a stage anew while its folder is on its way out."""
    if not files.is_local(folder):
        yield
        return
    held = lease.lock(Path(str(folder)) / LEASE_NAME)
    if not held:
        raise IrodoriError(
            f"{folder}: another run is writing it now; prune again when it has ended"
        )
    try:
        yield
    finally:
        held.release()
