"""Named starting points, each a whole configuration; flags and deployments build on them."""

from typing import Any

from flows.config import PipelineConfig

SAMPLE: dict[str, Any] = {
    "scraper": {"base_url": "sample:", "tags": (), "requests_per_second": 1000, "max_posts": 600},
    "clean": {"num_train": 700, "num_val": 150, "num_test": 150},
    "pack": {"size_px": 128},
    "condition": {"edges": {"block_px": 14, "offset": 4}},
}
"""The whole paper, small: drawings of the embedded sample booru, minutes on two cores."""

PAPER: dict[str, Any] = {"scraper": {"max_posts": 24_000}}
"""The paper's own numbers: safebooru.org, 20,000 pictures of 256 px, batch 4."""

PRESETS: dict[str, dict[str, Any]] = {"sample": SAMPLE, "paper": PAPER}


def preset(name: str) -> PipelineConfig:
    """Give a preset as a configuration."""
    return PipelineConfig.model_validate(PRESETS[name])
