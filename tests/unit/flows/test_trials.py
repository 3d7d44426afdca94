"""One training at a time in a process: torch's chance and its switches are those of the process."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import training.stage
from evaluation.config import EvaluationConfig
from evaluation.outcome import Outcome
from flows.trials import Grounds, Trial, undergo
from storage import files, ledger
from storage.errors import IrodoriError
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split
from tests.circle_pairs import make_pairs
from tests.small_evaluation import CONFIG
from training.config import TrainingConfig


def test_two_trials_in_threads_of_one_process_take_turns(monkeypatch: pytest.MonkeyPatch):
    trains, most = 0, 0
    guard = threading.Lock()

    def train(*_: object) -> None:
        nonlocal trains, most
        with guard:
            trains += 1
            most = max(most, trains)
        # Time enough for another one to begin, if it could.
        time.sleep(0.05)
        with guard:
            trains -= 1
        raise IrodoriError("trained enough")

    monkeypatch.setattr(training.stage, "train", train)
    grounds = Grounds(None, {"paper": None}, EvaluationConfig(), "data", 1)
    trials = [Trial("paper", "", seed, TrainingConfig()) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda trial: undergo(trial, grounds), trials))
    assert most == 1
    assert [outcome.failure for (outcome,) in found] == ["trained enough"] * 4


SMALL = TrainingConfig(recipe="unet-l2", steps=2, log_every=1, batch_size=2, width=2, device="cpu")


@pytest.fixture
def grounds(layout: DataLayout) -> Grounds:
    """Small pairs to train on and to judge with, in a run whose seed is 1."""
    splits = {Split.TRAIN: [2], Split.VAL: [1], Split.TEST: [1]}
    paired = make_pairs(layout, splits, 32)
    return Grounds(paired, {"paper": paired}, CONFIG, str(layout.root), 1)


def test_a_model_is_trained_by_its_own_seed_and_judged_by_that_of_the_run(
    grounds: Grounds, layout: DataLayout
):
    paired = grounds.paired
    # Both are done already, so that they are only looked up.
    opened = ledger.open_stage(
        Stage.TRAIN, SMALL, inputs={"condition": paired}, layout=layout, seed=5
    )
    inputs = {"train": opened.seal({}), "condition": paired}
    judged = ledger.open_stage(Stage.EVALUATE, CONFIG, inputs=inputs, layout=layout, seed=1)
    judged.seal({})
    (outcome,) = undergo(Trial("unet-l2", "", 5, SMALL), grounds)
    assert outcome == Outcome("paper", "unet-l2", "", 5, judged.key)


def test_what_a_divergence_says_is_the_same_wherever_the_root_is(grounds: Grounds):
    wild = TrainingConfig(
        recipe="paper",
        width=4,
        critic_width=4,
        z_form="lowres",
        feature_weight=0,
        penalty_weight=0,
        learning_rate=1,
        log_every=1,
        device="cpu",
    )
    (outcome,) = undergo(Trial("paper", "learning_rate 1", 1, wild), grounds)
    assert outcome.diverged
    assert outcome.failure.startswith("training diverged at step ")
    # Which checkpoint was the last good one is told by its folder.
    assert "checkpoint" not in outcome.failure


def test_what_would_befall_all_trials_ends_the_grid(grounds: Grounds, layout: DataLayout):
    files.write_text(layout.root / "train", "no folder")
    with pytest.raises(OSError, match="train"):
        undergo(Trial("unet-l2", "", 1, SMALL), grounds)
