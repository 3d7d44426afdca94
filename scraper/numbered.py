"""Walks a listing by page numbers: the way on where the site ignores `id:<N`.

Numbers shift when posts come or go, so a page is found by the ids on it, never by its number alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from scraper.errors import StrangeAnswer

Item = TypeVar("Item")
Read = Callable[[int], Sequence[Item]]
"""Gives the items of one page, from new to old; none only behind the last page."""


@dataclass
class NumberedPages(Generic[Item]):
    """A place in a listing; `number` is the page that was read last."""

    last_number: int
    id_of: Callable[[Item], int]
    number: int = 0

    def below(self, bound: int, read: Read[Item]) -> list[Item]:
        """Give the next items whose id is below a bound, none if there are no more.

        Raises:
            StrangeAnswer: the site ignores page numbers too, or shows no page so deep.
        """
        # The page read last is asked again: it tells how far the numbers have shifted since.
        items = read(self.number)
        if self._reaches(items, bound):
            self.number, items = self._back(items, bound, read)
        else:
            self.number, items = self._forward(items, bound, read)
        return [item for item in items if self.id_of(item) < bound]

    def _reaches(self, items: Sequence[Item], bound: int) -> bool:
        return not items or self.id_of(items[-1]) < bound

    def _back(
        self, items: Sequence[Item], bound: int, read: Read[Item]
    ) -> tuple[int, Sequence[Item]]:
        number = self.number
        while number > 0 and (not items or self.id_of(items[0]) < bound):
            before = read(number - 1)
            if not self._reaches(before, bound):
                break
            number, items = number - 1, before
        return number, items

    def _forward(
        self, items: Sequence[Item], bound: int, read: Read[Item]
    ) -> tuple[int, Sequence[Item]]:
        """Find the first page that reaches below the bound: in doubling steps, then by halves."""
        newest, low, step = self.id_of(items[0]), self.number, 1
        while not self._reaches(items, bound):
            if low == self.last_number:
                raise StrangeAnswer(
                    f"no page behind number {low} is shown, and {bound} is not reached there;"
                    " narrow --scraper.tags"
                )
            before, low = low, min(low + step, self.last_number)
            items, step = read(low), step * 2
            if items and self.id_of(items[0]) >= newest:
                raise StrangeAnswer(
                    f"page {low} begins with {self.id_of(items[0])} like page {self.number}:"
                    " the site heeds neither `id:<N` nor page numbers"
                )
        low, high = before, low
        while high - low > 1:
            middle = (low + high) // 2
            found = read(middle)
            if self._reaches(found, bound):
                high, items = middle, found
            else:
                low = middle
        return high, items
