"""How a stage walks over its parts. Who walks (a loop, a pool, a runner) is not its business."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Part = TypeVar("Part")
Result = TypeVar("Result")

_unwanted = threading.Event()
"""No thread can be ended from outside: those that are at a part look here."""


class Dropped(Exception):
    """A part was dropped, since all is to end."""


@contextmanager
def dropped_on(*asked: type[BaseException]) -> Iterator[None]:
    """Have the parts that other threads are at dropped, if we are asked to end meanwhile."""
    _unwanted.clear()
    try:
        yield
    except asked:
        _unwanted.set()
        raise


def while_wanted(items: Iterable[Item]) -> Iterator[Item]:
    """Give what a part is made of, one by one.

    Raises:
        Dropped: all is to end, and what there is of the part is not worth finishing.
    """
    for item in items:
        if _unwanted.is_set():
            raise Dropped
        yield item


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
