"""How a stage walks over its parts. Who walks (a loop, a pool, a runner) is not its business."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


class Each(Protocol):
    """Apply a function to every part; results come in the parts' order."""

    def __call__(
        self, name: str, function: Callable[[Part], Result], parts: Sequence[Part]
    ) -> list[Result]:
        """Walk over the parts; `name` says what is done to one, for logs and for the UI."""
        ...


def serially(name: str, function: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:  # noqa: ARG001
    """Walk over the parts one after the other, here."""
    return [function(part) for part in parts]
