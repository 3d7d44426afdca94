"""What the numbers say, in sentences, and whom to thank. Written by the run, never by hand."""

import re
from datetime import datetime
from urllib.parse import urljoin

from evaluation import names
from evaluation.conditions import Condition
from evaluation.content import Content, Trained
from evaluation.gallery import Shown
from evaluation.measures import MIN_PICTURES
from evaluation.resampling import Duel
from evaluation.scores import UNTRAINED
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


def facts(content: Content) -> list[tuple[str, str]]:
    """Say which dataset, recipes, code and machine the report is of, and when it was made."""
    told = [
        ("Dataset", content.dataset),
        ("Recipes", ", ".join(recipe.recipe for recipe in content.recipes)),
        ("Code", content.versions.get("code of the stages", "")),
        ("Chip", ", ".join(dict.fromkeys(recipe.device for recipe in content.recipes))),
        ("Grids", ", ".join(content.searches)),
        ("Made", _day_and_time(content.made_at)),
    ]
    return [(what, fact) for what, fact in told if fact]


def seeds(content: Content) -> str:
    """Say what the intervals are over."""
    return (
        f"One seed ({content.seed}): intervals are over pictures, 95 % by bootstrap. They say how"
        " sure the difference is for these trainings, not how other seeds would come out. Verdicts"
        " follow from the numbers by the rule that stands beside each, and of intervals from those"
        f" over {MIN_PICTURES} pictures or more; many tests are made, so one in twenty that chance"
        " alone decides is to be expected."
    )


def who_is_who(content: Content) -> list[str]:
    """Say what stands behind the recipes' names."""
    known = {
        "unet-l2": "{name} (unet-l2) is the paper's U-Net, trained by the L2 distance alone.",
        "paper": "{name} (paper) is the paper's conditional WGAN-GP with L1, features and total"
        " variation, as we read it.",
    }
    return [
        known[recipe.recipe].format(name=recipe.name)
        for recipe in content.recipes
        if recipe.recipe in known
    ]


def headline(content: Content) -> tuple[str, list[tuple[str, str]]]:
    """Give the one number that counts, the mean l2 on test, for every answer: what, then who."""
    first = content.recipes[0]
    scores = [(recipe.name, recipe.score(Condition.DETECTED)) for recipe in content.recipes] + [
        (names.of_untrained(Condition.DETECTED, answer), first.score(Condition.DETECTED, answer))
        for answer in UNTRAINED
    ]
    number = max((score.num_pictures for _, score in scores if score), default=0)
    return (
        f"Mean distance to the truth (l2) on {number:,} test pictures that no model was trained on",
        [(name, f"{score.l2:.3f}") for name, score in scores if score],
    )


def findings(content: Content) -> list[str]:
    """Say whom each recipe comes nearer to the truth than, picture by picture."""
    return [
        f"{recipe.name} is nearer to the truth than {', than '.join(told)}."
        for recipe in content.recipes
        if (told := [_told(duel) for duel in _duels_of(content, recipe)])
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


def post_address(content: Content, shown: Shown) -> str:
    """Give the web address of a picture's post; empty if the site is not on the web."""
    site = ""
    if Stage.SCRAPE in content.lineage:
        site = str(content.lineage[Stage.SCRAPE].settings.get("base_url", ""))
    address = urljoin(f"{site.rstrip('/')}/", shown.post_url) if site.startswith("http") else ""
    found = WEB_ADDRESS.fullmatch(address or shown.post_url)
    return found.group() if found else ""


def _day_and_time(moment: str) -> str:
    then = datetime.fromisoformat(moment)
    return f"{then.day} {then:%B %Y, %H:%M} UTC"


def _duels_of(content: Content, recipe: Trained) -> list[Duel]:
    return [
        duel
        for duel in content.duels
        if duel.first == recipe.name
        and duel.condition == Condition.DETECTED
        and duel.measure == "l2"
    ]


def _told(duel: Duel) -> str:
    share = f"{_in_sentence(duel.second)} in {duel.win_rate:.0%} of the pictures"
    if duel.high < 0:
        return share
    told = "on average it is farther" if duel.low > 0 else "no sure difference of the means"
    return f"{share} ({told})"


def _in_sentence(name: str) -> str:
    return name.replace("The ", "the ", 1).replace("White ", "white ", 1)
