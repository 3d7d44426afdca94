"""What can be seen of a training while it lasts, and who looks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.pictures import Picture

if TYPE_CHECKING:
    from training.gallery import Gallery


@dataclass(frozen=True, slots=True)
class Glance:
    """A training after a step: what is known newly of it, and a sheet of pictures now and then.

    `facts` are those of a row of metrics, and the speed; none when there are pictures only.
    """

    step: int
    steps: int
    facts: Mapping[str, float]
    sheet_HWC: Picture | None = None


Watcher = Callable[[Glance], None]


@dataclass(frozen=True, slots=True)
class Audience:
    """The pictures that are drawn again and again, and all who are shown them."""

    gallery: "Gallery"
    watchers: Sequence[Watcher] = ()

    def show(self, glance: Glance) -> None:
        """Show everyone."""
        for watcher in self.watchers:
            watcher(glance)
