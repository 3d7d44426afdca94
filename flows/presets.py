"""Named starting points, each a whole configuration; flags and deployments build on them."""

from collections.abc import Mapping
from typing import Any

from flows.config import PipelineConfig

SAMPLE: dict[str, Any] = {
    "scraper": {
        "base_url": "sample:",
        "tags": ("-greyscale",),
        "max_posts": 500,
        "sample_posts": 500,
        "requests_per_second": 1000,
    },
    "pack": {"size_px": 128},
    # At 128 px lines are as thick as at 256, so the neighbourhood is wider for its size.
    "condition": {"edges": {"block_px": 14}},
    "training": {
        "steps": 430,
        "width": 16,
        "critic_width": 16,
        "z_form": "lowres",
        # So few steps want a higher rate than the paper's 1e-4.
        "learning_rate": 2e-3,
        # Features of a shallow layer on shrunk pictures, of weights that need no download.
        "feature_source": "hed16",
        "feature_layer": "conv2_2",
        "feature_shrink": 2,
    },
    "evaluation": {
        "num_curve_pictures": 32,
        "num_perceptual_pictures": 16,
        "num_hint_pictures": 8,
        "num_line_pictures": 16,
    },
}
"""The whole paper, small: drawings of the embedded sample booru, minutes on two cores."""

PAPER: dict[str, Any] = {
    "scraper": {"max_posts": 24_000},
    # Our reading of the paper; the default draws less noise.
    "condition": {"edges": {"offset": 2}},
}
"""The paper's own numbers: safebooru.org, 20,000 pictures of 256 px, batch 4."""

PRESETS: dict[str, dict[str, Any]] = {"sample": SAMPLE, "paper": PAPER}

GRIDS: dict[str, dict[str, Any]] = {
    # The defaults of the section.
    "comparison": {},
    "learning-rate": {
        "recipes": ("paper",),
        "overrides": tuple(
            {"learning_rate": rate} for rate in (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
        ),
        "seeds": (1,),
        "hints": ("paper",),
    },
    "batch-size": {
        "recipes": ("paper",),
        "overrides": tuple({"batch_size": size} for size in (1, 4, 16, 64)),
        "seeds": (1,),
        "hints": ("paper",),
    },
    "optimizer": {
        "recipes": ("paper",),
        # A rate that suits Adam is small for SGD.
        "overrides": (
            {"optimizer": "adam"},
            {"optimizer": "sgd"},
            {"optimizer": "sgd", "learning_rate": 0.01},
            {"optimizer": "sgd", "learning_rate": 0.1},
        ),
        "seeds": (1,),
        "hints": ("paper",),
    },
    "ablation": {
        "recipes": ("paper",),
        "overrides": (
            {},
            *({f"{loss}_weight": 0} for loss in ("adversarial", "l1", "feature", "tv")),
        ),
        "hints": ("paper",),
    },
}
"""Named grids of `irodori experiments`: the paper's searches, and what it left as future work."""


def preset(name: str) -> PipelineConfig:
    """Give a preset as a configuration."""
    return PipelineConfig.model_validate(PRESETS[name])


def below(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give what flags are laid over: a preset, whose number of posts is of a site, not a folder."""
    chosen = PRESETS[name]
    if not given.get("scraper", {}).get("folder"):
        return chosen
    scraper = {field: value for field, value in chosen["scraper"].items() if field != "max_posts"}
    return chosen | {"scraper": scraper}
