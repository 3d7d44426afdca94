"""The report's numbers for machines."""

import dataclasses
from typing import Any

from evaluation.content import Content


def of(content: Content) -> dict[str, Any]:
    """Give every number of the report, JSON-ready; null is infinite (psnr) or not there."""
    return {
        "title": content.title,
        "seed": content.seed,
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
        "recipes": {
            recipe.recipe: {
                "name": recipe.name,
                "step": recipe.step,
                "device": recipe.device,
                "test": [dataclasses.asdict(score) for score in recipe.scores],
                "validation": [dataclasses.asdict(score) for score in recipe.curves],
            }
            for recipe in content.recipes
        },
        "duels": [dataclasses.asdict(duel) for duel in content.duels],
        "pictures": [dataclasses.asdict(shown) for shown in content.shown],
    }
