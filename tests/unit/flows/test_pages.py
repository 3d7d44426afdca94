"""What the Prefect UI shows of a stage, and of which dataset fed which model."""

import base64
import logging
import re
import struct
import zlib
from dataclasses import replace

import cv2
import httpx
import numpy as np
import pytest

from flows import artifacts, lineage, pages, samples
from storage import files, ledger, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord
from tests.datasets import dataset_of, posts_of
from training.config import TrainingConfig


@pytest.fixture
def paired(layout: DataLayout) -> StageRecord:
    """A small dataset of made drawings."""
    return dataset_of(layout, posts_of(layout, range(1, 41)))


def _before(paired: StageRecord, stage: Stage, layout: DataLayout) -> StageRecord:
    record = paired
    for each in (Stage.PACK, Stage.CLEAN, Stage.SCRAPE):
        record = ledger.require(layout, each, record.inputs[each])
        if each == stage:
            break
    return record


def _picture_in(page: str) -> np.ndarray:
    (data,) = re.findall(r"!\[[^\]]*\]\(data:image/webp;base64,([^)]*)\)", page)
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(("stage", "rows"), [(Stage.SCRAPE, 1), (Stage.PACK, 1)])
def test_a_page_shows_some_pictures_in_one_row(
    stage: Stage, rows: int, paired: StageRecord, layout: DataLayout
):
    picture = _picture_in(pages.page_of(_before(paired, stage, layout), layout))
    assert picture.shape[0] == rows * samples.SIDE_PX
    assert picture.shape[1] % samples.SIDE_PX == 0
    assert picture.std() > 10


def test_a_page_shows_the_colours_as_they_are():
    sheet = np.full((16, 16, 3), (200, 30, 40), np.uint8)
    blue_first = _picture_in(samples.as_markdown(sheet, "red"))
    assert np.abs(blue_first[..., ::-1].astype(int) - sheet).max() < 10


def test_pairs_are_shown_as_line_art_hint_and_truth(paired: StageRecord, layout: DataLayout):
    page = pages.page_of(paired, layout)
    line_art, _, truth = np.split(_picture_in(page), 3)
    assert np.abs(np.diff(line_art.astype(int), axis=2)).mean() < 2
    assert np.abs(np.diff(truth.astype(int), axis=2)).mean() > 10
    sample = next(shards.read(layout.stage(paired.stage, paired.key) / "test-000000.tar"))
    color = cv2.imdecode(np.frombuffer(sample.files["color.png"], np.uint8), cv2.IMREAD_COLOR)
    wanted = cv2.resize(color, (samples.SIDE_PX, samples.SIDE_PX)).astype(int)
    assert np.abs(truth[:, : samples.SIDE_PX] - wanted).mean() < 10
    assert "README.md" in page


def test_a_page_tells_every_count_and_what_it_was_made_of(paired: StageRecord, layout: DataLayout):
    cleaned = _before(paired, Stage.CLEAN, layout)
    page = pages.page_of(cleaned, layout)
    for what, number in cleaned.counts.items():
        assert f"| {what} | {number:,} |" in page
    assert f"`{cleaned.inputs['scrape']}`" in page
    assert layout.stage(Stage.CLEAN, cleaned.key).as_uri() in page


def test_what_took_days_is_told_in_full(paired: StageRecord, layout: DataLayout):
    times = {"started_at": "2026-01-01T00:00:00+00:00", "ended_at": "2026-01-03T00:00:05+00:00"}
    assert f", {2 * 24 * 3600 + 5} s, " in pages.page_of(replace(paired, **times), layout)


def test_pictures_that_are_gone_are_not_shown(paired: StageRecord, layout: DataLayout):
    files.remove(layout.images())
    assert "data:image" not in pages.page_of(_before(paired, Stage.SCRAPE, layout), layout)


def _seal_model(paired: StageRecord, layout: DataLayout) -> StageRecord:
    inputs = {"condition": paired}
    opened = ledger.open_stage(Stage.TRAIN, TrainingConfig(), inputs=inputs, layout=layout, seed=1)
    rows = '{"step": 2, "l2": 0.75}\n{"step": 3, "l2": 0.5, "val_l2": 0.25}\n'
    files.write_text(opened.folder / "metrics.jsonl", rows)
    return opened.seal({"steps": 3})


def test_a_models_page_tells_what_each_checkpoint_was_worth(
    paired: StageRecord, layout: DataLayout
):
    page = pages.page_of(_seal_model(paired, layout), layout)
    assert "| step | l2 | val_l2 |" in page
    assert "| 3 | 0.5 | 0.25 |" in page
    assert "| 2 | 0.75 |" not in page


