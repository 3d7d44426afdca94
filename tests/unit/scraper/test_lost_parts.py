"""A snapshot that lost parts of its table tells of each post once when it is made whole again."""

import pytest

from scraper.stage import scrape
from storage import manifest
from storage.layout import part_name, parts_in
from storage.records import Contract, Post
from tests.unit.scraper.test_refresh import PAGE, Board


@pytest.fixture
def board():
    return Board(range(2, 101))


@pytest.fixture
def look(board, serve_site, make_config, layout):
    site = serve_site(board.routes())

    def make():
        record = scrape(make_config(site.address), layout)
        return record, [row.post_id for row in manifest.rows_of(record, layout, Post)], site.ear

    return make


@pytest.mark.parametrize("lost", [[1], [1, 2], [0, 2], [4]], ids=str)
@pytest.mark.parametrize(
    "changed",
    [
        lambda _: None,
        lambda board: board.posts.pop(72),  # pages below reach further
        lambda board: [board.posts.pop(post_id) for post_id in range(62, 82)],
        lambda board: board.add(101),
        lambda board: board.add(1),
    ],
    ids=["nothing", "one gone", "a page gone", "a newer one", "an older one"],
)
def test_each_post_is_told_once_and_no_original_is_asked_for_twice(
    board, look, layout, lost, changed
):
    record, told, ear = look()
    assert told == list(range(100, 1, -1))
    folder = layout.stage("scrape", record.key)
    assert len(parts_in(folder)) == -(-len(told) // PAGE)
    for number in lost:
        (folder / part_name(number)).unlink()
    left = {row.post_id for path in parts_in(folder) for row in rows_in(path)}
    changed(board)
    ear.forget()

    again, told, ear = look()
    assert again.key == record.key
    assert told == sorted(set(told), reverse=True)
    # Newer and older ones are told where the walk comes by at all.
    inner = set(board.posts) - {1, 101}
    assert inner | left <= set(told) <= inner | left | {1, 101}
    # Line art has no md5 to be found by, once its row is lost.
    originals = {path for path in ear.files() if path.startswith("/images/")}
    assert originals <= {"/images/1/1.png", "/images/1/101.png"}
    assert again.counts["listed"] == len(told)


def rows_in(path):
    return manifest.read_table(path, Contract.POSTS, Post)


def test_a_hole_that_is_filled_is_left_alone_by_the_next_run(board, look, layout):
    record, told, _ = look()
    folder = layout.stage("scrape", record.key)
    for number in (1, 2):
        (folder / part_name(number)).unlink()
    look()
    before = {path.name: path.read_bytes() for path in parts_in(folder)}
    layout.record("scrape", record.key).unlink()
    _, again, _ = look()
    assert again == told
    assert {path.name: path.read_bytes() for path in parts_in(folder)} == before
