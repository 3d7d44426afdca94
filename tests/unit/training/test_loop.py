"""A training that is stopped, starved or out of its mind, and what it leaves."""

import json
import logging
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from upath import UPath

from storage.errors import BadInput, CorruptFile, IrodoriError
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.pictures import decode_png
from storage.records import Split, StageRecord
from tests.circle_pairs import make_pairs
from tests.thin_vgg16 import thin_vgg16
from tests.unit.training.conftest import COUNTS, SIZE_PX
from tests.unit.training.test_perceptual import file_config
from tests.unit.training.test_stage import config_of, digests, folder_of
from training import bookmark, data, divergence, loop, memory, players
from training.arithmetic import Arithmetic
from training.checkpoint import list_checkpoints
from training.config import TrainingConfig
from training.gallery import Gallery
from training.stage import train
from training.team import ALONE, Team
from training.watching import Audience, Glance
from training.whole_batch import see_whole_batch

SHORT: dict[str, Any] = {"steps": 7, "checkpoint_every": 5, "log_every": 3}

KINDS: dict[str, dict[str, Any]] = {
    "no critic": {"recipe": "unet-l2"},
    "critic": {"recipe": "paper"},
    "average and flips": {"recipe": "paper-plus"},
    "many critic steps by RMSprop": {"recipe": "wgan"},
    "SGD with momentum": {"recipe": "paper", "optimizer": "sgd"},
    "dropout": {"recipe": "pix2pix", "batch_size": 2},
}


class CtrlC:
    """A watcher that presses Ctrl-C when it is shown a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, glance: Glance) -> None:
        if glance.step == self.step:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="session")
def features(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A feature network with small weights of its own."""
    import safetensors.torch

    path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    safetensors.torch.save_file(thin_vgg16(), path)
    config = file_config(path)
    names = ("feature_source", "feature_file", "feature_sha256")
    return {name: getattr(config, name) for name in names} | {"feature_layer": "conv2_2"}


def two_roots(tmp_path: Path, size_px: int) -> list[tuple[DataLayout, StageRecord]]:
    layouts = [DataLayout.at(f"{tmp_path}/{name}") for name in "ab"]
    return [(layout, make_pairs(layout, COUNTS, size_px)) for layout in layouts]


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_in_the_middle_of_a_row_it_goes_on_and_ends_in_the_same_bytes(
    tmp_path: Path, features: dict[str, Any], kind: str
) -> None:
    with_features = features | {"feature_weight": 1} if kind == "critic" else {}
    config = config_of(**SHORT | KINDS[kind] | with_features)
    # pix2pix drops values in its inmost levels, which small pictures lack.
    size_px = 64 if kind == "dropout" else SIZE_PX
    (undisturbed, paired), (disturbed, same) = two_roots(tmp_path, size_px)
    wanted = train(config, paired, undisturbed, 0)

    with pytest.raises(KeyboardInterrupt):
        train(config, same, disturbed, 0, CtrlC(step=3))
    folder = disturbed.stage(Stage.TRAIN, wanted.key)
    (left,) = list_checkpoints(folder / bookmark.FOLDER)
    assert left.step == 4

    resumed = train(config, same, disturbed, 0)
    assert digests(resumed) == digests(wanted)
    assert not (folder / bookmark.FOLDER).exists()


def test_with_its_newest_checkpoint_damaged_it_goes_on_from_the_one_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (undisturbed, paired), (disturbed, same) = two_roots(tmp_path, SIZE_PX)
    config = config_of(**SHORT | {"steps": 15}, recipe="paper")
    wanted = train(config, paired, undisturbed, 0)
    train(config, same, disturbed, 0)
    folder = disturbed.stage(Stage.TRAIN, wanted.key)
    (folder / "stage.json").unlink()
    _cut(list_checkpoints(folder)[-1].folder / "optimizer.safetensors")

    caplog.set_level(logging.INFO)
    assert digests(train(config, same, disturbed, 0)) == digests(wanted)
    assert "not resumed step=15" in caplog.text
    assert "resumed step=10" in caplog.text

    (folder / "stage.json").unlink()
    for each in list_checkpoints(folder)[-2:]:
        _cut(each.folder / "optimizer.safetensors")
    with pytest.raises(CorruptFile, match="step-0000015/optimizer"):
        train(config, same, disturbed, 0)


