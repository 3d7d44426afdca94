import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluation.conditions import Condition
from evaluation.folder import Asked
from evaluation.folder_report import Judged, NamedScore, judge
from evaluation.scores import Answer
from storage import manifest
from storage.errors import BadInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, StageRecord
from tests.pictures import drawing, encoded
from training.config import TrainingConfig
from training.recipes import RecipeName
from training.stage import train

Trainings = dict[RecipeName, StageRecord]
NUM_PICTURES = 3


@pytest.fixture(scope="module")
def checkpoint(layout: DataLayout, trained: Trainings) -> str:
    folder = layout.stage(Stage.TRAIN, trained["paper"].key)
    return str(folder / "checkpoints" / "step-0000004")


def _draw(folder: Path) -> Path:
    folder.mkdir()
    for number in range(NUM_PICTURES):
        (folder / f"{number}.png").write_bytes(encoded(drawing(number, 80)))
    (folder / "1.line.png").write_bytes(encoded(drawing(1, 60)))
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return _draw(tmp_path / "pictures")


@pytest.fixture(scope="module")
def whole(checkpoint: str, layout: DataLayout, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """The drawings, judged as they are: only looked at."""
    folder = tmp_path_factory.mktemp("whole")
    pictures = _draw(folder / "pictures")
    return judge(Asked(checkpoint, str(folder / "out"), str(pictures), device="cpu"), layout)


@pytest.fixture
def asked(checkpoint: str, pictures: Path, tmp_path: Path) -> Asked:
    return Asked(checkpoint, str(tmp_path / "out"), str(pictures), device="cpu")


def _rows(judged: Judged) -> list[NamedScore]:
    return manifest.read_table(
        judged.place / "per_picture.parquet", Contract.EVALUATION, NamedScore
    )


def _with(asked: Asked, **changed: str | int) -> Asked:
    return Asked(**{name: getattr(asked, name) for name in Asked.__slots__} | changed)


def test_every_picture_is_scored_beside_the_untrained_answers(whole: Judged):
    numbers = {(score.condition, score.answer): score.num_pictures for score in whole.scores}
    assert numbers == {
        (condition, answer): 1 if condition is Condition.TRUE_LINES else NUM_PICTURES
        for condition in (Condition.DETECTED, Condition.NO_HINT, Condition.TRUE_LINES)
        for answer in Answer
        if (condition, answer) != (Condition.NO_HINT, Answer.LEVIN)
    }
    rows = _rows(whole)
    assert {row.file for row in rows if row.condition is Condition.TRUE_LINES} == {"1"}
    (model,) = (
        score
        for score in whole.scores
        if (score.condition, score.answer) == (Condition.DETECTED, Answer.MODEL)
    )
    l2s = [
        row.l2 for row in rows if (row.condition, row.answer) == (Condition.DETECTED, Answer.MODEL)
    ]
    assert model.l2 == pytest.approx(np.mean(l2s))
    assert model.l2_low <= model.l2 <= model.l2_high
    assert model.step == 4


def test_metrics_and_page_tell_the_same_and_the_page_stands_alone(whole: Judged):
    metrics = json.loads((whole.place / "metrics.json").read_text())
    page = (whole.place / "page.html").read_text()
    assert metrics["recipe"] == "paper"
    assert metrics["counts"]["pictures"] == NUM_PICTURES
    assert f"{metrics['test'][0]['l2']:.4f}" in page
    assert 'src="data:image/png;base64,' in page
    assert "http" not in page.split("</style>")[1]


def test_a_bad_file_is_named_skipped_and_counted_and_the_rest_is_judged(
    asked: Asked, pictures: Path, layout: DataLayout, whole: Judged
):
    (pictures / "bad.png").write_bytes((pictures / "0.png").read_bytes()[:200])
    (pictures / "lie.jpg").write_text("no picture at all")
    (pictures / "2.line.png").write_bytes(b"")
    judged = judge(asked, layout)
    skipped = {(Path(each["file"]).name, each["reason"]) for each in judged.metrics["skipped"]}
    assert skipped == {("bad.png", "corrupt"), ("lie.jpg", "corrupt"), ("2.line.png", "corrupt")}
    assert (whole.is_whole, judged.is_whole) == (True, False)
    assert judged.scores == whole.scores
    assert judged.counts["skipped"] == 3


def test_the_same_picture_twice_counts_once_and_is_no_damage(
    asked: Asked, pictures: Path, layout: DataLayout
):
    (pictures / "again.png").write_bytes((pictures / "0.png").read_bytes())
    judged = judge(asked, layout)
    assert judged.is_whole
    assert (judged.counts["pictures"], judged.counts["twice"]) == (NUM_PICTURES, 1)


def test_transparent_turned_and_gray_originals_are_decoded_as_a_dataset_decodes_them(
    asked: Asked, pictures: Path, layout: DataLayout
):
    for path in pictures.iterdir():
        path.unlink()
    clear = Image.new("RGBA", (64, 48), (255, 0, 0, 0))
    clear.save(pictures / "clear.png")
    Image.new("CMYK", (64, 48), (0, 0, 0, 0)).save(pictures / "ink.jpg")
    judged = judge(asked, layout)
    assert judged.is_whole
    # Nothing is drawn on either, so both are white paper: the lines of which are the truth.
    lines = [row.l2 for row in _rows(judged) if row.answer is Answer.LINES]
    assert len(lines) == 4
    assert max(lines) < 0.01


def test_line_art_without_a_picture_is_coloured_in_its_shape_and_not_scored(
    asked: Asked, layout: DataLayout, tmp_path: Path
):
    lines = tmp_path / "lines"
    (lines / "below").mkdir(parents=True)
    Image.new("L", (120, 60), 255).save(lines / "below" / "wide.png")
    judged = judge(_with(asked, pictures="", lines=str(lines)), layout)
    with Image.open(judged.place / "colored" / "below" / "wide.png") as colored:
        assert (colored.size, colored.mode) == ((32, 16), "RGB")
    assert judged.scores == ()
    assert (judged.counts["pictures"], judged.counts["colored"]) == (0, 1)
    assert _rows(judged) == []


def test_another_kind_of_hints_gives_other_answers_and_none_asks_no_hinted_question(
    asked: Asked, layout: DataLayout, whole: Judged
):
    paper, strokes, none = (
        {(score.condition, score.answer): score.l2 for score in judged.scores}
        for judged in (
            whole,
            judge(_with(asked, hints="strokes"), layout),
            judge(_with(asked, hints="none"), layout),
        )
    )
    hinted = (Condition.DETECTED, Answer.HINT)
    bare = (Condition.NO_HINT, Answer.MODEL)
    assert paper[hinted] != strokes[hinted]
    assert hinted not in none
    assert paper[bare] == strokes[bare] == none[bare]


def test_a_network_that_takes_another_size_is_asked_at_it_without_its_critic(
    asked: Asked, layout: DataLayout, whole: Judged
):
    judged = judge(_with(asked, size_px=64), layout)
    assert judged.metrics["size_px"] == 64
    assert all(score.wasserstein is None for score in judged.scores)
    assert any(score.wasserstein is not None for score in whole.scores)


def test_a_batch_changes_no_picture(
    asked: Asked, pictures: Path, layout: DataLayout, whole: Judged
):
    together = {row.md5: row.l2 for row in _rows(whole) if row.answer == "model"}
    for path in sorted(pictures.iterdir())[1:]:
        path.unlink()
    alone = {row.md5: row.l2 for row in _rows(judge(asked, layout)) if row.answer == "model"}
    ((md5, l2),) = alone.items()
    assert l2 == pytest.approx(together[md5], abs=1e-4)


@pytest.mark.parametrize("below", ["/proc/nowhere", "pictures/0.png/out"])
def test_a_place_that_cannot_be_written_is_said_in_one_line(
    asked: Asked, layout: DataLayout, tmp_path: Path, below: str
):
    with pytest.raises(BadInput, match=rf"^--out .*{below} cannot be written \(.+\); name another"):
        judge(_with(asked, out=str(tmp_path / below)), layout)


@pytest.mark.parametrize("theirs", ["colored/mine.png", "metrics.json", "page.html"])
def test_a_folder_of_somebody_elses_is_left_alone_whatever_its_names(
    asked: Asked, layout: DataLayout, theirs: str
):
    path = Path(asked.out) / theirs
    path.parent.mkdir(parents=True)
    path.write_text("precious")
    with pytest.raises(BadInput, match=rf"holds {Path(theirs).parts[0]}, which is not ours"):
        judge(asked, layout)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("wrong", [{"size_px": 40}, {"checkpoint": "typo"}])
def test_what_is_refused_leaves_the_older_result_as_it_is(
    asked: Asked, layout: DataLayout, tmp_path: Path, wrong: dict[str, str | int]
):
    lines = tmp_path / "lines"
    lines.mkdir()
    Image.new("L", (60, 60), 255).save(lines / "alone.png")
    place = Path(str(judge(_with(asked, lines=str(lines)), layout).place))
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert place / "colored" / "alone.png" in before
    with pytest.raises(BadInput):
        judge(_with(asked, **wrong), layout)
    assert before == {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_noise_of_one_size_refuses_another_in_one_line(
    asked: Asked, paired: StageRecord, layout: DataLayout, tmp_path: Path
):
    own = DataLayout.at(str(tmp_path / "root"))
    shutil.copytree(str(layout.root / "condition"), str(own.root / "condition"))
    config = TrainingConfig(
        recipe="paper", steps=1, batch_size=2, width=2, critic_width=2, feature_weight=0.0,
        z_form="literal", device="cpu",
    )  # fmt: skip
    key = train(config, paired, own, seed=1).key
    with pytest.raises(BadInput, match=r"^--size-px 64: .* leave it out to colour at 32 px"):
        judge(_with(asked, checkpoint=key, size_px=64), own)


def test_a_result_is_replaced_by_a_later_one_and_nothing_else_ever_is(
    asked: Asked, pictures: Path, layout: DataLayout, tmp_path: Path
):
    (pictures / "2.png").unlink()
    assert judge(asked, layout).counts["pictures"] == NUM_PICTURES - 1
    (pictures / "0.png").unlink()
    assert judge(asked, layout).counts["pictures"] == NUM_PICTURES - 2
    (tmp_path / "out" / "mine.txt").write_text("precious")
    with pytest.raises(BadInput, match=r"holds mine.txt, which is not ours"):
        judge(asked, layout)
    with pytest.raises(BadInput, match="is a file"):
        judge(_with(asked, out=str(tmp_path / "out" / "mine.txt")), layout)
