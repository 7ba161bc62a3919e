import numpy as np
import pytest

from labelwright.learning.noisy._three_views import (
    Noise,
    _expected,
    _gradient,
    _logits,
    _noise,
    best_noise,
    divergence,
    noise_starts,
    squared_difference,
    triple_shares,
)


def random_noise(k, n_views, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.ones(k), (n_views, k)) * 0.4 + 0.6 * np.eye(k)
    return Noise(rng.dirichlet(np.full(k, 5.0)), rows)


@pytest.mark.parametrize("n_views", [1, 3])
@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_exact_shares_give_the_exact_noise(k, n_views):
    truth = random_noise(k, n_views, seed=k)
    seen = _expected(truth)
    starts = noise_starts(seen, n_views, 2, 0)
    found, loss, _ = best_noise(seen, starts, divergence, tol=0.0, max_iter=20_000)
    np.testing.assert_allclose(found.transitions, truth.transitions, atol=1e-5)
    np.testing.assert_allclose(found.class_prior, truth.class_prior, atol=1e-5)
    assert loss < 1e-10


def test_the_truth_is_where_squared_differences_vanish():
    truth = random_noise(3, 1)
    seen = _expected(truth)
    assert squared_difference(seen, seen)[0] == 0
    starts = noise_starts(seen, 1, 2, 0)
    found, loss, _ = best_noise(seen, starts, squared_difference, tol=0.0, max_iter=20_000)
    np.testing.assert_allclose(found.transitions, truth.transitions, atol=1e-3)
    assert loss < 1e-10


@pytest.mark.parametrize("n_views", [1, 3])
@pytest.mark.parametrize("misfit", [squared_difference, divergence])
def test_the_gradient_is_that_of_finite_differences(misfit, n_views):
    seen = _expected(random_noise(4, 3, seed=1))
    rng = np.random.default_rng(2)
    point, direction = rng.normal(size=(2, 4 + n_views * 16))

    def value(logits):
        return misfit(_expected(_noise(logits, 4, n_views)), seen)[0]

    noise = _noise(point, 4, n_views)
    slope = _gradient(noise, misfit(_expected(noise), seen)[1]) @ direction
    step = 1e-6
    expected = (value(point + step * direction) - value(point - step * direction)) / (2 * step)
    assert slope == pytest.approx(expected, rel=1e-5)


def test_the_squared_difference_is_that_of_all_marginals():
    rng = np.random.default_rng(0)
    one, other = rng.dirichlet(np.ones(27), 2).reshape(2, 3, 3, 3)
    by_hand = ((one - other) ** 2).sum()
    by_hand += sum(((one - other).sum(axis) ** 2).sum() for axis in range(3))
    by_hand += sum(((one - other).sum(pair) ** 2).sum() for pair in ((0, 1), (0, 2), (1, 2)))
    assert squared_difference(one, other)[0] == pytest.approx(by_hand)


def test_shares_are_counts():
    shares = triple_shares(np.array([[0, 1, 2], [0, 1, 2], [2, 2, 2], [1, 0, 0]]), 3)
    assert shares[0, 1, 2] == 0.5
    assert shares[2, 2, 2] == shares[1, 0, 0] == 0.25
    assert shares.sum() == 1


def test_logits_and_back():
    noise = random_noise(3, 3)
    again = _noise(_logits(noise), 3, 3)
    np.testing.assert_allclose(again.transitions, noise.transitions)
    np.testing.assert_allclose(again.class_prior, noise.class_prior)
