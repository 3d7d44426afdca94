"""What can never be trained is refused before anything is made."""

from pathlib import Path
from typing import Any

import pytest

from flows.command_line import parse
from flows.experiments import experiments
from flows.pipeline import full_pipeline
from storage.errors import BadInput


@pytest.mark.parametrize(("verb", "flow"), [("run", full_pipeline), ("experiments", experiments)])
def test_networks_that_no_picture_goes_through(tmp_path: Path, verb: str, flow: Any) -> None:
    asked = ["--training.feature-shrink", "16", "--training.feature-layer", "conv5_3"]
    config = parse([verb, "--root", str(tmp_path), "--pack.size-px", "64", *asked]).config
    with pytest.raises(BadInput, match="a batch of 4 pictures of 64 px does not go through"):
        flow.fn(config)
    assert not (tmp_path / "scrape").exists()
