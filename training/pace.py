"""How fast a training goes, from row to row; on a GPU beside what the machine can do at best."""

import time

from training import effort
from training.arithmetic import Arithmetic
from training.players import Players


class Pace:
    """A clock that is read with every row."""

    def __init__(self, players: Players, how: Arithmetic, step: int) -> None:
        """Start the clock after a step; a GPU is measured first, while its memory is still free."""
        self.batch_size = players.recipe.batch_size
        self.pictures_at_peak: float | None = None
        if how.device.type == "cuda":
            # From the second epoch on; where the memory does not hold all, it is told too low.
            is_kept = bool(players.targets and players.targets.room_bytes)
            gflop = effort.gflop_per_picture(
                players.recipe, players.size_px, how, targets_kept=is_kept
            )
            # The peak of all GPUs is taken for as many of this one.
            peak_tflops = how.team.size * effort.peak_tflops(how.device, how.bf16)
            self.pictures_at_peak = 1000 * peak_tflops / gflop
        self.step, self.steps = step, 0
        self.told_at = time.monotonic()

    def at(self, step: int) -> dict[str, float]:
        """Give pictures per second, and their share of the peak, since the row before."""
        now = time.monotonic()
        self.steps, self.step = step - self.step, step
        speed = self.steps * self.batch_size / max(now - self.told_at, 1e-9)
        self.told_at = now
        facts = {"pictures_per_second": speed}
        if self.pictures_at_peak:
            facts["share_of_peak"] = speed / self.pictures_at_peak
        return facts
