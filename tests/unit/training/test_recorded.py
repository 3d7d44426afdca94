"""Recording a step, as far as a machine without a GPU can tell."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import torch

from tests.side_by_side import PLAIN, Team, noise_pairs
from training import recorded
from training.config import TrainingConfig


@pytest.mark.parametrize("complains", [True, False])
def test_a_step_that_cannot_be_recorded_says_why_and_leaves_no_stream_behind(
    monkeypatch: pytest.MonkeyPatch, *, complains: bool
) -> None:
    on = ["usual"]

    @contextmanager
    def graph(*_: object, **__: object) -> Iterator[None]:
        on.append("the record's")
        try:
            yield
        except torch.OutOfMemoryError:
            if complains:
                # As torch does: what was wrong first is the context of what it says.
                raise RuntimeError("capture failed due to a previous error") from None
            raise

    def fail(*_: object) -> NoReturn:
        try:
            raise KeyError("something that was looked for before")
        except KeyError:
            raise torch.OutOfMemoryError("no room") from None

    for name, stand_in in {
        "Stream": lambda: SimpleNamespace(wait_stream=lambda _: None),
        "CUDAGraph": object,
        "current_stream": lambda: SimpleNamespace(name=on[-1], wait_stream=lambda _: None),
        "stream": lambda _: torch.no_grad(),
        "set_stream": lambda stream: on.append(stream.name),
        "graph": graph,
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    small: dict[str, Any] = {"recipe": "unet-l2", "width": 2, "device": "cpu"}
    team = Team.of(TrainingConfig.model_validate(PLAIN | small), noise_pairs(4, 16))
    learn = recorded.Recorded()
    learn.steps = recorded.PLAIN_STEPS
    monkeypatch.setattr(recorded, "learn_from", fail)
    with pytest.raises(torch.OutOfMemoryError, match="no room"):
        learn(team.players, [team.batches.draw(0)], None, team.how)
    assert on[-1] == "usual"
