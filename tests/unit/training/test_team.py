import os
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from storage.errors import BadInput
from storage.place import Place
from tests.unit.training import team_child
from tests.unit.training.team_child import CASES, learn
from training.team import ALONE, Team, gathered
from training.whole_batch import see_whole_batch

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
