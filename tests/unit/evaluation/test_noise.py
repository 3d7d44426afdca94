import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evaluation.colorize import Colorizer
from evaluation.config import EvaluationConfig
from evaluation.measuring import BARE
from evaluation.noise import SIGMAS, add_noise, bear_noise
from evaluation.plan import Plan
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord

SEED = 3
CPU = torch.device("cpu")


class LinesReturned(nn.Module):
    """Answers with the lines, and heeds no hint."""

    z_size = 0

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor | None) -> Tensor:
        return edge.expand(-1, 3, -1, -1)


@pytest.fixture
def plan(layout: DataLayout, paired: StageRecord, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return Plan(
        EvaluationConfig(num_hint_pictures=3, batch_size=2),
        layout.stage(Stage.CONDITION, paired.key),
        (),
        DataLayout.at(str(tmp_path_factory.mktemp("noise"))).root,
        CPU,
        SEED,
        BARE,
    )


@pytest.mark.parametrize("sigma", [8, 32])
def test_noise_has_the_deviation_that_it_is_asked_for(sigma: int) -> None:
    gray = np.full((128, 128, 3), 128, np.uint8)

    noise = add_noise(gray, sigma, seed=1).astype(float) - 128

    assert noise.std() == pytest.approx(sigma, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.05 * sigma)
    assert (add_noise(gray, sigma, seed=1) - 128.0 == noise).all()
    assert (add_noise(gray, sigma, seed=2) - 128.0 != noise).any()


def test_noise_is_cut_at_white_and_none_changes_nothing() -> None:
    white = np.full((64, 64), 255, np.uint8)

    noisy = add_noise(white, 32, seed=1)

    assert (noisy == 255).mean() == pytest.approx(0.5, abs=0.05)
    assert (add_noise(white, 0, seed=1) == white).all()


def test_noise_tells_in_what_it_is_put_on_and_only_there(plan: Plan) -> None:
    scores = bear_noise(plan, Colorizer(LinesReturned(), None, CPU, SEED))

    assert [(score.what, score.sigma) for score in scores] == [
        (what, sigma) for what in ("lines", "hint") for sigma in SIGMAS
    ]
    assert {score.num_pictures for score in scores} == {3}
    l2 = {(score.what, score.sigma): score.l2 for score in scores}
    assert len({l2["hint", sigma] for sigma in SIGMAS}) == 1
    assert len({l2["lines", sigma] for sigma in SIGMAS}) == len(SIGMAS)
    assert l2["lines", 0] == l2["hint", 0]
    for score in scores:
        assert score.l2_low <= score.l2 <= score.l2_high


def test_the_same_noise_whatever_the_batch(plan: Plan, tmp_path: object) -> None:
    config = EvaluationConfig(num_hint_pictures=3, batch_size=1)
    folder = DataLayout.at(str(tmp_path)).root
    one_by_one = Plan(config, plan.pairs_folder, (), folder, CPU, SEED, BARE)
    colorizer = Colorizer(LinesReturned(), None, CPU, SEED)

    assert bear_noise(one_by_one, colorizer) == bear_noise(plan, colorizer)
