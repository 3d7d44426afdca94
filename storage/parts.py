"""How a stage walks over its parts. Who walks (a loop, a pool, a runner) is not its business."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


class Each(Protocol):
    """Apply a function to every part; results come in the parts' order.

    The function and the parts may be sent to another process or machine, so both are picklable and
    know the root by its address.
    """

    def __call__(
        self,
        name: str,
        function: Callable[[Part], Result],
        parts: Sequence[Part],
        done: Callable[[Part], None],
    ) -> list[Result]:
        """Walk over the parts.

        Args:
            name: what is done to a part, for logs and for the UI.
            function: does it.
            parts: what there is to do.
            done: told of each part that is done, here, in whichever order they end.
        """
        ...


def serially(
    name: str,  # noqa: ARG001
    function: Callable[[Part], Result],
    parts: Sequence[Part],
    done: Callable[[Part], None],
) -> list[Result]:
    """Walk over the parts one after the other, here."""
    results = []
    for part in parts:
        results.append(function(part))
        done(part)
    return results
