"""One thing that is wrong with a version: the file, what is wrong, and the way out."""

from dataclasses import dataclass

from storage.ledger import Stage

ANEW = "run `irodori clean`, `pack` and `condition` for a version without it, then `irodori prune`"
MIXED = (
    "its stages saw different pictures: delete its clean, pack and condition and run `irodori run`"
    " with the same settings"
)
REPORT = "delete the stage's folder and run it again; if that does not help, please report it"


def again(stage: Stage, *, is_gone: bool = False) -> str:
    """Say how a file that a stage has made is made again; what is gone needs no deleting."""
    delete = "" if is_gone else "delete it and "
    if stage is Stage.SCRAPE:
        snapshot = "scrape a new snapshot (--scraper.snapshot NAME)"
        return f"put it back from a copy, or {delete}{snapshot}"
    return f"{delete}run `irodori {stage}` with the same settings"


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """One thing that is wrong; `file` is below the root."""

    file: str
    found: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.file}: {self.found}; {self.way_out}"
