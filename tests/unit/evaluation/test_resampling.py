import numpy as np
import pytest
from scipy.stats import bootstrap

from evaluation.resampling import Interval, bootstrap_mean, bootstrap_share, duel, mean_of_told


def test_the_interval_is_near_that_of_scipys_bootstrap(chance: np.random.Generator) -> None:
    numbers = chance.normal(0.2, 0.05, 80)

    found = bootstrap_mean(numbers.tolist(), seed=1)
    expected = bootstrap(
        (numbers,), np.mean, method="percentile", n_resamples=9999, rng=chance
    ).confidence_interval

    assert found.low == pytest.approx(expected.low, abs=1e-3)
    assert found.high == pytest.approx(expected.high, abs=1e-3)


def test_the_interval_repeats_with_the_seed_and_moves_with_another() -> None:
    numbers = [0.1, 0.2, 0.35, 0.5, 0.9]

    assert bootstrap_mean(numbers, 1) == bootstrap_mean(numbers, 1)
    assert bootstrap_mean(numbers, 1) != bootstrap_mean(numbers, 2)


def test_the_interval_of_a_share_is_near_that_of_scipys_paired_bootstrap(
    chance: np.random.Generator,
) -> None:
    wholes = chance.normal(20, 5, 80)
    parts = wholes * chance.normal(0.2, 0.02, 80)

    found = bootstrap_share(parts.tolist(), wholes.tolist(), seed=1)
    expected = bootstrap(
        (parts, wholes),
        lambda one, other, axis: one.mean(axis) / other.mean(axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=9999,
        rng=chance,
    ).confidence_interval

    assert found is not None
    assert found.low == pytest.approx(expected.low, abs=1e-3)
    assert found.high == pytest.approx(expected.high, abs=1e-3)
    assert bootstrap_share([0.0, 0.0], [0.0, 0.0], seed=1) is None


def test_a_share_is_bounded_by_those_draws_alone_that_tell_of_it() -> None:
    parts, wholes = [0.0, 0.0, 0.0, 0.5], [0.0, 0.0, 0.0, 1.0]

    found = bootstrap_share(parts, wholes, seed=1)

    # A draw without the last picture, one of three, has no share; that is not a share of none.
    assert found == Interval(0.5, 0.5)


def test_a_duel_compares_equal_pictures_only_and_a_tie_is_half_a_win() -> None:
    ours = {"a": 0.1, "b": 0.2, "c": 0.3, "only ours": 0.0}
    theirs = {"a": 0.2, "b": 0.2, "c": 0.2, "d": 0.2, "only theirs": 0.0}

    found = duel(("ours", ours), ("theirs", theirs), "detected", seed=1)

    assert found is not None
    assert found.num_pictures == 3
    assert found.win_rate == pytest.approx(0.5)
    assert found.difference == pytest.approx(0)
    assert found.low < 0 < found.high


def test_the_interval_of_a_duel_is_drawn_in_the_order_of_the_pictures_names() -> None:
    names = [f"{number:x}" * 8 for number in range(16)]
    ours = {name: 0.1 * place**2 for place, name in enumerate(reversed(names))}
    theirs = dict.fromkeys(names, 0.5)

    found = duel(("ours", ours), ("theirs", theirs), "detected", seed=1)
    expected = bootstrap_mean([ours[name] - theirs[name] for name in names], seed=1)

    # Whatever order a set of names has in this process.
    assert found is not None
    assert (found.low, found.high) == (expected.low, expected.high)


@pytest.mark.parametrize("measure", ["psnr", "ssim", "ms_ssim"])
def test_of_ssim_and_what_is_like_it_the_higher_wins(measure: str) -> None:
    ours, theirs = {"a": 0.9, "b": 0.8, "c": 0.5}, {"a": 0.7, "b": 0.7, "c": 0.6}

    by_ssim = duel(("ours", ours), ("theirs", theirs), "detected", 1, measure=measure)
    by_distance = duel(("ours", ours), ("theirs", theirs), "detected", 1, measure="perceptual")

    assert by_ssim is not None
    assert by_distance is not None
    assert (by_ssim.measure, by_ssim.win_rate) == (measure, pytest.approx(2 / 3))
    assert by_distance.win_rate == pytest.approx(1 / 3)
    assert by_ssim.difference == by_distance.difference == pytest.approx(0.2 / 3)


def test_there_is_no_duel_without_a_picture_in_common() -> None:
    assert duel(("ours", {"a": 0.1}), ("theirs", {"b": 0.1}), "detected", seed=1) is None


def test_a_nought_that_is_told_counts_and_what_is_not_told_does_not() -> None:
    assert mean_of_told([0.0, None, 1.0]) == 0.5
    assert mean_of_told([0.0]) == 0.0
    assert mean_of_told([None]) is None
