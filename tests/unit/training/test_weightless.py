import dataclasses
from typing import Any

import pytest

from storage.errors import BadInput
from training.recipes import RECIPES, RecipeName
from training.weightless import refuse_impossible


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize(
    ("recipe", "size_px", "overrides"),
    [
        ("alacgan", 64, {"width": 3}),
        ("alacgan", 64, {"width": 1}),
        ("deepcolor", 32, {"batch_size": 1}),
        ("paper", 64, {"feature_shrink": 16}),
        ("paper", 60, {}),
    ],
)
def test_what_does_not_go_through_the_networks_is_refused(
    recipe: RecipeName, size_px: int, overrides: dict[str, Any]
) -> None:
    changed = dataclasses.replace(RECIPES[recipe], **overrides)
    with pytest.raises(BadInput, match=f"of {size_px} px|a multiple of"):
        refuse_impossible(changed, size_px)


def test_a_recipe_without_any_loss_is_refused() -> None:
    idle = dataclasses.replace(RECIPES["unet-l2"], l2_weight=0)
    with pytest.raises(BadInput, match="it would learn nothing"):
        refuse_impossible(idle, 64)


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_goes_through_them_is_not_refused(recipe: RecipeName) -> None:
    refuse_impossible(RECIPES[recipe], 64)
