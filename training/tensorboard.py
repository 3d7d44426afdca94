"""TensorBoard events: every row of metrics and every sheet, for `tensorboard --logdir`.

They carry times, so they are no output of the training; and they are appended to, so they are
written where the root is a disk only.
"""

from tensorboardX import SummaryWriter
from upath import UPath

from storage import files
from training.watching import Glance

FOLDER = "events"


class Events:
    """One event file for as long as a process trains."""

    def __init__(self, train_folder: UPath) -> None:
        """Write below a training's folder; nothing is there before there is something to say."""
        self.folder = train_folder / FOLDER
        self.writer: SummaryWriter | None = None

    def __call__(self, glance: Glance) -> None:
        """Note what is new."""
        if not files.is_local(self.folder):
            return
        if self.writer is None:
            # What a killed process told of this step and later ones is forgotten.
            self.writer = SummaryWriter(str(self.folder), purge_step=glance.step)
        for name, fact in glance.facts.items():
            if name != "step":
                self.writer.add_scalar(name, fact, glance.step)
        if glance.sheet_HWC is not None:
            self.writer.add_image("pictures", glance.sheet_HWC, glance.step, dataformats="HWC")

    def close(self) -> None:
        """Write what is still in hand."""
        if self.writer is not None:
            self.writer.close()

    def names(self) -> list[str]:
        """Give the names of all event files, below the training's folder."""
        if not self.folder.exists():
            return []
        return [f"{FOLDER}/{path.name}" for path in self.folder.iterdir()]
