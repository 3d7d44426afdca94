"""One training at a time in a process: torch's chance and its switches are those of the process."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import training.stage
from evaluation.config import EvaluationConfig
from flows.trials import Grounds, Trial, undergo
from storage.errors import IrodoriError
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
