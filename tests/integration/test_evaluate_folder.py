"""`irodori evaluate --pictures` and `irodori compare` as a person meets them."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from evaluation.config import EvaluationConfig
from evaluation.stage import evaluate
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord
from tests.datasets import dataset_of, posts_of
from training.config import TrainingConfig
from training.stage import train

PROJECT = Path(__file__).parents[2]
TINY = TrainingConfig(
    recipe="unet-l2", steps=4, checkpoint_every=2, batch_size=2, width=2, device="cpu"
)
SEED = 1


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> DataLayout:
    return DataLayout.at(str(tmp_path_factory.mktemp("folder") / "root"))


@pytest.fixture(scope="module")
def evaluated(layout: DataLayout) -> StageRecord:
    """A dataset through its real stages, a training of four steps, and the stage's own verdict."""
    paired = dataset_of(layout, posts_of(layout, range(1, 61)))
    trained = train(TINY, paired, layout, SEED)
    config = EvaluationConfig(num_curve_pictures=2, num_pictures=2, device="cpu")
    return evaluate(config, trained, paired, layout, SEED)


@pytest.fixture(scope="module")
def originals(layout: DataLayout, evaluated: StageRecord, tmp_path_factory) -> Path:
    """The originals of the test pictures, as files of any folder."""
    folder = tmp_path_factory.mktemp("originals")
    for md5 in {row["md5"] for row in _rows(_evaluation(layout, evaluated) / "per_sample.parquet")}:
        (folder / f"{md5}.png").write_bytes(layout.image(md5, "png").read_bytes())
    return folder


def _irodori(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *map(str, words)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=200,
    )


def _evaluation(layout: DataLayout, evaluated: StageRecord) -> Path:
    return Path(str(layout.stage(Stage.EVALUATE, evaluated.key)))


def _training(layout: DataLayout, evaluated: StageRecord) -> Path:
    return Path(str(layout.stage(Stage.TRAIN, evaluated.inputs["train"])))


def _rows(path: Path) -> list[dict[str, object]]:
    return pq.read_table(path, use_threads=False).to_pylist()


def test_the_pictures_of_a_dataset_get_the_numbers_that_they_have_there(
    layout: DataLayout, evaluated: StageRecord, originals: Path, tmp_path: Path
):
    checkpoint = _training(layout, evaluated) / "checkpoints" / "step-0000004"
    out = tmp_path / "out"
    words = ("--pictures", originals, "--checkpoint", checkpoint, "--out", out)
    done = _irodori("evaluate", *words, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(out / "page.html")
    assert "The checkpoint              l2 0." in done.stdout

    def by_name(path: Path) -> dict[tuple[object, ...], object]:
        return {(row["md5"], row["condition"], row["answer"]): row["l2"] for row in _rows(path)}

    there, here = (
        by_name(path)
        for path in (
            _evaluation(layout, evaluated) / "per_sample.parquet",
            out / "per_picture.parquet",
        )
    )
    assert here
    for name, l2 in here.items():
        assert l2 == pytest.approx(there[name], abs=1e-6)

    # Beside each other, nothing differs.
    compared = _irodori("compare", evaluated.key[:6], out, "--root", layout.root, "--json")
    assert compared.returncode == 0, compared.stderr
    told = json.loads(compared.stdout)
    assert [run["recipe"] for run in told["runs"].values()] == ["unet-l2", "unet-l2"]
    assert {each["condition"] for each in told["paired"]} >= {"detected", "no_hint"}
    assert all(abs(each["difference"]) < 1e-5 for each in told["paired"] if each["measure"] == "l2")
    assert _irodori("compare", out, "-o", tmp_path / "told.md").returncode == 0
    assert (tmp_path / "told.md").read_text().startswith("# Runs side by side")


def test_a_bad_picture_is_named_and_its_exit_code_is_1_and_lone_lines_are_coloured(
    layout: DataLayout, evaluated: StageRecord, originals: Path, tmp_path: Path
):
    pictures, lines = tmp_path / "pictures", tmp_path / "lines"
    pictures.mkdir()
    lines.mkdir()
    first, second = sorted(originals.iterdir())[:2]
    (pictures / "good.png").write_bytes(first.read_bytes())
    (pictures / "cut.png").write_bytes(second.read_bytes()[:300])
    (lines / "good.png").write_bytes(first.read_bytes())
    (lines / "alone.png").write_bytes(second.read_bytes())
    key = evaluated.inputs["train"][:8]
    done = _irodori(
        *("evaluate", "--pictures", pictures, "--lines", lines, "--checkpoint", key),
        *("--root", layout.root, "-o", tmp_path / "out"),
    )
    assert done.returncode == 1, done.stderr
    assert f"{pictures / 'cut.png'} (corrupt)" in done.stdout
    assert "From the artist's own lines, with a hint, 1 picture:" in done.stdout
    assert (tmp_path / "out" / "colored" / "alone.png").exists()
    assert "Traceback" not in done.stderr


def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    layout: DataLayout, evaluated: StageRecord, originals: Path, tmp_path: Path
):
    training = _training(layout, evaluated)
    for words, told in (
        (("--pictures", tmp_path / "typo", "--checkpoint", training), "is no folder"),
        (("--pictures", originals, "--checkpoint", tmp_path), "holds no complete checkpoint"),
        (("--pictures", originals, "--root", tmp_path / "new"), "no trained model yet"),
    ):
        done = _irodori("evaluate", *words, "--out", tmp_path / "out")
        (line,) = done.stderr.splitlines()
        assert done.returncode == 2
        assert told in line
    assert not (tmp_path / "out").exists()
    done = _irodori("compare", "nothing", "--root", layout.root)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert "no such run" in line
