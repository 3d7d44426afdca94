import numpy as np
import pytest
import torch

from evaluation.features import Features
from evaluation.kernel_distance import kernel_distance

CPU = torch.device("cpu")


def _distance(real: np.ndarray, generated: np.ndarray, seed: int = 1) -> tuple[float, float, float]:
    found = kernel_distance(real.astype(np.float32), generated.astype(np.float32), seed, CPU)
    assert found is not None
    return found.value, found.low, found.high


def _by_hand(real: Features, generated: Features) -> float:
    """The definition, pair by pair in double precision."""
    number, size = real.shape
    wide = [[float(value) for value in row] for row in (*real, *generated)]

    def kernel(a: int, b: int) -> float:
        return float((sum(x * y for x, y in zip(wide[a], wide[b], strict=True)) / size + 1) ** 3)

    total = 0.0
    for i in range(number):
        for j in range(number):
            if i != j:
                total += kernel(i, j) + kernel(number + i, number + j)
                total -= kernel(i, number + j) + kernel(j, number + i)
    return total / (number * (number - 1))


def test_it_is_its_definition(chance: np.random.Generator) -> None:
    real = chance.normal(size=(7, 5)).astype(np.float32)
    generated = chance.normal(0.5, 2, size=(7, 5)).astype(np.float32)

    assert _distance(real, generated)[0] == pytest.approx(_by_hand(real, generated), rel=1e-10)


def test_one_feature_that_is_one_against_zero_is_at_seven() -> None:
    # k(1, 1) + k(0, 0) - 2 k(1, 0) = 8 + 1 - 2 for every pair of places.
    assert _distance(np.ones((4, 1)), np.zeros((4, 1))) == pytest.approx((7, 7, 7))


def test_the_truth_itself_is_at_zero(chance: np.random.Generator) -> None:
    real = chance.random((30, 64))

    assert _distance(real, real) == pytest.approx((0, 0, 0), abs=1e-12)


def test_two_halves_of_one_set_are_at_zero_on_average(chance: np.random.Generator) -> None:
    found = [
        _distance(chance.normal(size=(12, 3)), chance.normal(size=(12, 3)))[0] for _ in range(300)
    ]

    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 3 * error
    assert min(found) < 0 < max(found)


def test_known_gaussians_are_where_their_moments_put_them(chance: np.random.Generator) -> None:
    # Of one feature k(x, y) = 1 + 3xy + 3x²y² + x³y³, so the squared distance is
    # 3 (m1 - m1')² + 3 (m2 - m2')² + (m3 - m3')², with the raw moments of N(m, s²).
    def moments(mean: float, scale: float) -> np.ndarray:
        return np.array([mean, mean**2 + scale**2, mean**3 + 3 * mean * scale**2])

    expected = float(np.dot([3, 3, 1], (moments(0, 1) - moments(0.5, 1.2)) ** 2))
    value, low, high = _distance(
        chance.normal(0, 1, (1_500, 1)), chance.normal(0.5, 1.2, (1_500, 1))
    )

    assert value == pytest.approx(expected, rel=0.2)
    assert low < expected < high


def test_the_interval_holds_the_true_distance_as_often_as_it_says(
    chance: np.random.Generator,
) -> None:
    expected = 3 * 0.8**2 + 3 * 0.64**2 + (0.8**3 + 3 * 0.8) ** 2
    held = 0
    for _ in range(40):
        _, low, high = _distance(chance.normal(size=(150, 1)), chance.normal(0.8, 1, (150, 1)))
        held += low < expected < high

    # 95 % of 40 are 38; of a fair interval fewer than 33 are seen once in a thousand times.
    assert held >= 33


def test_the_interval_repeats_with_the_seed(chance: np.random.Generator) -> None:
    real, generated = chance.random((9, 4)), chance.random((9, 4))

    assert _distance(real, generated, seed=1) == _distance(real, generated, seed=1)
    assert _distance(real, generated, seed=1)[1:] != _distance(real, generated, seed=2)[1:]


def test_one_picture_has_no_distance_and_two_have_an_interval() -> None:
    one = np.ones((1, 3), np.float32)

    assert kernel_distance(one, one, 1, CPU) is None
    assert _distance(np.eye(2), np.zeros((2, 2))) == pytest.approx((0, 0, 0), abs=3)


def test_of_a_very_large_set_its_first_pictures_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.kernel_distance.MAX_PICTURES", 20)
    # Beside ones, for a pair with a zero is worth the same whatever the other is.
    real = np.ones((21, 1), np.float32)
    generated = np.r_[np.ones((20, 1)), [[1e6]]]

    assert _distance(real, generated)[0] == 0
