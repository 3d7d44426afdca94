"""The one small evaluation that tests share: enough of everything to be looked at, no more."""

from evaluation.config import EvaluationConfig

CONFIG = EvaluationConfig(
    num_curve_pictures=2,
    num_pictures=2,
    num_perceptual_pictures=3,
    num_hint_pictures=2,
    num_line_pictures=3,
    batch_size=2,
    device="cpu",
)
