from functools import partialmethod
from typing import Any

import pytest
import torch
from torch import nn

from tests.side_by_side import PLAIN, Team, noise_pairs
from training.config import TrainingConfig


def test_each_of_many_trainings_in_one_process_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = []

    def as_it_is(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    # No compiler is needed to see what would be compiled.
    monkeypatch.setattr(nn.Module, "compile", partialmethod(nn.Module.compile, backend=as_it_is))
    monkeypatch.setenv("CXX", "true")
    torch.compiler.reset()
    for count, width in enumerate(range(2, 11), start=1):
        small = {"recipe": "unet-l2", "width": width, "device": "cpu", "compile": "on"}
        Team.of(TrainingConfig.model_validate(PLAIN | small), noise_pairs(2, 16)).step(0)
        assert len(graphs) == count
