"""The scraper against a board that misbehaves at random, killed at random moments.

What is promised, whatever the mixture: every post has its row, once. A picture that the board
serves rightly is in the store, with the right sha256; one that it does not has the reason that
fits. Where all faults pass, the tables are those of an undisturbed run, byte by byte. Each picture
is downloaded once; a kill may cost those that were on their way, one a connection, once more.

More of it: `python -m tests.integration.test_scraper_under_faults --runs 200 --seed 1`
"""

import argparse
import hashlib
import logging
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from scraper.config import ScraperConfig
from scraper.sample_booru.board import build_board
from scraper.sample_booru.disturbed import DisturbedBoard, bomb
from scraper.sample_booru.faults import KINDS, Faults, is_picture, parse
from scraper.sample_booru.serving import serve_app
from scraper.stage import scrape
from storage import manifest
from storage.errors import IrodoriError
from storage.layout import DataLayout
from storage.records import Contract, DropReason, Md5Match, Post, StageRecord

POSTS = 300
MAX_STARTS = 30
STOPPED = 3

RATES = {
    **dict.fromkeys(("429", "500", "503", "reset", "cut"), (0.01, 0.08)),
    **dict.fromkeys(("empty", "unclosed", "entity"), (0.1, 0.5)),
}
COUNTS = {"429-seconds": 1, "429-date": 1, "drip": 2, "challenge": 2, "refusal": 2}
"""These cost time, or a start."""
LASTING = tuple(name for name, kind in KINDS.items() if kind.lasts)
REASONS = {
    "gone": DropReason.GONE,
    "html": DropReason.NOT_A_PICTURE,
    "elsewhere": DropReason.FORBIDDEN_HOST,
    "private": DropReason.FORBIDDEN_HOST,
}

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["scraper.stage", __name__])


@dataclass(frozen=True)
class Run:
    """One scrape: its faults, how often it was killed, and what it made."""

    spec: str
    connections: int
    kills: int
    starts: int
    faults: Faults
    layout: DataLayout
    record: StageRecord

    def rows(self) -> list[Post]:
        folder = self.layout.stage("scrape", self.record.key)
        return [
            row
            for name, _ in self.tables()
            for row in manifest.read_table(folder / name, Contract.POSTS, Post)
        ]

    def lasting_faults(self, path: str) -> set[str]:
        return self.faults.log.faults_of(path) & set(LASTING)

    def tables(self) -> list[tuple[str, str]]:
        outputs = self.record.outputs
        return [(one.name, one.sha256) for one in outputs if one.name.endswith(".parquet")]


def run_once(board: ASGIApp, chance: random.Random, root: Path, *, spec: str, lines: bool) -> Run:
    """Scrape the board until it is done, however often that needs a new start."""
    faults = Faults(parse(spec), seed=chance.randrange(1 << 30))
    connections = chance.randint(1, 8)
    kill_after = [chance.uniform(0.02, 1.2) for _ in range(chance.randint(0, 4))] if spec else []
    layout = DataLayout.at(str(root))
    with serve_app(DisturbedBoard(board, faults)) as address:
        config = ScraperConfig(
            base_url=address,
            tags=(),
            max_posts=POSTS,
            line_art=lines,
            requests_per_second=1000,
            connections=connections,
            backoff_seconds=0.004,
            max_attempts=8,
            timeout_seconds=20,
            deadline_seconds=1.0,
        )
        kills = starts = 0
        code: int | None = None
        while code != 0:
            starts += 1
            assert starts <= MAX_STARTS, f"not done after {MAX_STARTS} starts"
            code = start(config, layout, kill_after.pop() if kill_after else None)
            assert code in (0, STOPPED, -9), f"the scraper ended with {code}"
            kills += code == -9
        record = scrape(config, layout)
    return Run(spec, connections, kills, starts, faults, layout, record)


def start(config: ScraperConfig, layout: DataLayout, seconds: float | None) -> int | None:
    """Scrape in a process of its own, and kill it after so many seconds."""
    process = PROCESSES.Process(target=attempt, args=(config, layout))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
    process.join()
    return process.exitcode


def attempt(config: ScraperConfig, layout: DataLayout) -> None:
    # Its many warnings are expected.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        scrape(config, layout)
    except IrodoriError:
        sys.exit(STOPPED)


def draw_spec(chance: random.Random, *, passing_only: bool) -> str:
    """Draw a mixture of faults."""
    doses = {
        name: f"{chance.uniform(*rates):.3f}"
        for name, rates in RATES.items()
        if chance.random() < 0.6
    }
    doses |= {
        name: str(chance.randint(1, most))
        for name, most in COUNTS.items()
        if chance.random() < 0.25
    }
    if not passing_only:
        rates = {name: chance.uniform(0.01, 0.05) for name in LASTING if chance.random() < 0.7}
        doses |= {name: f"{rate:.3f}" for name, rate in rates.items()}
    names = sorted(doses, key=lambda name: chance.random())
    return ",".join(f"{name}:{doses[name]}" for name in names) or "500:0.05"


def check(run: Run, truth: Run) -> None:
    """Hold a run against the undisturbed one."""
    rows, expected = run.rows(), truth.rows()
    assert [row.post_id for row in rows] == [row.post_id for row in expected]
    twins: dict[str, set[str]] = {}
    for right in expected:
        twins.setdefault(right.site_md5, set()).update(run.lasting_faults(right.file_url))
    for row, right in zip(rows, expected, strict=True):
        check_row(row, right, run, twins[right.site_md5])
    check_counts(rows, run.record)
    check_store(rows, run)
    check_served(run)
    if not any(fault.lasts for fault in parse(run.spec)):
        assert rows == expected
        assert run.tables() == truth.tables()


