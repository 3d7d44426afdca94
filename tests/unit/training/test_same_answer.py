"""Fast and plain are one training: at each of fifty steps they agree, and how far."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from storage import digest
from storage.errors import BadInput
from tests.side_by_side import JUDGED, PLAIN, Team, noise_pairs, walk
from tests.thin_vgg16 import thin_vgg16
from training import residence
from training.config import TrainingConfig

CPU = torch.device("cpu")
STEPS = 50
PAPER: dict[str, Any] = {
    "recipe": "paper", "width": 4, "critic_width": 4, "z_form": "lowres", "batch_size": 2,
    "feature_source": "file", "feature_layer": "conv3_1", "device": "cpu",
}  # fmt: skip

MakeTeam = Callable[..., Team]


@pytest.fixture
def team(tmp_path: Path) -> MakeTeam:
    path = tmp_path / "vgg.safetensors"
    safetensors.torch.save_file(thin_vgg16(), path)
    file = {"feature_file": str(path), "feature_sha256": digest.of_bytes(path.read_bytes())}

    def make(**overrides: Any) -> Team:
        config = TrainingConfig.model_validate(PLAIN | PAPER | file | overrides)
        return Team.of(config, noise_pairs(5, 32))

    return make


def test_kept_features_and_resident_pictures_change_no_bit_of_a_training(team: MakeTeam) -> None:
    reference, other = team(), team(target_features="kept", pictures="resident")
    for step in range(STEPS):
        wanted, found = reference.step(step), other.step(step)
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_the_analytic_penalty_is_its_definition_at_every_step_of_a_training(
    team: MakeTeam,
) -> None:
    apart = walk(team(), team(penalty_form="analytic"), STEPS)
    assert max(apart.values()) < 1e-5, apart


def test_bf16_sees_the_losses_of_fp32_at_every_step_of_a_training(team: MakeTeam) -> None:
    apart = walk(team(), team(precision="bf16", penalty_form="analytic"), STEPS)
    # Eight bits of mantissa; the features have ten roundings behind them.
    assert max(apart[name] for name in ("loss", "l1", "l2", "tv", "penalty")) < 0.03, apart
    assert apart["features"] < 0.1, apart


def test_left_alone_fast_and_plain_trainings_lose_alike(team: MakeTeam) -> None:
    losses = []
    for way in ({}, {"penalty_form": "analytic", "target_features": "kept", "precision": "bf16"}):
        trained = team(**way)
        losses.append(torch.stack([trained.step(step)["loss"] for step in range(STEPS)]))
    torch.testing.assert_close(losses[1], losses[0], rtol=0.05, atol=0)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs g++ on a CPU")
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    # Dynamo looks at every input, at those inside the graph too.
    "ignore:The .grad attribute of a Tensor that is not a leaf",
)
def test_compiled_networks_and_penalty_agree_with_eager_ones_at_every_step(team: MakeTeam) -> None:
    eager = team(penalty_form="analytic")
    apart = walk(eager, team(penalty_form="analytic", compile="on"), STEPS)
    # Gradients are left out: where a ReLU turns over by rounding they jump, compiled or not.
    assert max(apart[name] for name in JUDGED) < 1e-3, apart


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs g++ on a CPU")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
def test_a_compiled_network_drops_what_the_eager_one_drops() -> None:
    small = {"recipe": "pix2pix", "width": 4, "critic_width": 4, "device": "cpu"}
    eager, other = (
        Team.of(TrainingConfig.model_validate(PLAIN | small | way), noise_pairs(5, 64))
        for way in ({}, {"compile": "on"})
    )
    apart = walk(eager, other, 2)
    assert max(apart[name] for name in JUDGED if name in apart) < 1e-5, apart


def test_compiling_without_a_compiler_is_refused_in_one_line(
    team: MakeTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(BadInput, match=r"^--training\.compile on: .*--training\.compile off$"):
        team(compile="on")


class Patience(TorchDispatchMode):
    """Refuses what would make the CPU wait for a GPU's number."""

    WAITS = ("aten._local_scalar_dense", "aten.nonzero", "aten.masked_select", "aten.is_nonzero")

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert not str(func).startswith(self.WAITS), f"{func} waits for the device"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("recipe", ["unet-l2", "paper", "wgan", "pix2pix"])
def test_a_step_asks_for_no_number_that_the_device_has_yet_to_compute(
    team: MakeTeam, recipe: str
) -> None:
    ready = team(recipe=recipe, penalty_form="analytic", target_features="kept")
    ready.step(0)
    with Patience():
        ready.step(1)


def test_features_are_kept_while_there_is_room_and_computed_after_that(team: MakeTeam) -> None:
    ready = team(target_features="kept", batch_size=1)
    targets = ready.players.targets
    assert targets is not None
    one = targets.of(ready.batches.draw(0))
    targets.room_bytes = one.nbytes
    for number in range(5):
        targets.of(ready.batches.draw(number))
    assert targets.room_bytes == 0


def test_mirrored_pictures_features_are_never_kept(team: MakeTeam) -> None:
    targets = team(target_features="kept", flips=True).players.targets
    assert targets is not None
    assert targets.room_bytes == 0


def test_pictures_that_do_not_fit_are_streamed_unless_they_have_to_be_resident() -> None:
    pairs = noise_pairs(5, 32)
    needed = residence.num_bytes(pairs)
    assert needed == 5 * (3 + 1) * 32 * 32
    settled = residence.settle(pairs, CPU, "resident", lambda _: 2 * needed)
    assert settled.color.data_ptr() != pairs.color.data_ptr()
    with pytest.raises(BadInput, match=f"they take {needed:,} bytes"):
        residence.settle(pairs, CPU, "resident", lambda _: 2 * needed - 2)
    assert residence.settle(pairs, CPU, "auto") is pairs
