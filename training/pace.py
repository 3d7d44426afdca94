"""How fast a training goes, from row to row; on a GPU beside what the machine can do at best."""

import time

from training import effort
from training.arithmetic import Arithmetic
from training.players import Players


class Pace:
    """A clock that is read with every row."""

    def __init__(self, players: Players, how: Arithmetic, step: int) -> None:
        """Start the clock after a step."""
        self.players, self.how = players, how
        self.step, self.steps = step, 0
        self.told_at = time.monotonic()
        self.pictures_at_peak: float | None = None

    def at(self, step: int) -> dict[str, float]:
        """Give pictures per second and the share of the peak since the row before."""
        now = time.monotonic()
        self.steps, self.step = step - self.step, step
        pictures = self.steps * self.players.recipe.batch_size
        speed = pictures / max(now - self.told_at, 1e-9)
        facts = {"pictures_per_second": speed}
        if self.how.device.type == "cuda":
            facts["share_of_peak"] = speed / self._at_peak()
        self.told_at = time.monotonic()
        return facts

    def _at_peak(self) -> float:
        """Give the pictures per second of a machine that does nothing but matrix products."""
        if self.pictures_at_peak is None:
            gflop = effort.gflop_per_picture(self.players.recipe, self.players.size_px, self.how)
            tflops = effort.peak_tflops(self.how.device, self.how.bf16)
            self.pictures_at_peak = 1000 * tflops / gflop
        return self.pictures_at_peak
