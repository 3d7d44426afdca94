"""Which posts a query asks for: tags, exclusions, wildcards and the site's `name:value` words."""

import operator
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from scraper.sample_booru.collection import Entry

Test = Callable[[Entry], bool]

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBERS: dict[str, Callable[[Entry], int]] = {
    "id": lambda entry: entry.post_id,
    "width": lambda entry: entry.width,
    "height": lambda entry: entry.height,
    "score": lambda entry: entry.score or 0,
}
NUMBER_WORD = re.compile(rf"({'|'.join(NUMBERS)}):(<=|>=|<|>|)(\d+)")
IGNORED = re.compile(r"sort:.*|all")
"""Words without effect: the order is always newest first."""


def search(entries: Iterable[Entry], query: str) -> list[Entry]:
    """Give the posts that fit every word of a query, newest first."""
    tests = [_test(word) for word in query.split() if not IGNORED.fullmatch(word)]
    found = [entry for entry in entries if all(test(entry) for test in tests)]
    return sorted(found, key=lambda entry: entry.post_id, reverse=True)


def _test(word: str) -> Test:
    if word.startswith("-"):
        unwanted = _test(word[1:])
        return lambda entry: not unwanted(entry)
    if match := NUMBER_WORD.fullmatch(word):
        name, sign, value = match.groups()
        number, compare = NUMBERS[name], COMPARE[sign]
        return lambda entry: compare(number(entry), int(value))
    if word.startswith("rating:"):
        return lambda _: word.removeprefix("rating:") in ("general", "safe")
    if word.startswith("user:"):
        return lambda entry: entry.owner == word.removeprefix("user:")
    if "*" in word:
        return lambda entry: any(fnmatchcase(tag, word) for tag in entry.tags)
    return lambda entry: word in entry.tags
