"""What the numbers say, in sentences, and whom to thank. Written by the run, never by hand."""

import re

from evaluation.conditions import Condition
from evaluation.content import Content, Trained, trivial_name
from evaluation.gallery import Shown
from evaluation.resampling import Duel
from evaluation.scores import Answer
from storage.ledger import Stage
from storage.records import Split

WEB_ADDRESS = re.compile(r"https?://[^\s<>\"')]+")

OPENMOJI = (
    "Drawings: OpenMoji (https://openmoji.org), the open-source emoji and icon project, under"
    " CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/). They were scaled, put on"
    " white, and coloured by the models; the coloured pictures are under the same licence."
)


def circumstances(content: Content) -> list[str]:
    """Say from how much, how long and with which seed, in a few words each."""
    told = [f"seed {content.seed}"]
    if Stage.CLEAN in content.lineage:
        counts = content.lineage[Stage.CLEAN].counts
        sizes = " / ".join(f"{counts.get(split, 0):,}" for split in Split)
        told.append(f"{sizes} pictures to train / validate / test")
    if Stage.PACK in content.lineage:
        told.append(f"{content.lineage[Stage.PACK].settings['size_px']} px")
    steps = dict.fromkeys(f"{recipe.step:,}" for recipe in content.recipes)
    return [*told, f"{' and '.join(steps)} generator updates"]


def findings(content: Content) -> list[str]:
    """Say how near the recipes come to the truth, and whom they beat."""
    first = content.recipes[0]
    asked = first.score(Condition.DETECTED)
    if asked is None:
        return []
    distances = [(recipe.name, recipe.score(Condition.DETECTED)) for recipe in content.recipes] + [
        (
            _in_sentence(trivial_name(Condition.DETECTED, answer)),
            first.score(Condition.DETECTED, answer),
        )
        for answer in (Answer.HINT, Answer.LINES)
    ]
    told = ", ".join(f"{name} {score.l2:.3f}" for name, score in distances if score)
    return [
        f"Mean distance to the truth (l2) on {asked.num_pictures:,} test pictures that no model"
        f" was trained on: {told}.",
        *(_verdict(content, recipe) for recipe in content.recipes),
    ]


def thanks(content: Content) -> list[str]:
    """Name the makers of the pictures, and what the models stand on."""
    sources = [f"{shown.source} {shown.post_url}" for shown in content.shown]
    told = [OPENMOJI] if any("openmoji" in source.lower() for source in sources) else []
    return [
        *told,
        "Every picture shown names its source; its artist keeps all rights that the source states.",
        "The recipes are our re-creations of what the paper “Automatic Manga Colorization with"
        " Hint” describes.",
    ]


def address_of(shown: Shown) -> str:
    """Give the web address of a picture's source, or else of its post; empty without either."""
    found = WEB_ADDRESS.search(shown.source) or WEB_ADDRESS.search(shown.post_url)
    return found.group() if found else ""


def _verdict(content: Content, recipe: Trained) -> str:
    duels = [
        duel
        for duel in content.duels
        if duel.first == recipe.name and duel.condition == Condition.DETECTED
    ]
    verdicts = {
        "beats": [duel for duel in duels if duel.high < 0],
        "is beaten by": [duel for duel in duels if duel.low > 0],
        "cannot be told from": [duel for duel in duels if duel.low <= 0 <= duel.high],
    }
    told = [f"{verb} {_rivals(some)}" for verb, some in verdicts.items() if some]
    return f"{recipe.name} {', and '.join(told)}."


def _rivals(duels: list[Duel]) -> str:
    return " and ".join(
        f"{_in_sentence(duel.second)} (nearer in {duel.win_rate:.0%} of the pictures)"
        for duel in duels
    )


def _in_sentence(name: str) -> str:
    return name.replace("The ", "the ", 1).replace("White ", "white ", 1)
