"""Where this process stands among those that torchrun has started, as torchrun tells it.

All of them run the same command. The first does all that a process alone does; the others help it
to train.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """The number of a process, from 0, and how many there are."""

    rank: int = 0
    size: int = 1
    on_machine: int = 0
    """Its number among those of its machine."""

    @classmethod
    def here(cls) -> "Place":
        """Give the place of this process; one that torchrun has not started is alone."""
        told = [os.environ.get(name, "") for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")]
        return cls(*map(int, told)) if all(number.isdigit() for number in told) else cls()

    def __str__(self) -> str:
        """Name the process as people count."""
        return f"process {self.rank + 1} of {self.size}"
