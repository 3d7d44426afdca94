import dataclasses
from typing import Any

import pytest
import torch

from training.arithmetic import Arithmetic
from training.effort import gflop_per_picture
from training.networks.build import build_critic, build_generator
from training.networks.flops import gflop
from training.recipes import RECIPES, RecipeName

CPU = torch.device("cpu")
LINES, HINT, COLOR = (1, 256, 256), (3, 256, 256), (3, 256, 256)


def effort(recipe: RecipeName, form: Any = "analytic", **overrides: Any) -> float:
    changed = dataclasses.replace(RECIPES[recipe], **overrides)
    return gflop_per_picture(changed, 256, Arithmetic(CPU, bf16=False, penalty_form=form))


def test_without_a_critic_a_step_is_three_forwards_but_for_the_first_layers_picture() -> None:
    with torch.device("meta"):
        forward = gflop(build_generator(RECIPES["unet-l2"], 256), LINES, HINT)
    first_layer = 2 * (4 * 64 * 3 * 3) * 256 * 256 / 1e9
    assert effort("unet-l2") == pytest.approx(3 * forward - first_layer, rel=1e-3)


def test_the_papers_step_is_the_sum_of_its_parts() -> None:
    generator, critic, penalty = 289.5, 23.5, 15.6
    through_the_critic, features = 8.0, 120.3
    parts = generator + critic + penalty + through_the_critic + features
    assert effort("paper") == pytest.approx(parts, rel=2e-3)


def test_features_of_true_pictures_that_are_kept_are_not_computed_again() -> None:
    how = Arithmetic(CPU, bf16=False, penalty_form="analytic")
    kept = gflop_per_picture(RECIPES["paper"], 256, how, targets_kept=True)
    assert effort("paper") - kept == pytest.approx(120.3 - 80.2, abs=0.2)


def test_the_analytic_penalty_computes_less_than_its_definition() -> None:
    assert effort("paper", "autograd") - effort("paper") == pytest.approx(24.0 - 15.6, abs=0.1)


def test_each_update_of_the_critic_costs_a_forward_of_the_generator_and_its_own_step() -> None:
    with torch.device("meta"):
        forward = gflop(build_generator(RECIPES["wgan"], 256), LINES, HINT, (100,))
        scores = gflop(build_critic(RECIPES["wgan"], 256), COLOR, (4, 256, 256))
    one_more = effort("wgan", n_critic=3) - effort("wgan", n_critic=2)
    assert one_more == pytest.approx(forward + 6 * scores, rel=0.01)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_step_of_every_recipe_goes_through_its_generator_there_and_back(
    recipe: RecipeName,
) -> None:
    with torch.device("meta"):
        generator = build_generator(RECIPES[recipe], 256)
    noise = [(RECIPES[recipe].z_size,)] if RECIPES[recipe].z_size else []
    hint = (RECIPES[recipe].hint_channels, 256, 256)
    assert effort(recipe) > 2.9 * gflop(generator, LINES, hint, *noise)
