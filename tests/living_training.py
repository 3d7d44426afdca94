"""A training that a living system goes through, long enough to be disturbed."""

from dataclasses import dataclass
from pathlib import Path

from flows import plan
from flows.config import PipelineConfig
from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from tests.living_system import PATIENCE_SECONDS, Living, changed
from tests.waiting import wait_for

STEPS = 1_000
ROW = 10
"""Every so many steps the training writes a row into its journal."""


@dataclass(frozen=True, slots=True)
class LivingTraining:
    """A run of the deployment `train`, and its settings."""

    living: Living
    config: PipelineConfig
    run: str

    @property
    def last_step(self) -> int:
        """The step up to which it has written its journal."""
        journal = self._folder / "metrics.jsonl"
        return journal.read_text().count("\n") * ROW if journal.exists() else 0

    @property
    def is_sealed(self) -> bool:
        """Whether its stage record is there, and all that it names."""
        layout = DataLayout.at(self.config.root)
        return ledger.find(layout, Stage.TRAIN, self._folder.name) is not None

    def goes_on(self) -> None:
        """Wait until it has done some more steps."""
        before = self.last_step
        wait_for(lambda: self.last_step >= before + 2 * ROW, PATIENCE_SECONDS)

    def finish(self) -> str:
        """Wait for its end, and retry it if that is not the last step; give its first state."""
        first = self.living.end_of(self.run)
        if first != "COMPLETED":
            self.living.retry(self.run)
            wait_for(lambda: self.living.state(self.run) == "COMPLETED", PATIENCE_SECONDS)
        assert self.is_sealed
        return first

    def said(self, what: str) -> int:
        """Give the number behind these words in the last line of the run's log that has them."""
        lines = [line for line in self.living.said(self.run) if line.startswith(what)]
        return int(lines[-1].removeprefix(what).split()[0])

    @property
    def _folder(self) -> Path:
        key = plan.plan(self.config)[plan.label_of(Stage.TRAIN, self.config.training.recipe)].key
        return Path(str(DataLayout.at(self.config.root).stage(Stage.TRAIN, key)))


def begin(living: Living, config: PipelineConfig, checkpoint_every: int) -> LivingTraining:
    """Begin a training below a root that holds its dataset; wait until it is well under way."""
    rhythm = {"steps": STEPS, "checkpoint_every": checkpoint_every, "log_every": ROW}
    asked = changed(config, training=rhythm)
    begun = LivingTraining(living, asked, living.run("train", asked))
    wait_for(lambda: begun.last_step > checkpoint_every % STEPS, PATIENCE_SECONDS)
    return begun
