import os
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from upath import UPath

from storage.errors import BadInput, LostPeer, MissingInput
from storage.place import Place
from tests.unit.training import team_child
from tests.unit.training.team_child import CASES, SMALL, learn
from training import loop, team
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.players import gather
from training.team import ALONE, Team, gathered
from training.whole_batch import WholeBatchDropout, WholeBatchNorm, see_whole_batch

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes, started by torchrun, have left what each of them learned."""
    folder = tmp_path_factory.mktemp("team")
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", team_child.__file__, str(folder)),
        ],
        env=os.environ | {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


@pytest.mark.parametrize("name", CASES)
def test_two_processes_learn_what_one_learns_from_the_whole_batch(
    two_processes: Path, name: str
) -> None:
    alone = learn(name, ALONE)
    for rank in range(2):
        together = safetensors.torch.load_file(two_processes / f"{name}.{rank}")
        assert together.keys() == alone.keys()
        for what, value in alone.items():
            near = 1e-9 * max(1.0, float(value.abs().max()))
            torch.testing.assert_close(together[what], value, rtol=0, atol=near)


@pytest.mark.parametrize("name", CASES)
def test_two_processes_hold_the_same_weights_to_the_bit(two_processes: Path, name: str) -> None:
    first, second = (safetensors.torch.load_file(two_processes / f"{name}.{n}") for n in range(2))
    assert all(torch.equal(first[what], second[what]) for what in first)


def test_who_helps_goes_on_from_where_the_first_process_does(two_processes: Path) -> None:
    first, second = (safetensors.torch.load_file(two_processes / f"resumed.{n}") for n in range(2))
    assert all(torch.equal(first[what], second[what]) for what in first)


def test_a_batch_that_cannot_be_shared_equally_is_refused_with_the_way_out() -> None:
    assert [Team(rank, 2).rows(6) for rank in range(2)] == [slice(0, 3), slice(3, 6)]
    with pytest.raises(BadInput, match=r"batch-size 4: 3 processes.* multiple of 3"):
        Team(0, 3).rows(4)


def test_a_process_that_torchrun_has_not_started_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    # A batch system may set one of them for reasons of its own.
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert Place.here() == Place()
    with gathered(torch.device("cpu")) as team:
        assert team == ALONE


def test_alone_every_layer_stays_as_it_is() -> None:
    network = torch.nn.Sequential(torch.nn.BatchNorm2d(2), torch.nn.Dropout())
    see_whole_batch(network, ALONE)
    assert [type(layer) for layer in network] == [torch.nn.BatchNorm2d, torch.nn.Dropout]


def test_in_evaluation_layers_of_the_whole_batch_ask_nobody_and_change_nothing() -> None:
    norm = torch.nn.BatchNorm2d(2)
    norm.load_state_dict({
        "weight": torch.tensor([1.0, 3.0]), "bias": torch.tensor([0.0, 5.0]),
        "running_mean": torch.tensor([2.0, -1.0]), "running_var": torch.tensor([4.0, 0.25]),
        "num_batches_tracked": torch.tensor(7),
    })  # fmt: skip
    layers = torch.nn.Sequential(norm, torch.nn.Dropout())
    # There is no other process, so whoever asks it ends in an error.
    see_whole_batch(layers, Team(0, 2))
    assert [type(layer) for layer in layers] == [WholeBatchNorm, WholeBatchDropout]
    layers.eval()
    before = {name: value.clone() for name, value in layers.state_dict().items()}

    x = torch.randn(3, 2, 4, 4)
    wanted = torch.stack([(x[:, 0] - 2) / 2, (x[:, 1] + 1) / 0.5 * 3 + 5], dim=1)
    torch.testing.assert_close(layers(x), wanted, rtol=1e-4, atol=1e-4)
    assert all(torch.equal(value, before[name]) for name, value in layers.state_dict().items())


def test_who_helps_and_does_not_see_the_checkpoint_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Team, "told", lambda *_: 8)
    config = TrainingConfig.model_validate(SMALL | {"recipe": "paper", "steps": 9})
    players, how = gather(config, 64, torch.device("cpu"), 0), Arithmetic.of(config)
    with pytest.raises(MissingInput, match=r"the checkpoint of step 8, .* all processes have to"):
        loop.fit_along(config, players, None, UPath(tmp_path), how)


def test_memory_that_does_not_hold_a_sum_is_no_lost_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(error: RuntimeError) -> None:
        def all_reduce(_: object) -> None:
            raise error

        monkeypatch.setattr(torch.distributed, "all_reduce", all_reduce)

    fails(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"))
    with pytest.raises(torch.OutOfMemoryError):
        team.add_up(torch.zeros(3))
    fails(RuntimeError("Connection closed by peer [127.0.0.1]:4711\nmore of it"))
    with pytest.raises(LostPeer, match=r"goes on where it was \(Connection closed by peer"):
        team.add_up(torch.zeros(3))
