"""Each verdict from made numbers: what holds, what does not, what is not decided."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kendalltau
from upath import UPath

from evaluation import story, verdicts
from evaluation.claims import claims
from evaluation.conditions import Condition
from evaluation.content import Content, Trained
from evaluation.further_scores import Further, HintPoint, NoiseScore
from evaluation.gallery import Gallery
from evaluation.resampling import Duel
from evaluation.robustness import is_always
from evaluation.scores import Answer, PictureScore, SetScore
from evaluation.searches import Search, Tried
from evaluation.trends import tau, trend, valley
from evaluation.verdicts import Claim, Verdict, is_below, over
from storage.records import Split

HOLDS, DOES_NOT_HOLD, NOT_DECIDED = Verdict.HOLDS, Verdict.DOES_NOT_HOLD, Verdict.NOT_DECIDED
NUM_PICTURES = 40


def picture(number: int, condition: Condition, l2: float, kl: float) -> PictureScore:
    fields = dict.fromkeys(PictureScore.__dataclass_fields__)
    fields |= {
        "md5": f"{number:032x}", "condition": condition, "answer": Answer.MODEL,
        "l1": l2, "l2": l2, "psnr": 20.0, "kl_hist": kl, "kl_8": kl,
    }  # fmt: skip
    return PictureScore(**fields)


def checkpoint(step: int, l2: float, kl: float) -> SetScore:
    fields = dict.fromkeys(SetScore.__dataclass_fields__)
    fields |= {
        "split": Split.VAL, "step": step, "condition": Condition.DETECTED,
        "answer": Answer.MODEL, "num_pictures": 9, "l1": l2, "l2": l2, "l2_low": l2,
        "l2_high": l2, "kl_hist": kl, "kl_8": kl, "kl_set": kl,
    }  # fmt: skip
    return SetScore(**fields)


def hints(
    saturations: Sequence[float], bleed: float = 0.1, l2: float = 0.2, around: float = 0.02
) -> list[HintPoint]:
    """Make a hint curve; a share lies within `around`, a saturation within ten times that."""
    return [
        HintPoint(
            num_hints=number, num_pictures=9, l2=l2 - number / 500, l2_low=l2 - number / 500 - 0.01,
            l2_high=l2 - number / 500 + 0.01, hint_delta_e=None, hint_region_delta_e=None,
            bleed=bleed if number else None, bleed_low=bleed - around if number else None,
            bleed_high=bleed + around if number else None, saturation=saturation,
            saturation_low=saturation - 10 * around, saturation_high=saturation + 10 * around,
            saturation_share=saturation / saturations[-1],
            saturation_share_low=saturation / saturations[-1] - around,
            saturation_share_high=saturation / saturations[-1] + around, z_spread=0.0,
        )
        for number, saturation in zip((0, 10, 50), saturations, strict=True)
    ]  # fmt: skip


def noise(growth: float) -> list[NoiseScore]:
    return [
        NoiseScore(what, sigma, 9, 0.1 + grown, 0.1 + grown - 0.005, 0.1 + grown + 0.005)
        for what in ("lines", "hint")
        for sigma, grown in ((0.0, 0.0), (32.0, growth))
    ]


def trained(recipe: str, shift: float = 0.0, kls: Sequence[float] = (3, 2, 1)) -> Trained:
    """Make a recipe whose l2 and KL lie `shift` above those of another without."""
    rng = np.random.default_rng(5)
    samples = [
        picture(number, condition, 0.2 + shift + rng.normal(0, 0.01), 1 + shift)
        for condition in Condition
        for number in range(NUM_PICTURES)
    ]
    return Trained(
        recipe=recipe, name=recipe, trained=f"train/{recipe}", evaluated=f"evaluate/{recipe}",
        step=len(kls), device="CPU", z_size=100 if recipe == "paper" else 0, losses=[],
        curves=[checkpoint(step, 0.2 + shift, kl + shift) for step, kl in enumerate(kls, 1)],
        scores=[], per_sample=samples, further=Further([], [], []),
        gallery=Gallery(UPath("nowhere")),
    )  # fmt: skip


def content(*recipes: Trained, searches: Mapping[str, Search] | None = None) -> Content:
    return Content(
        "Title", "2026-11-27T06:40:00+00:00", 1, {}, list(recipes), [], [], searches or {}, {}
    )


def of(number: int, found: Sequence[Claim]) -> list[Claim]:
    return [claim for claim in found if claim.number == str(number)]


def verdict(number: int, made: Content) -> Verdict:
    (claim,) = of(number, claims(made))
    return claim.verdict


def test_an_interval_decides_only_where_it_lies_on_one_side():
    assert is_below(-2, -1) == HOLDS
    assert is_below(1, 2) == DOES_NOT_HOLD
    assert is_below(-1, 1) == NOT_DECIDED
    assert is_below(1, 2, limit=3) == HOLDS


@pytest.mark.parametrize("decided", [HOLDS, DOES_NOT_HOLD])
def test_eight_pictures_decide_and_seven_do_not(decided: Verdict):
    assert [over(number, decided) for number in (1, 7, 8)] == [NOT_DECIDED, NOT_DECIDED, decided]


@pytest.mark.parametrize(
    ("shift", "expected"), [(-0.05, HOLDS), (0.05, DOES_NOT_HOLD), (0.0, NOT_DECIDED)]
)
def test_the_models_kl_and_l2_are_held_against_the_baselines(shift: float, expected: Verdict):
    kls = (3.0, 2.5, 2.0, 1.5, 1.2)
    made = content(trained("unet-l2", kls=kls), trained("paper", shift, kls))
    found = claims(made)
    on_test = [
        claim for number in (1, 2) for claim in of(number, found) if "paired" in claim.tested
    ]
    assert {claim.verdict for claim in on_test} == {expected}
    assert len(on_test) == 3 * len(Condition)
    assert f"{NUM_PICTURES} test pictures" in on_test[0].tested
    along = [claim for claim in of(1, found) if claim.condition == "along training"]
    assert [claim.tested.split()[0] for claim in along] == ["kl_hist", "kl_8", "kl_set"]
    # Equal is not below.
    assert {claim.verdict for claim in along} == {HOLDS if shift < 0 else DOES_NOT_HOLD}


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-0.03, -0.01, "."),
        (0.01, 0.06, " (on average it is farther)."),
        (-0.012, 0.060, " (no sure difference of the means)."),
    ],
)
def test_a_finding_claims_no_equality_where_nothing_is_sure(low: float, high: float, told: str):
    duel = Duel("paper", "unet-l2", Condition.DETECTED, 9, 0.11, (low + high) / 2, low, high)
    made = replace(content(trained("paper")), duels=[duel])
    assert story.findings(made) == [
        f"paper is nearer to the truth than unet-l2 in 11% of the pictures{told}"
    ]


def test_always_wants_enough_checkpoints():
    made = content(trained("unet-l2"), trained("paper", -0.05))
    (claim,) = (each for each in of(2, claims(made)) if each.condition == "along training")
    assert (claim.verdict, claim.result[:20]) == (NOT_DECIDED, "below at 3 of 3 chec")


def test_always_is_at_every_checkpoint_that_both_have():
    baseline = trained("unet-l2", kls=(3.0, 2.5, 2.0, 1.5, 1.2))

    def along(*kls: float) -> Claim:
        found = of(1, claims(content(baseline, trained("paper", kls=kls))))
        return next(each for each in found if each.condition == "along training")

    always = along(2.9, 2.4, 1.9, 1.4, 1.1, 9.0, 9.0)
    assert (always.verdict, always.result[:31]) == (HOLDS, "below at 5 of 5 checkpoints; di")
    assert along(2.9, 2.4, 1.9, 1.4, 1.3).verdict == DOES_NOT_HOLD


def test_fewer_pictures_than_an_interval_wants_decide_nothing(
    monkeypatch: pytest.MonkeyPatch, rates: dict[str, Tried]
):
    rivals = [
        replace(trained(recipe, shift), further=Further(hints(chroma), [], noise(growth)))
        for recipe, shift, chroma, growth in (
            ("unet-l2", 0.0, (1, 2, 30), 0.3), ("paper", -0.05, (2, 3, 40), 0.1),
        )
    ]  # fmt: skip
    grid = Search("experiments/x/comparison.json", [rates["good"], rates["bad"]])

    def decided() -> set[str]:
        found = claims(content(*rivals, searches={"learning-rate": grid}))
        over_pictures = [claim for claim in found if claim.condition != "along training"]
        return {claim.number for claim in over_pictures if claim.verdict != NOT_DECIDED}

    assert decided() >= {"1", "2", "4", "7", "8", "9", "10", "11", "13"}
    monkeypatch.setattr(verdicts, "MIN_PICTURES", NUM_PICTURES + 1)
    assert decided() == set()


def test_without_a_rival_nothing_is_decided_but_the_sentences_are_there():
    found = claims(content(trained("unet-l2")))
    for number in (1, 2, 3, 4, 10):
        (claim,) = of(number, found)
        assert claim.verdict == NOT_DECIDED
        assert "irodori run" in claim.result


@pytest.mark.parametrize(
    ("kls", "expected"),
    [
        ((9, 8, 6, 4, 2, 1, 2, 3, 5, 7, 8), HOLDS),
        ((9, 8, 7, 6, 5, 4, 3, 2, 1), DOES_NOT_HOLD),
        ((5, 7, 4, 6, 5.5, 4.5, 6.5, 3.9, 5.2), NOT_DECIDED),
        ((3, 1, 2), NOT_DECIDED),
    ],
)
def test_a_fall_and_rise_is_told_from_a_fall_and_from_noise(kls: tuple[float, ...], expected):
    found = of(5, claims(content(trained("unet-l2", kls=kls))))
    assert [claim.verdict for claim in found] == [expected] * 3


@pytest.mark.parametrize(
    ("slope", "expected"), [(-5.0, HOLDS), (5.0, DOES_NOT_HOLD), (0.0, DOES_NOT_HOLD)]
)
def test_a_steady_fall_of_w_is_told_from_noise(slope: float, expected: Verdict):
    rng = np.random.default_rng(2)
    losses = [
        {"step": step, "wasserstein": slope * step / 400 + rng.normal(0, 0.3)}
        for step in range(400)
    ]
    assert verdict(6, content(replace(trained("paper"), losses=losses))) == expected


def test_few_values_of_w_decide_nothing():
    losses = [{"step": step, "wasserstein": -float(step)} for step in range(8)]
    assert verdict(6, content(replace(trained("paper"), losses=losses))) == NOT_DECIDED


def test_tau_is_kendalls_with_ties():
    rng = np.random.default_rng(4)
    for _ in range(20):
        places, values = rng.integers(0, 6, 15), rng.integers(0, 5, 15).astype(float)
        assert tau(places, values) == pytest.approx(kendalltau(places, values).statistic)
    assert tau(np.arange(3), np.ones(3)) == 0


def test_the_interval_of_a_trend_holds_it_and_is_wide_for_noise():
    falling, noisy = trend(list(range(90, 0, -1)), 1), trend([1.0, -1.0] * 45, 1)
    assert (falling.tau, falling.high < -0.9) == (-1, True)
    assert noisy.low < 0 < noisy.high


def test_chance_alone_rarely_makes_a_valley():
    rng = np.random.default_rng(3)
    chances = [valley(rng.normal(size=12).tolist(), number).chance for number in range(30)]
    assert sum(chance < 0.05 for chance in chances) <= 4


@pytest.mark.parametrize(
    ("saturations", "expected"),
    [((1, 5, 10), HOLDS), ((8, 9, 10), DOES_NOT_HOLD), ((3, 9, 10), NOT_DECIDED)],
)
def test_hardly_coloured_is_a_share_of_the_saturation(saturations, expected):
    recipe = replace(trained("unet-l2"), further=Further(hints(saturations), [], []))
    assert verdict(7, content(recipe)) == expected


def test_a_wide_interval_decides_neither_chroma_nor_bleeding_nor_vividness():
    sure, unsure = (Further(hints((2, 3, 10), around=around), [], []) for around in (0.02, 0.4))
    dull = replace(trained("unet-l2"), further=Further(hints((1, 2, 9)), [], []))
    for further, expected in ((sure, HOLDS), (unsure, NOT_DECIDED)):
        model = replace(trained("paper"), further=further)
        found = claims(content(replace(dull, further=further), model))
        assert {claim.verdict for number in (7, 9) for claim in of(number, found)} == {expected}
        assert verdict(4, content(dull, model)) == expected


def test_what_was_not_measured_says_what_measures_it():
    found = claims(content(trained("unet-l2"), trained("paper")))
    for number in (4, 7, 8, 9, 10):
        for claim in of(number, found):
            assert claim.verdict == NOT_DECIDED
            assert "irodori evaluate" in claim.result


@pytest.mark.parametrize(
    ("bleed", "expected"), [(0.1, HOLDS), (0.7, DOES_NOT_HOLD), (0.3, NOT_DECIDED)]
)
def test_bleeding_and_the_help_of_hints_are_read_off_the_hint_curve(bleed, expected):
    recipe = replace(trained("paper"), further=Further(hints((1, 5, 10), bleed), [], []))
    assert verdict(9, content(recipe)) == expected
    assert verdict(8, content(recipe)) == HOLDS


@pytest.mark.parametrize(
    ("gain", "around", "expected"),
    [(0.1, 0.04, HOLDS), (-0.1, 0.04, DOES_NOT_HOLD), (0.1, 0.06, NOT_DECIDED)],
)
def test_hints_help_or_harm_only_where_the_intervals_lie_apart(gain, around, expected):
    none, *rest = hints((1, 5, 10))
    none, most = (
        replace(point, l2=l2, l2_low=l2 - around, l2_high=l2 + around)
        for point, l2 in ((none, 0.3), (rest[-1], 0.3 - gain))
    )
    recipe = replace(trained("paper"), further=Further([none, most], [], []))
    assert verdict(8, content(recipe)) == expected


def test_shares_on_both_sides_decide_nothing():
    assert is_always([(0.1, 0.1), (0.1, 0.2)]) == HOLDS
    assert is_always([(0.6, 0.7), (0.8, 0.9)]) == DOES_NOT_HOLD
    assert is_always([(0.1, 0.1), (0.9, 0.9)]) == is_always([]) == NOT_DECIDED
    assert is_always([(0.1, 0.3)]) == is_always([(None, None)]) == NOT_DECIDED


@pytest.mark.parametrize(
    ("growth", "expected"), [(0.02, HOLDS), (0.2, DOES_NOT_HOLD), (0.101, NOT_DECIDED)]
)
def test_resistance_to_noise_is_the_growth_beside_the_baselines(growth, expected):
    baseline = replace(trained("unet-l2"), further=Further([], [], noise(0.1)))
    model = replace(trained("paper"), further=Further([], [], noise(growth)))
    found = of(10, claims(content(baseline, model)))
    assert [(claim.condition, claim.verdict) for claim in found] == [
        ("noisy lines", expected),
        ("noisy hint", expected),
    ]
    assert {
        claim.verdict for claim in of(10, claims(content(baseline, replace(model, z_size=0))))
    } == {NOT_DECIDED}


@pytest.mark.parametrize(
    ("cost", "expected"), [(0.0, HOLDS), (0.1, DOES_NOT_HOLD), (0.02, NOT_DECIDED)]
)
def test_real_line_art_may_cost_a_tenth(cost: float, expected: Verdict):
    rng = np.random.default_rng(1)
    recipe = trained("paper")
    moved = [
        replace(score, l2=score.l2 + cost + rng.normal(0, 0.01))
        if score.condition == Condition.TRUE_LINES
        else score
        for score in recipe.per_sample
    ]
    (claim, *_) = of(11, claims(content(replace(recipe, per_sample=moved))))
    assert claim.verdict == expected


def test_real_line_art_is_held_against_the_pictures_that_have_it():
    # What has line art is easy, so the pictures without leave it no more leeway.
    easy = [picture(number, Condition.DETECTED, 0.1, 1) for number in range(10)]
    hard = [picture(number, Condition.DETECTED, 0.9, 1) for number in range(10, 40)]
    lined = [picture(number, Condition.TRUE_LINES, 0.12, 1) for number in range(10)]
    recipe = replace(trained("paper"), per_sample=[*easy, *hard, *lined])
    (claim,) = of(11, claims(content(recipe)))
    assert claim.verdict == DOES_NOT_HOLD


def test_the_model_is_more_vivid_at_every_number_of_hints_or_not():
    dull = replace(trained("unet-l2"), further=Further(hints((1, 2, 3)), [], []))
    vivid = replace(trained("paper"), further=Further(hints((2, 3, 4)), [], []))
    mixed = replace(trained("paper"), further=Further(hints((2, 1, 4)), [], []))
    duller = replace(trained("paper"), further=Further(hints((0, 1, 2)), [], []))
    assert [verdict(4, content(dull, model)) for model in (vivid, mixed, duller)] == [
        HOLDS,
        NOT_DECIDED,
        DOES_NOT_HOLD,
    ]


def cell(l2: float | None, spread: float = 0.01, **changed: str) -> Tried:
    rng = np.random.default_rng(7)
    values = {} if l2 is None else {
        f"{number}": l2 + rng.normal(0, spread) * (1 + 10 * l2) for number in range(NUM_PICTURES)
    }  # fmt: skip
    return Tried("paper", changed, len(values and [1]), values)


def searched(grid: str, *cells: Tried) -> Content:
    return content(searches={grid: Search("experiments/x/comparison.json", cells)})


@pytest.fixture
def rates() -> dict[str, Tried]:
    return {
        "good": cell(0.1, learning_rate="0.0001"),
        "bad": cell(0.2, learning_rate="0.001"),
        "better": cell(0.05, learning_rate="0.01"),
        "same": replace(cell(0.1, learning_rate="0.01"), l2=cell(0.1).l2),
        "lost": cell(None, learning_rate="0.1"),
        "gone": cell(None, learning_rate="0.0001"),
    }


def test_the_papers_rate_is_best_if_it_beats_all_others(rates: dict[str, Tried]):
    def judged(*names: str) -> Verdict:
        return verdict(13, searched("learning-rate", *(rates[name] for name in names)))

    assert judged("good", "bad", "lost") == HOLDS
    assert judged("good", "bad", "better") == DOES_NOT_HOLD
    assert judged("gone", "bad") == DOES_NOT_HOLD
    assert judged("good", "bad", "same") == NOT_DECIDED
    assert judged("bad", "better") == NOT_DECIDED
    # Where no other rate was measured there is nothing to be best of.
    assert judged("good", "lost") == NOT_DECIDED
    assert judged("gone", "lost") == NOT_DECIDED


def test_a_rate_that_is_only_a_little_better_by_chance_decides_nothing(rates: dict[str, Tried]):
    good = rates["good"]
    near = {md5: l2 - 0.001 + 0.05 * (-1) ** int(md5) for md5, l2 in good.l2.items()}
    other = replace(rates["bad"], l2=near)
    assert verdict(13, searched("learning-rate", good, other)) == NOT_DECIDED


def test_adam_is_better_if_it_beats_sgd_at_every_rate():
    adam, sgd = cell(0.1, optimizer="adam"), cell(0.2, optimizer="sgd")
    quick = cell(0.05, optimizer="sgd", learning_rate="0.1")
    assert verdict(14, searched("optimizer", adam, sgd)) == HOLDS
    assert verdict(14, searched("optimizer", adam, sgd, quick)) == DOES_NOT_HOLD


def test_a_larger_batch_helps_only_if_it_is_clearly_better():
    own = cell(0.1, batch_size="4")
    worse, better = cell(0.12, batch_size="16"), cell(0.08, batch_size="16")
    lost, one = cell(None, batch_size="64"), cell(0.01, batch_size="1")
    noisy = replace(own, changed={"batch_size": "16"})
    rng = np.random.default_rng(9)
    noisy = replace(noisy, l2={md5: l2 + rng.normal(0, 0.05) for md5, l2 in own.l2.items()})
    assert verdict(12, searched("batch-size", one, own, worse, lost)) == HOLDS
    assert verdict(12, searched("batch-size", own, better)) == DOES_NOT_HOLD
    assert verdict(12, searched("batch-size", own, noisy)) == NOT_DECIDED
    assert verdict(12, searched("batch-size", own, lost)) == NOT_DECIDED
    (claim,) = of(12, claims(searched("batch-size", cell(None, batch_size="4"), worse)))
    assert (claim.verdict, claim.result.endswith(": diverged or failed")) == (NOT_DECIDED, True)


def test_a_larger_batch_that_is_as_good_does_not_help():
    own = cell(0.1, batch_size="4")
    same = replace(own, changed={"batch_size": "16"})
    assert verdict(12, searched("batch-size", own, same)) == HOLDS


def test_a_search_decides_nothing_by_a_cell_of_a_few_pictures():
    adam, sgd = cell(0.1, optimizer="adam"), cell(0.2, optimizer="sgd")
    few = replace(sgd, l2=dict(list(sgd.l2.items())[:7]))
    assert verdict(14, searched("optimizer", adam, few)) == NOT_DECIDED


def test_a_search_that_was_not_made_says_which_command_makes_it():
    found = claims(content(trained("unet-l2")))
    for number, grid in ((12, "batch-size"), (13, "learning-rate"), (14, "optimizer")):
        (claim,) = of(number, found)
        assert claim.verdict == NOT_DECIDED
        assert f"`irodori experiments --grid {grid}`" in claim.result


def test_each_kind_of_hints_gets_a_verdict_of_its_own():
    cells = [
        replace(one, hints=kind)
        for kind in ("paper", "strokes", "none")
        for one in (cell(0.1, optimizer="adam"), cell(0.2, optimizer="sgd"))
    ]
    found = of(14, claims(searched("optimizer", *cells)))
    assert [claim.condition for claim in found] == ["paper hints", "strokes hints", "none hints"]


@pytest.mark.parametrize("fall", [0.0, 3.0, 10.0])
def test_the_interval_of_a_trend_holds_its_own_estimate_and_mostly_the_truth(fall: float) -> None:
    steady = np.linspace(fall, 0, 100)

    def noisy(seed: int) -> list[float]:
        return list(steady + np.random.default_rng(seed).normal(size=100))

    true = float(np.mean([trend(noisy(seed), 1).tau for seed in range(100, 110)]))
    found = [trend(noisy(seed), seed) for seed in range(20)]
    assert all(one.low <= one.tau <= one.high for one in found)
    assert sum(one.low <= true <= one.high for one in found) >= 16
