"""How fast a training is said to go."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from tests.unit.training.test_step import setting
from training.pace import Pace
from training.team import Team


def test_the_speed_is_that_of_the_pictures_since_the_row_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    players, _, how = setting(recipe="unet-l2", batch_size=3)
    now = 100.0
    # For this room alone: other threads need theirs.
    monkeypatch.setattr("training.pace.time", SimpleNamespace(monotonic=lambda: now))
    pace = Pace(players, how, step=10)
    now = 102.0
    assert pace.at(15) == {"pictures_per_second": 5 * 3 / 2}
    now = 102.5
    assert pace.at(17) == {"pictures_per_second": 2 * 3 / 0.5}
    assert pace.steps == 2


def test_beside_a_known_peak_its_share_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    players, _, how = setting(recipe="unet-l2", batch_size=3)
    now = 0.0
    monkeypatch.setattr("training.pace.time", SimpleNamespace(monotonic=lambda: now))
    pace = Pace(players, how, step=0)
    pace.pictures_at_peak = 120.0
    now = 1.0
    assert pace.at(10) == {"pictures_per_second": 30, "share_of_peak": 30 / 120}


def test_the_peak_of_a_team_is_that_of_all_its_gpus_and_no_other_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    players, _, how = setting(recipe="unet-l2", batch_size=8)
    gpu = replace(how, device=torch.device("cuda"))
    monkeypatch.setattr("training.effort.peak_tflops", lambda *_: 100.0)
    alone, four = (Pace(players, replace(gpu, team=Team(size=size)), step=0) for size in (1, 4))
    assert four.pictures_at_peak == pytest.approx(4 * alone.pictures_at_peak)
