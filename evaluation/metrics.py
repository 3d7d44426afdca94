"""The report's numbers for machines."""

import dataclasses
from typing import Any

from evaluation.claims import claims
from evaluation.content import Content, Trained


def of(content: Content) -> dict[str, Any]:
    """Give every number of the report, JSON-ready; null is infinite (psnr) or not there."""
    return {
        "title": content.title,
        "seed": content.seed,
        "dataset": content.dataset,
        "versions": content.versions,
        "stages": {
            label: {
                "key": record.key,
                "settings": record.settings,
                "counts": record.counts,
                "code_version": record.code_version,
            }
            for label, record in content.lineage.items()
        },
        "claims": [dataclasses.asdict(claim) for claim in claims(content)],
        "recipes": {recipe.recipe: _of_recipe(recipe) for recipe in content.recipes},
        "duels": [dataclasses.asdict(duel) for duel in content.duels],
        "searches": {name: search.file for name, search in content.searches.items()},
        "pictures": [dataclasses.asdict(shown) for shown in content.shown],
    }


def _of_recipe(recipe: Trained) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "evaluation": recipe.evaluated,
        "step": recipe.step,
        "device": recipe.device,
        "test": [dataclasses.asdict(score) for score in recipe.scores],
        "validation": [dataclasses.asdict(score) for score in recipe.curves],
        "hint_curve": [dataclasses.asdict(point) for point in recipe.further.hints],
        "detectors": [dataclasses.asdict(score) for score in recipe.further.lines],
        "noise": [dataclasses.asdict(score) for score in recipe.further.noise],
    }
