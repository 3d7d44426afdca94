"""The dataset as the site changes: nothing new, nothing made; a takedown by the command."""

import pytest

from flows import stages
from flows.__main__ import answer
from flows.config import PipelineConfig
from flows.presets import SAMPLE
from preprocessing.config import CleanConfig, PackConfig
from scraper.config import ScraperConfig
from storage import files, ledger, manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, DropReason, Post, StageRecord, Verdict


@pytest.fixture
def make_config(layout: DataLayout):
    def make(posts: int) -> PipelineConfig:
        asked = SAMPLE["scraper"] | {"sample_posts": posts, "max_posts": 100}
        return PipelineConfig(
            root=str(layout.root),
            scraper=ScraperConfig(**asked),
            clean=CleanConfig(min_side_px=64, num_train=100, num_val=50, num_test=50),
            pack=PackConfig(size_px=32),
        )

    return make


def _sealed(layout: DataLayout, stage: Stage) -> list[str]:
    return [path.parent.name for path in layout.records(stage)]


def _posts(record: StageRecord, layout: DataLayout) -> list[Post]:
    folder = layout.stage(Stage.SCRAPE, record.key)
    return [
        row
        for output in record.outputs
        for row in manifest.read_table(folder / output.name, Contract.POSTS, Post)
    ]


def test_a_refresh_makes_a_new_dataset_only_if_something_is_new(
    make_config, layout: DataLayout, prefect_server: None
):
    config = make_config(50)
    for stage in (stages.scrape, stages.clean, stages.pack, stages.condition):
        first = stage(config)
    assert stages.dataset_refresh(config) == first
    assert len(_sealed(layout, Stage.SCRAPE)) == 2
    assert len(_sealed(layout, Stage.CLEAN)) == 1

    grown = stages.dataset_refresh(make_config(60))
    assert grown.key != first.key
    assert grown.counts["train"] > first.counts["train"]
    assert len(_sealed(layout, Stage.CLEAN)) == 2


def test_the_command_looks_anew_and_says_how_to_train_on_what_it_found(
    layout: DataLayout, prefect_server: None, capsys: pytest.CaptureFixture[str]
):
    def say(verb: str, *more: str) -> tuple[str, str]:
        asked = (verb, "--root", str(layout.root), "--clean.min-side-px=64", "--pack.size-px=32")
        assert answer([*asked, *more]) == 0
        seen = capsys.readouterr()
        return seen.out, seen.err

    def refresh(posts: int) -> str:
        many = f"--scraper.sample-posts={posts}"
        made, told = say("refresh", many)
        _, _, flags = told.rpartition("to train on it, say ")
        assert say("condition", many, *flags.splitlines()[0].split())[0] == made
        return made

    first, again, grown = refresh(50), refresh(50), refresh(60)
    assert first == again != grown
    assert len(_sealed(layout, Stage.CONDITION)) == 2


def test_the_command_takes_a_picture_down_in_one_line(
    make_config, layout: DataLayout, prefect_server: None, capsys: pytest.CaptureFixture[str]
):
    config = make_config(50)
    scraped = stages.scrape(config)
    stages.clean(config)
    wanted = _posts(scraped, layout)[20]
    capsys.readouterr()
    assert answer(["takedown", str(wanted.post_id), "--root", str(layout.root)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"took down post {wanted.post_id} of sample: (2 files deleted, noted in")
    assert answer(["takedown", wanted.md5, "--root", str(layout.root)]) == 0
    assert capsys.readouterr().out.startswith("had taken down already: post")
    assert answer(["takedown", "5", "--root", str(layout.root)]) == 2

    cleaned = stages.clean(config)
    folder = layout.stage(Stage.CLEAN, cleaned.key)
    verdicts = manifest.read_table(folder / "part-00000.parquet", Contract.VERDICTS, Verdict)
    dropped = {row.post_id for row in verdicts if row.reason is DropReason.TAKEN_DOWN}
    assert dropped == {wanted.post_id}
    assert ledger.find(layout, Stage.CLEAN, cleaned.key) == cleaned

    # Nobody can look at it again, and yet the others stay where they are.
    files.remove(layout.all_looks())
    files.remove(folder)
    assert stages.clean(config).outputs == cleaned.outputs
