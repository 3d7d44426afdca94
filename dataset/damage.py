"""One thing that is wrong with a version: the file, what is wrong, and the way out."""

from dataclasses import dataclass

from storage.ledger import Stage

AGAIN = {
    Stage.SCRAPE: "put it back from a copy, or delete it and scrape a new snapshot"
    " (--scraper.snapshot NAME)",
    Stage.CLEAN: "delete it and run `irodori clean` with the same settings",
    Stage.PACK: "delete it and run `irodori pack` with the same settings",
    Stage.CONDITION: "delete it and run `irodori condition` with the same settings",
}
ANEW = "run `irodori run` for a version without it, and delete this one"
MIXED = (
    "its stages saw different pictures: delete its clean, pack and condition and run `irodori run`"
    " with the same settings"
)
REPORT = "delete the stage's folder and run it again; if that does not help, please report it"


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """One thing that is wrong; `file` is below the root."""

    file: str
    found: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.file}: {self.found}; {self.way_out}"
