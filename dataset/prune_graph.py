"""What below a root is made from what, by the records alone, and what of it has to stay.

A version that stays takes all along that it was made of (snapshots that its own builds on, too),
and all that was made of it: trainings, their evaluations, reports, experiments. What those need
beside it stays as well. What belongs to no version is nobody's to judge, and stays.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from upath import UPath

from storage import files, lease
from storage.errors import CorruptFile
from storage.layout import LOOK_NAME, DataLayout
from storage.ledger import Stage

Name = tuple[Stage, str]
"""One run of a stage: the stage, and its key."""

OF_PAIRS = (Stage.CONDITION, Stage.TRAIN, Stage.EVALUATE)
"""What is made from one of these is of its version; a scrape is of many."""


@dataclass(frozen=True, slots=True)
class Made:
    """One finished run of a stage: what it is made from, and when its record was written (s)."""

    inputs: tuple[Name, ...]
    sealed_at: float


@dataclass(frozen=True)
class Graph:
    """All finished runs of stages below a root, and those begun but not finished."""

    made: Mapping[Name, Made]
    unfinished: tuple[Name, ...]
    spoiled: tuple[Name, ...]
    """Runs whose record is in pieces."""

    def needed(self, names: Iterable[Name]) -> set[Name]:
        """Give some runs, and all that they were made from."""
        return _reach(names, self._inputs)

    def of_versions(self) -> set[Name]:
        """Give all that is a version, or that one was made from, or that was made from one."""
        pairs = [name for name in self.made if name[0] is Stage.CONDITION]
        users = self._users()
        return self.needed(_reach(pairs, lambda name: users[name]))

    def staying(self, names: Iterable[Name]) -> set[Name]:
        """Give some runs, and all that has to stay if they do."""
        users = self._users()
        return _reach(names, lambda name: [*self._inputs(name), *users[name]])

    def in_order(self, names: Iterable[Name]) -> list[Name]:
        """Sort runs so that each comes before all that it was made from."""
        stages, asked = list(Stage), set(names)
        return sorted(
            asked,
            # A snapshot needs more than those that it builds on, and goes before them.
            key=lambda name: (-stages.index(name[0]), -len(self.needed([name])), name[1]),
        )

    def _inputs(self, name: Name) -> list[Name]:
        return [each for each in self.made[name].inputs if each in self.made]

    def _users(self) -> dict[Name, list[Name]]:
        users = defaultdict[Name, list[Name]](list)
        for name, made in self.made.items():
            for origin in made.inputs:
                if origin[0] in OF_PAIRS:
                    users[origin].append(name)
        return users


def graph_of(layout: DataLayout) -> Graph:
    """Read what there is; nothing but records, leases and looks."""
    made, unfinished, spoiled = {}, [], []
    for stage in Stage:
        for folder in layout.folders(stage):
            name = (stage, folder.name)
            try:
                made[name] = _read(stage, folder, layout.record(*name))
            except FileNotFoundError:
                unfinished.append(name)
            except (CorruptFile, ValueError, KeyError, TypeError, AttributeError):
                spoiled.append(name)
    return Graph(made, tuple(unfinished), tuple(spoiled))


def inputs_of_unfinished(name: Name, layout: DataLayout) -> list[Name]:
    """Give what an unfinished run is made from, as far as it is known."""
    folder = layout.stage(*name)
    return list(_names(name[0], lease.inputs_of(folder), folder))


def _read(stage: Stage, folder: UPath, path: UPath) -> Made:
    content = files.read_json(path)
    return Made(
        inputs=tuple(_names(stage, content["inputs"], folder)),
        sealed_at=path.stat().st_mtime,
    )


def _names(stage: Stage, inputs: Mapping[str, str], folder: UPath) -> Iterator[Name]:
    """Give the runs among some inputs, whose labels begin with their stages."""
    for label, key in inputs.items():
        begin = label.partition("-")[0]
        if begin in set(Stage):
            yield Stage(begin), key
    look = folder / LOOK_NAME
    if stage is Stage.SCRAPE and look.exists() and (base := files.read_facts(look).get("base")):
        yield Stage.SCRAPE, base


def _reach(names: Iterable[Name], beyond: Callable[[Name], Iterable[Name]]) -> set[Name]:
    """Follow a relation from some names as far as it goes."""
    reached, left = set[Name](), list(names)
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += beyond(name)
    return reached
