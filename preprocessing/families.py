"""Which pictures are variants of one drawing, and so must never be in two splits.

Posts are united by parent, by equal bytes and by likeness, and what replaced a post's original with
what it replaced. A post without an original (a film, say) is no picture, but ties its parent to its
children. What came with an earlier look at the site is settled: a family's split never
changes, so whoever comes later joins it. A latecomer that is akin to families of two splits can
join neither: it straddles them, and so does its later kin, a parent that comes after it included.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from preprocessing.config import CleanConfig
from preprocessing.dedup import Candidate, hashes_of
from preprocessing.near_hashes import links_within
from preprocessing.split import split_of
from storage.records import Post

Kinship = tuple[int, int]
"""Two posts of one family, by their ids; the second may be a parent that nobody has seen."""


@dataclass(frozen=True, slots=True)
class Families:
    """By a picture's md5: its family, which is named by the md5 of its first; and who straddles."""

    of: Mapping[str, str]
    straddling: frozenset[str]


def families(
    arrived: Sequence[Post],
    candidates: Sequence[Candidate],
    config: CleanConfig,
    between: Sequence[Post] = (),
) -> Families:
    """Unite posts, look by look.

    Args:
        arrived: all posts that have or had an original, in the order in which they came.
        candidates: what is compared by its looks, each with its first post.
        config: how near looks have to be, and the shares of the splits.
        between: all posts that never had an original.
    """
    of_site, arrived = arrived, _apart(arrived)
    union = _Union(arrived, config)
    kin_of_look = _by_look(arrived, candidates, config.family_radius)
    for post, before in zip(arrived, of_site, strict=True):
        if post is not before:
            kin_of_look[post.arrival].append((post.post_id, before.post_id))
    for post in between:
        if post.parent_id:
            kin_of_look[post.arrival].append((post.post_id, post.parent_id))
    for number in sorted({post.arrival for post in (*arrived, *between)}):
        union.settle(kin_of_look[number], number)
    first_of = {post.md5: post for post in reversed(arrived)}
    return Families(
        {md5: union.name_of(post) for md5, post in first_of.items()},
        frozenset(md5 for md5, post in first_of.items() if post.post_id in union.straddling),
    )


def _apart(arrived: Sequence[Post]) -> list[Post]:
    """Make of an original that replaced another a post of its own, with the parent it has now."""
    first_of = {post.post_id: post for post in reversed(arrived)}
    return [
        post if first_of[post.post_id] is post else replace(post, post_id=-place)
        for place, post in enumerate(arrived)
    ]


def _by_look(
    arrived: Sequence[Post], candidates: Sequence[Candidate], radius: int
) -> dict[int, list[Kinship]]:
    """Sort kinships by the look that showed them.

    A parent is told with its child, though it may come much later itself, or never; equal bytes
    and likeness show when the later of the two has come.
    """
    arrival_of = {post.post_id: post.arrival for post in arrived}
    found = defaultdict[int, list[Kinship]](list)
    for post in arrived:
        if post.parent_id:
            found[post.arrival].append((post.post_id, post.parent_id))
    for one, other in _alike(arrived, candidates, radius):
        found[max(arrival_of[one], arrival_of[other])].append((one, other))
    return found


def _alike(
    arrived: Sequence[Post], candidates: Sequence[Candidate], radius: int
) -> Iterator[Kinship]:
    first_of: dict[str, int] = {}
    for post in arrived:
        yield post.post_id, first_of.setdefault(post.md5, post.post_id)
    ids = [first_of[each.measure.md5] for each in candidates]
    places, hashes = hashes_of(candidates)
    for one, other in places[links_within(hashes, radius)].tolist():
        yield ids[one], ids[other]


class _Union:
    """Sets of posts that grow together; a set has a name once one of its posts has come."""

    def __init__(self, arrived: Sequence[Post], config: CleanConfig) -> None:
        self.straddling = set[int]()
        self._config = config
        self._parent_of: dict[int, int] = {}
        self._posts = {post.post_id: (place, post) for place, post in enumerate(arrived)}
        self._founder_of: dict[int, int] = {}
        """By the root of each settled set: the place of the post that names it."""
        self._arrived = arrived

    def settle(self, kinships: Sequence[Kinship], look: int) -> None:
        """Take in what one look brought: each kinship, unless it would join two splits."""
        new = [post.post_id for post in self._arrived if post.arrival == look]
        # By its set, which may be named by a sibling or by a parent that has not come.
        new_of = defaultdict[int, list[int]](list)
        for post_id in new:
            new_of[self._root(post_id)].append(post_id)
        lost = {self._root(post_id) for post_id in self.straddling}
        for members in self._groups(new, kinships):
            settled = {root: self._founder_of[root] for root in members if root in self._founder_of}
            splits = {self._split_of(place) for place in settled.values()}
            newcomers = [post_id for root in members for post_id in new_of[root]]
            if len(splits) > 1 or not lost.isdisjoint(members):
                unseen = [root for root in members if root not in settled]
                self.straddling.update(newcomers, unseen)
                continue
            founders = [self._posts[post_id][0] for post_id in newcomers]
            self._unite(members, min(settled.values(), default=min(founders, default=None)))

    def name_of(self, post: Post) -> str:
        """Give the md5 that names a post's family; one that straddles is a family of its own."""
        place = self._founder_of.get(self._root(post.post_id))
        return post.md5 if place is None else self._arrived[place].md5

    def _groups(self, new: Sequence[int], kinships: Sequence[Kinship]) -> list[list[int]]:
        """Give the sets, as lists of roots, that would become one each."""
        ahead: dict[int, int] = {}
        roots = [(self._root(one), self._root(other)) for one, other in kinships]
        for one, other in roots:
            ahead[_find(ahead, one)] = _find(ahead, other)
        members = defaultdict[int, list[int]](list)
        for root in dict.fromkeys([*map(self._root, new), *(end for kin in roots for end in kin)]):
            members[_find(ahead, root)].append(root)
        return list(members.values())

    def _unite(self, members: Sequence[int], founder: int | None) -> None:
        for each in members:
            self._founder_of.pop(each, None)
            self._parent_of[each] = members[0]
        if founder is not None:
            self._founder_of[members[0]] = founder

    def _split_of(self, place: int) -> str:
        return split_of(self._arrived[place].md5, self._config)

    def _root(self, post_id: int) -> int:
        return _find(self._parent_of, post_id)


def _find(parent_of: dict[int, int], node: int) -> int:
    while parent_of.setdefault(node, node) != node:
        parent_of[node] = parent_of[parent_of[node]]
        node = parent_of[node]
    return node
