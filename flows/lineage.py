"""Which version of the dataset fed which model, and who judged it: one table for the Prefect UI."""

from dataclasses import dataclass

from dataset import version
from dataset.markdown import table
from storage import ledger
from storage.errors import ContractError, CorruptFile
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord

NEWEST = 50
COLUMNS = ("dataset", "snapshot", "pictures", "model", "recipe", "steps", "evaluations")


@dataclass(frozen=True, slots=True)
class Descent:
    """One model: the dataset that it was trained on, and the evaluations of it."""

    model: StageRecord
    paired: StageRecord | None
    scraped: StageRecord | None
    evaluations: tuple[StageRecord, ...]

    @property
    def row(self) -> tuple[object, ...]:
        """What the table tells of it; what was pruned is named by its key alone."""
        counts = self.paired.counts if self.paired else {}
        pictures = sum(counts.get(split, 0) for split in Split)
        return (
            f"`{self.model.inputs.get('condition', '')}`",
            self.scraped.settings.get("snapshot", "") if self.scraped else "gone",
            pictures,
            f"`{self.model.key}`",
            str(self.model.settings.get("recipe", "")),
            self.model.counts.get("steps", 0),
            ", ".join(f"`{each.key}`" for each in self.evaluations) or "none",
        )


def page_of(layout: DataLayout) -> str:
    """Write the table of the newest models below a root, in Markdown."""
    return table(COLUMNS, (descent.row for descent in descents(layout)))


def descents(layout: DataLayout) -> list[Descent]:
    """Give the newest models below a root, the newest first."""
    models = ledger.listed(layout, Stage.TRAIN).records
    judged = ledger.listed(layout, Stage.EVALUATE).records
    return [
        Descent(
            model,
            paired := _read(layout, Stage.CONDITION, model.inputs.get("condition", "")),
            version.of(paired, layout).records.get(Stage.SCRAPE) if paired else None,
            tuple(each for each in judged if each.inputs.get("train") == model.key),
        )
        for model in models[:NEWEST]
    ]


def _read(layout: DataLayout, stage: Stage, key: str) -> StageRecord | None:
    """Read a record; what cannot be read tells of nothing, as if it were gone."""
    try:
        return ledger.read(layout, stage, key)
    except (ContractError, CorruptFile):
        return None
