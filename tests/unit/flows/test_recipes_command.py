import json

import pytest

from flows import command_line, recipes_command
from flows.recipes_command import RecipesCommand
from storage.errors import BadInput
from training.recipes import RECIPES


def test_every_recipe_is_listed_with_its_source_and_levin_needs_no_training():
    told, _ = recipes_command.answer(RecipesCommand())
    names = [line.split()[0] for line in told.splitlines() if not line.startswith(" ")]
    assert names == [*RECIPES, "levin"]
    assert all(recipe.source in told for recipe in RECIPES.values())
    assert max(map(len, told.splitlines())) <= 100


def test_the_papers_networks_weigh_what_its_plan_says():
    (paper,) = json.loads(recipes_command.answer(RecipesCommand("paper", as_json=True))[0])
    # 31.05 M of convolutions, and 100 x 256 x 256 (with biases) for the noise.
    assert paper["generator_parameters"] == 31_046_723 + 101 * 256 * 256
    assert paper["generator_gflop"] == pytest.approx(96.5, abs=0.1)
    assert paper["losses"] == {"adversarial": 0.1, "L1": 100, "features": 1, "TV": 5}
    assert paper["settings"]["penalty_weight"] == 10


def test_a_recipe_by_name_is_told_in_full():
    told, _ = recipes_command.answer(RecipesCommand("pix2pix"))
    assert "batch_size          1" in told
    assert "unet-l2" not in told


def test_a_recipe_without_a_critic_tells_nothing_of_one():
    told, _ = recipes_command.answer(RecipesCommand("unet-l2"))
    assert not {"rule", "critic_width", "penalty_weight", "feature_layer", "z_form"} & {
        line.split()[0] for line in told.splitlines() if line.startswith("  ") and line.strip()
    }
    assert told.splitlines()[-1].split(maxsplit=1) == ["hints", "those of the dataset"]


def test_a_wrong_name_is_one_line_with_the_nearest_one():
    with pytest.raises(BadInput, match=r"no recipe 'papre' \(did you mean paper\?\)"):
        recipes_command.answer(RecipesCommand("papre"))


def test_the_command_line_passes_on_what_is_asked():
    errand = command_line.parse(["recipes", "alacgan", "--json"]).errand
    assert errand is not None
    assert errand() == recipes_command.answer(RecipesCommand("alacgan", as_json=True))
    with pytest.raises(BadInput, match="--jsn"):
        command_line.parse(["recipes", "--jsn"])
