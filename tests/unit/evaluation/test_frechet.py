import numpy as np
import pytest
from scipy.linalg import sqrtm

from evaluation.frechet import between, fid, frechet_distance
from evaluation.scores import MIN_FRECHET_PICTURES


def test_gaussians_of_one_covariance_are_as_far_apart_as_their_means() -> None:
    cov = np.array([[2.0, 0.5], [0.5, 1.0]])

    assert between(np.zeros(2), cov, np.array([3.0, 4.0]), cov) == pytest.approx(25)


def test_gaussians_with_their_own_axes_differ_by_their_deviations() -> None:
    found = between(np.zeros(2), np.diag([1.0, 9.0]), np.zeros(2), np.diag([4.0, 4.0]))

    assert found == pytest.approx((1 - 2) ** 2 + (3 - 2) ** 2)


def test_it_is_the_formula_with_scipys_root(chance: np.random.Generator) -> None:
    first, second = (chance.normal(size=(5, 9)) for _ in range(2))
    cov1, cov2 = first @ first.T, second @ second.T

    expected = np.trace(cov1 + cov2 - 2 * sqrtm(cov1 @ cov2).real)

    assert between(np.zeros(5), cov1, np.zeros(5), cov2) == pytest.approx(expected, rel=1e-6)


def test_it_is_given_of_many_pictures_only(chance: np.random.Generator) -> None:
    real = chance.normal(size=(MIN_FRECHET_PICTURES, 3)).astype(np.float32)

    assert frechet_distance(real, real) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(real, real + 1) == pytest.approx(3, rel=1e-5)
    assert frechet_distance(real[1:], real[1:]) is None


def test_the_fid_of_few_pictures_is_that_of_their_moments(chance: np.random.Generator) -> None:
    real = chance.normal(size=(9, 12)).astype(np.float32)
    other = chance.normal(1, 2, size=(7, 12)).astype(np.float32)

    moments = [
        moment
        for features in (real.astype(float), other.astype(float))
        for moment in (features.mean(axis=0), np.cov(features, rowvar=False))
    ]
    assert fid(real, other) == pytest.approx(between(*moments), rel=1e-6)
    assert fid(real, real) == pytest.approx(0, abs=1e-9)
    assert fid(real[:1], other[:1]) is None
    many = chance.normal(size=(40, 3)).astype(np.float32)
    assert fid(many, many) == pytest.approx(0, abs=1e-6)