def test_a_models_page_shows_its_newest_pictures(paired: StageRecord, layout: DataLayout):
    inputs = {"condition": paired}
    opened = ledger.open_stage(Stage.TRAIN, TrainingConfig(), inputs=inputs, layout=layout, seed=1)
    files.write_text(opened.folder / "metrics.jsonl", "")
    for step, gray in ((9, 50), (10, 200)):
        _, sheet = cv2.imencode(".png", np.full((400, 1800), gray, np.uint8))
        files.write_bytes(opened.folder / "pictures" / f"step-{step:07d}.png", sheet.tobytes())
    shown = _picture_in(pages.page_of(opened.seal({}), layout))
    assert shown.shape[:2] == (200, samples.WIDTH_PX)
    assert np.abs(shown.astype(int) - 200).max() < 10


def test_the_lineage_names_the_dataset_of_every_model_even_when_it_was_pruned(
    paired: StageRecord, layout: DataLayout
):
    assert lineage.page_of(layout) == ""
    model = _seal_model(paired, layout)
    kept = sum(paired.counts[split] for split in ("train", "val", "test"))
    row = f"| `{paired.key}` | 1 | {kept} | `{model.key}` | paper | 3 | none |"
    assert row in lineage.page_of(layout)

    files.remove(layout.stage(Stage.CONDITION, paired.key))
    assert f"| `{paired.key}` | gone | 0 | `{model.key}` |" in lineage.page_of(layout)


def test_a_model_on_pairs_of_an_older_contract_has_lost_them(
    paired: StageRecord, layout: DataLayout
):
    model = _seal_model(paired, layout)
    path = layout.record(Stage.CONDITION, paired.key)
    files.write_json(path, files.read_json(path) | {"contract": "pairs/1"})
    assert f"| `{paired.key}` | gone | 0 | `{model.key}` |" in lineage.page_of(layout)


def test_a_record_that_cannot_be_read_costs_no_training_its_line(
    paired: StageRecord, layout: DataLayout
):
    model = _seal_model(paired, layout)
    for stage in (Stage.TRAIN, Stage.EVALUATE):
        files.write_text(layout.record(stage, "bad" * 4), "{")
    files.write_text(layout.record(Stage.PACK, paired.inputs["pack"]), "{")
    (line,) = (line for line in lineage.page_of(layout).splitlines() if model.key in line)
    assert "| gone |" in line


def test_a_page_too_large_for_prefect_is_shown_without_its_pictures(
    monkeypatch: pytest.MonkeyPatch,
):
    told: list[str] = []
    monkeypatch.setattr(
        artifacts, "create_markdown_artifact", lambda markdown, **_: told.append(markdown)
    )
    artifacts._show("key", f"words ![x](data:image/png;base64,{'A' * 1_000_001})", "")
    assert told == ["words (a picture, too large for this page)"]


def test_what_is_finished_stays_so_if_no_server_takes_its_page(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def refuse(**_: object) -> None:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(artifacts, "create_markdown_artifact", refuse)
    with caplog.at_level(logging.WARNING):
        artifacts._show("key", "words", "")
    assert "not shown artifact=key" in caplog.text


def test_what_is_transparent_is_shown_white():
    drawn = np.zeros((8, 8, 4), np.uint8)
    drawn[:4] = (10, 20, 200, 255)
    _, content = cv2.imencode(".png", drawn)
    seen = samples._decoded(content.tobytes())
    assert seen is not None
    assert seen[0, 0].tolist() == [200, 20, 10]
    assert seen[-1, -1].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("height", "width"), [(200, 100), (100, 200)])
def test_a_thumbnail_keeps_its_shape_in_the_middle_of_its_square(height: int, width: int):
    shown = samples._squared(np.zeros((height, width, 3), np.uint8)) == 0
    rows, columns = shown.all(axis=2).nonzero()
    wanted = {100: (24, 71), 200: (0, 95)}
    assert (rows.min(), rows.max()) == wanted[height]
    assert (columns.min(), columns.max()) == wanted[width]


def test_what_is_no_picture_is_not_shown():
    assert samples._decoded(b"<html>") is None
    assert samples._decoded(b"") is None


def test_what_is_too_large_for_a_thumbnail_is_not_decoded():
    def png(side_px: int) -> bytes:
        picture = np.zeros((side_px, side_px), np.uint8)
        return cv2.imencode(".png", picture)[1].tobytes()

    small, larger_by_its_header = png(8), bytearray(png(8))
    larger_by_its_header[16:24] = struct.pack(">II", 60_000, 60_000)
    larger_by_its_header[29:33] = struct.pack(">I", zlib.crc32(larger_by_its_header[12:29]))
    assert samples._decoded(small) is not None
    assert samples._decoded(bytes(larger_by_its_header)) is None
    assert samples._decoded(png(4_200)) is None