def _cut(path: UPath) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def test_bookmarks_by_the_clock_change_no_output(tmp_path: Path) -> None:
    (layout, paired), (other, same) = two_roots(tmp_path, SIZE_PX)
    rare = train(config_of(**SHORT, recipe="paper"), paired, layout, 0)
    often = train(config_of(**SHORT, recipe="paper", bookmark_minutes=1e-9), same, other, 0)
    assert often.key == rare.key
    assert digests(often) == digests(rare)


def test_a_killed_training_goes_on_from_its_newest_bookmark(
    layout: DataLayout, paired: StageRecord
) -> None:
    seen: list[int] = []
    # No checkpoint before the last step, so that nothing but a bookmark can be gone on from.
    short = SHORT | {"checkpoint_every": 7}
    config = config_of(**short, bookmark_minutes=1e-9, recipe="paper")

    def killed(glance: Glance) -> None:
        if glance.step == 6:
            raise MemoryError

    with pytest.raises(MemoryError):
        train(config, paired, layout, 0, killed)
    train(config, paired, layout, 0, lambda glance: seen.append(glance.step))
    # Step 5 has a bookmark, the sixth step was lost; what was seen before is not seen again.
    assert seen == [6, 7]


def test_killed_between_the_last_checkpoint_and_the_seal_it_leaves_no_bookmark_behind(
    layout: DataLayout, paired: StageRecord
) -> None:
    wanted = train(config_of(**SHORT), paired, layout, 0)
    folder = Path(str(folder_of(layout, wanted)))
    shutil.copytree(folder / "checkpoints" / "step-0000005", folder / "bookmark" / "half")
    (folder / "stage.json").unlink()
    assert digests(train(config_of(**SHORT), paired, layout, 0)) == digests(wanted)


