"""Progress: nothing that a person watches for is pushed off a terminal's edge, or kept back."""

import io
import logging
from types import SimpleNamespace

import pytest
from rich.console import Console

from storage.progress import UNKNOWN, Bars, time_left, told, watch

FACTS = "loss=57.39 l2=0.1909 wasserstein=53.06 pictures_per_second=8.295 share_of_peak=0.4123"


def test_at_80_columns_count_time_and_every_fact_are_seen() -> None:
    console = Console(width=80, file=io.StringIO(), record=True)
    bars = Bars(console)
    bars.add_task("train auto-painter", total=50_000, completed=20_000, facts=FACTS)
    bars.add_task("clean", total=2_000, completed=100, facts="")

    console.print(bars.get_renderable())

    training, *facts, cleaning = console.export_text().splitlines()
    assert training.startswith("train auto-painter")
    assert "20000/50000" in training
    assert training.rstrip().endswith(":--")
    assert " ".join(facts).split() == FACTS.split()
    assert "100/2000" in cleaning


def _count_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let four seconds pass from one look at the clock to the next; for this room alone."""
    clock = iter(range(0, 100, 4))
    fake = SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("storage.progress.time", fake)


def test_a_part_that_takes_long_tells_how_far_it_is(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    _count_time(monkeypatch)
    with caplog.at_level(logging.INFO):
        assert list(told("train-000000.tar", "abcdefgh", 8)) == [*"abcdefgh"]
    lines = [record.getMessage().split() for record in caplog.records]
    assert [line[1] for line in lines] == ["done=3", "done=6"]
    assert lines[0] == ["train-000000.tar", "done=3", "of=8", "left=0:00:27"]


@pytest.mark.parametrize(
    ("done", "told"),
    [
        # Three in 16 seconds, and 47 are left.
        (1, ["clean", "done=53", "of=100", "left=0:04:11"]),
        (0, ["clean", "done=50", "of=100", "left=unknown"]),
    ],
    ids=["what was there took no time", "before anything is done nobody knows"],
)
def test_how_long_it_takes_is_told_by_what_was_done_here(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, done: int, told: list[str]
) -> None:
    _count_time(monkeypatch)
    with caplog.at_level(logging.INFO), watch("clean", 100, already=50) as advance:
        for _ in range(3):
            advance(done)
    (line,) = [record.getMessage().split() for record in caplog.records]
    assert line == told


def test_a_part_that_is_soon_done_says_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert list(told("train-000000.tar", range(8), 8)) == [*range(8)]
    assert not caplog.records


@pytest.mark.parametrize(
    ("done", "left", "told"),
    [(1, 50, UNKNOWN), (2, 50, UNKNOWN), (3, 50, "0:00:50"), (1, 2, "0:00:02"), (2, 0, "0:00:00")],
)
def test_what_is_begun_slowly_frightens_nobody(done: int, left: int, told: str) -> None:
    assert time_left(done, left, float(done)) == told