def check_row(row: Post, right: Post, run: Run, of_twins: set[str]) -> None:
    if run.lasting_faults(right.line_url):
        right = replace(right, line_md5=row.line_md5)
    if right.post_id in run.faults.log.ghosts:
        assert row.reason is DropReason.GHOST
        return
    # A picture that is listed twice is fetched once, so what it was served as holds for both.
    faults = run.lasting_faults(right.file_url) | (of_twins & {"changed", "bomb"})
    fits = row == right or any(is_struck(row, right, fault) for fault in faults)
    assert fits, f"played {faults}; found {row}; wanted {right}"


def is_struck(row: Post, right: Post, fault: str) -> bool:
    """Whether a row tells of a lasting fault as it should."""
    if fault in REASONS:
        return row.reason is REASONS[fault] and not row.md5
    is_other = row.reason is None and row.md5_match is Md5Match.MISMATCH
    if fault == "changed":
        return is_other and row.bytes == right.bytes + len(b"changed")
    is_bomb = is_other and row.md5 == hashlib.md5(bomb()).hexdigest()
    return fault == "bomb" and (is_bomb or row.reason is DropReason.TOO_LARGE)


def check_counts(rows: list[Post], record: StageRecord) -> None:
    reasons = Counter(row.reason.value for row in rows if row.reason)
    assert reasons == {name: record.counts.get(name, 0) for name in reasons}
    assert record.counts["listed"] == len(rows)
    assert record.counts["originals"] == len(rows) - reasons.total()


def check_store(rows: list[Post], run: Run) -> None:
    """Every picture that a row names is there, once and right, and no other is."""
    files = [Path(str(path)) for path in run.layout.root.glob("images/*/[!.]*")]
    content = {path.name: path.read_bytes() for path in files}
    assert len(content) == len(files)
    kept = {f"{row.md5}.{row.extension}": row for row in rows if row.reason is None}
    lines = {f"{row.line_md5}.png" for row in rows if row.line_md5}
    assert {name for name in content if name not in lines} == kept.keys() - lines
    for name, row in kept.items():
        assert hashlib.sha256(content[name]).hexdigest() == row.sha256
    for name in lines:
        assert hashlib.md5(content[name]).hexdigest() == name.partition(".")[0]


def check_served(run: Run) -> None:
    """No picture is downloaded twice, but for what was on its way at a kill."""
    again = [n - 1 for path, n in run.faults.log.whole.items() if is_picture(path)]
    assert max(again) <= run.kills
    assert sum(again) <= run.kills * run.connections


@pytest.fixture(scope="module")
def board() -> ASGIApp:
    return build_board(POSTS)


@pytest.fixture(scope="module")
def truth(board: ASGIApp, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return undisturbed(board, tmp_path_factory.mktemp("undisturbed"), lines=False)


def undisturbed(board: ASGIApp, root: Path, *, lines: bool) -> Run:
    run = run_once(board, random.Random(0), root, spec="", lines=lines)
    assert run.record.counts["listed"] == POSTS
    return run


@pytest.mark.parametrize(("seed", "passing_only"), [(1, True), (2, False), (3, False)])
def test_whatever_goes_wrong_the_end_is_that_of_an_undisturbed_run(
    board: ASGIApp, truth: Run, tmp_path: Path, seed: int, passing_only: bool
) -> None:
    chance = random.Random(seed)
    spec = draw_spec(chance, passing_only=passing_only)
    check(run_once(board, chance, tmp_path, spec=spec, lines=False), truth)


def try_many(runs: int, seed: int) -> Iterator[tuple[int, Run | None, str]]:
    """Try so many random mixtures; gives each run, or what was wrong with it."""
    board = build_board(POSTS)
    with tempfile.TemporaryDirectory(prefix="irodori-faults-") as top:
        truths = {
            lines: undisturbed(board, Path(top) / f"truth-{lines}", lines=lines)
            for lines in (False, True)
        }
        for number in range(runs):
            chance = random.Random(f"{seed}/{number}")
            lines, root = chance.random() < 0.2, Path(top) / "run"
            spec = draw_spec(chance, passing_only=number % 2 == 0)
            run = None
            try:
                run = run_once(board, chance, root, spec=spec, lines=lines)
                check(run, truths[lines])
                yield number, run, ""
            except AssertionError as error:
                yield number, run, f"lines={lines} spec={spec}: {str(error)[:2000]}"
            shutil.rmtree(root)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    bad, kills, starts, played = 0, 0, 0, Counter[str]()
    for number, run, wrong in try_many(asked.runs, asked.seed):
        bad += bool(wrong)
        told = wrong
        if run:
            kills, starts = kills + run.kills, starts + run.starts
            played.update(run.faults.log.played())
            played["ghost"] += len(run.faults.log.ghosts)
            told = wrong or f"ok kills={run.kills} starts={run.starts} {run.spec}"
        sys.stdout.write(f"{time.strftime('%X')} run={number} {told}\n")
        sys.stdout.flush()
    summary = f"runs={asked.runs} failed={bad} kills={kills} starts={starts} played={dict(played)}"
    sys.stdout.write(summary + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