def test_the_best_checkpoint_by_validation_is_named(
    layout: DataLayout, paired: StageRecord
) -> None:
    record = train(config_of(recipe="unet-l2", learning_rate=3e-3), paired, layout, 0)
    folder = folder_of(layout, record)
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    judged = {row["step"]: row["val_l2"] for row in rows if "val_l2" in row}
    assert list(judged) == [4, 8, 12]
    best = min(judged, key=judged.__getitem__)
    assert json.loads((folder / "best.json").read_text()) == {"step": best, "val_l2": judged[best]}

    sheet = decode_png((folder / "pictures" / "step-0000012.png").read_bytes(), "RGB", "") / 255
    ours, truth = (sheet[:, place * SIZE_PX : (place + 1) * SIZE_PX] for place in (2, 3))
    errors = np.split((ours - truth) ** 2, len(sheet) // SIZE_PX)
    assert judged[12] == pytest.approx(np.mean([np.sqrt(each.mean()) for each in errors]))


def test_watchers_see_every_row_with_its_speed_and_every_sheet(
    layout: DataLayout, paired: StageRecord
) -> None:
    seen: list[Glance] = []
    train(config_of(recipe="paper", picture_every=4), paired, layout, 0, seen.append)
    assert [glance.step for glance in seen if glance.facts] == [3, 4, 6, 8, 9, 12]
    assert [glance.step for glance in seen if glance.sheet_HWC is not None] == [4, 8, 12]
    assert all(glance.steps == 12 for glance in seen)
    for glance in seen:
        assert glance.facts["pictures_per_second"] > 0
        assert {"loss", "wasserstein"} <= set(glance.facts)


def test_a_critic_that_explodes_stops_the_training_at_the_last_good_checkpoint(
    layout: DataLayout, paired: StageRecord
) -> None:
    def blown(glance: Glance) -> None:
        raise AssertionError(f"went on to step {glance.step}")

    config = config_of(recipe="paper", penalty_weight=0, learning_rate=1.0, log_every=1)
    with pytest.raises(IrodoriError, match=r"step 1: the critic exploded.* last good .* none yet"):
        train(config, paired, layout, 0, blown)


@pytest.mark.parametrize("minutes", [1e-9, 10])
def test_nothing_that_exploded_between_two_rows_is_kept_and_no_clock_decides_when_it_is_told(
    layout: DataLayout, paired: StageRecord, minutes: float
) -> None:
    config = config_of(
        recipe="paper", penalty_weight=0, learning_rate=1.0, log_every=50, bookmark_minutes=minutes
    )
    with pytest.raises(IrodoriError, match=r"step 4: the critic exploded.* last good .* none yet"):
        train(config, paired, layout, 0)
    (folder,) = (Path(str(layout.root)) / Stage.TRAIN).iterdir()
    assert not list(folder.rglob("*.safetensors"))


@pytest.mark.parametrize(
    ("recipe", "row", "what"),
    [
        ("paper", {"wasserstein": 12e3}, r"wasserstein is 1.2e\+04, wanted within 1.109e\+04"),
        ("paper", {"wasserstein": -12e3}, r"wasserstein is -1.2e\+04"),
        ("paper", {"adversarial": 12e3}, r"adversarial is 1.2e\+04"),
        ("cgan", {"critic": 101.0}, "critic is 101, wanted within 100"),
        ("unet-l2", {"loss": float("nan")}, "loss no longer finite"),
    ],
)
def test_what_diverges_is_named_with_its_limit(
    layout: DataLayout, recipe: str, row: dict[str, float], what: str
) -> None:
    team = players.gather(config_of(recipe=recipe), SIZE_PX, torch.device("cpu"), 0)
    good = {name: 0.5 * np.sign(fact) for name, fact in row.items() if np.isfinite(fact)}
    divergence.refuse_row({"step": 3} | good, team, layout.root)
    with pytest.raises(IrodoriError, match=what):
        divergence.refuse_row({"step": 3} | row, team, layout.root)


class SmallMemory(nn.Module):
    """A generator on a device that holds so many pictures."""

    def __init__(
        self,
        generator: nn.Module,
        holds: int,
        error: RuntimeError | None = None,
    ) -> None:
        super().__init__()
        self.generator, self.holds, self.z_size = generator, holds, generator.z_size
        self.error = error or torch.OutOfMemoryError("CUDA out of memory")

    def forward(self, edge: torch.Tensor, hint: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        if len(edge) > self.holds:
            raise self.error
        colored: torch.Tensor = self.generator(edge, hint, z)
        return colored


Told = tuple[TrainingConfig, players.Players, data.Batches, Audience]


def sixteen_at_once(
    layout: DataLayout, paired: StageRecord, generator: Callable[[nn.Module], nn.Module], team: Team
) -> Told:
    """Give all that a training of 16 pictures a step needs, with another generator."""
    config, cpu = config_of(recipe="paper", batch_size=16), torch.device("cpu")
    who = players.gather(config, SIZE_PX, cpu, 0)
    see_whole_batch(who.generator, team)
    who = replace(who, generator=generator(who.generator))
    folder = layout.stage(Stage.CONDITION, paired.key)
    train_pairs, val_pairs = (data.load_pairs(folder, split) for split in (Split.TRAIN, Split.VAL))
    hints = data.hints_of(paired.settings, who.recipe)
    batches = data.Batches(train_pairs, hints, who.recipe, cpu, 0, team)
    return config, who, batches, Audience(Gallery(val_pairs, cpu, 0))


def test_a_batch_that_is_too_small_for_statistics_does_not_fit_either(
    layout: DataLayout, paired: StageRecord
) -> None:
    def needs_two(generator: nn.Module) -> nn.Module:
        bottom = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(3))
        generator.register_forward_hook(lambda *args: bottom(args[-1]) * 0 + args[-1])
        return SmallMemory(generator, holds=1)

    config, who, batches, _ = sixteen_at_once(layout, paired, needs_two, ALONE)
    assert memory.largest_batch(who, batches, Arithmetic.of(config)) == 0


@pytest.mark.parametrize(
    ("holds", "way_out"), [(5, "--training.batch-size 4"), (0, "smaller --training.width")]
)
def test_out_of_memory_names_the_batch_that_fits(
    layout: DataLayout, paired: StageRecord, holds: int, way_out: str
) -> None:
    small = partial(SmallMemory, holds=holds)
    config, who, batches, audience = sixteen_at_once(layout, paired, small, ALONE)
    folder, how = layout.root / "train", Arithmetic.of(config)
    told = f"a batch of 16 pictures of 32 px.*{way_out}"
    with pytest.raises(BadInput, match=told):
        loop.fit(config, who, batches, audience, folder, how)
    with pytest.raises(BadInput, match=told):
        loop.fit_along(config, who, batches, folder, how)
    assert not list_checkpoints(folder)


@pytest.mark.parametrize(
    "said",
    ["CUDA error: out of memory", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublas`"],
)
def test_memory_that_runs_out_beside_torchs_own_is_no_other_case(
    layout: DataLayout, paired: StageRecord, said: str
) -> None:
    small = partial(SmallMemory, holds=5, error=RuntimeError(said))
    config, who, batches, audience = sixteen_at_once(layout, paired, small, ALONE)
    with pytest.raises(BadInput, match=r"take --training\.batch-size 4$"):
        loop.fit(config, who, batches, audience, layout.root / "train", Arithmetic.of(config))


def test_a_process_of_a_team_finds_what_fits_without_the_others(
    layout: DataLayout, paired: StageRecord
) -> None:
    second, small = Team(1, 2), partial(SmallMemory, holds=5)
    config, who, batches, _ = sixteen_at_once(layout, paired, small, second)
    how = replace(Arithmetic.of(config), team=second)
    assert memory.largest_batch(who, batches, how) == 8


def test_a_cpu_without_memory_is_no_other_case(layout: DataLayout, paired: StageRecord) -> None:
    def too_small(_: nn.Module) -> nn.Module:
        # 2 TB a picture: nobody has them.
        return OnceTooLarge(numbers=2**39)

    config, who, batches, audience = sixteen_at_once(layout, paired, too_small, ALONE)
    with pytest.raises(BadInput, match=r"out of memory on cpu: .*smaller --training\.width"):
        loop.fit(config, who, batches, audience, layout.root / "train", Arithmetic.of(config))


class OnceTooLarge(nn.Module):
    """A generator that wants so many numbers a picture."""

    z_size = 0

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.numbers = numbers

    def forward(self, edge: torch.Tensor, *_: torch.Tensor | None) -> torch.Tensor:
        return torch.empty(len(edge), self.numbers)


def test_a_bookmark_is_put_in_every_so_many_minutes_and_not_more_often(
    layout: DataLayout, paired: StageRecord
) -> None:
    config, who, _, audience = sixteen_at_once(layout, paired, lambda it: it, ALONE)
    run = loop.Run(config, who, audience, layout.root / "train", Arithmetic.of(config))
    run.kept_at -= 60 * 9.9
    run.keep(1, is_last=False)
    assert bookmark.newest(run.folder) is None
    run.kept_at -= 60 * 0.2
    for step in (2, 3):
        run.keep(step, is_last=False)
    assert [each.step for each in list_checkpoints(run.folder / bookmark.FOLDER)] == [2]


def test_an_operational_field_is_no_part_of_the_key() -> None:
    assert "bookmark_minutes" not in TrainingConfig().settings()
