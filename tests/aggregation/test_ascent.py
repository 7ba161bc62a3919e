import numpy as np
import pytest

from labelwright.aggregation._ascent import ascend
from labelwright.core.errors import ConvergenceWarning

STOP = {"scale": 1.0, "tol": 1e-14, "max_iter": 500, "name": "Test"}


def banana(point):
    """Rosenbrock's valley, upside down, with its top at 1."""
    x, y = point[:-1], point[1:]
    value = -np.sum(100 * (y - x**2) ** 2 + (1 - x) ** 2)
    gradient = np.zeros_like(point)
    gradient[:-1] += 400 * x * (y - x**2) + 2 * (1 - x)
    gradient[1:] -= 200 * (y - x**2)
    return value, gradient


def test_it_reaches_the_top_of_a_curved_ridge():
    found = ascend(banana, np.zeros(10), **STOP)
    np.testing.assert_allclose(found.parameters, 1, atol=1e-5)
    assert found.converged
    assert np.all(np.diff(found.history) >= 0)
    assert found.history[0] == -9
    assert len(found.history) < 100


def test_a_step_into_what_is_not_finite_is_cut():
    def wall(point):
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.sum(np.log(1 - point) + 5 * point)), 5 - 1 / (1 - point)

    found = ascend(wall, np.full(3, -2.0), **STOP)
    np.testing.assert_allclose(found.parameters, 0.8, atol=1e-6)


def test_a_gradient_that_leads_nowhere_ends_the_climb():
    found = ascend(lambda point: (-float(np.sum(point**2)), point + 1), np.zeros(2), **STOP)
    np.testing.assert_array_equal(found.parameters, 0)
    assert found.history == [0.0]


def test_stopping_early_is_reported_with_the_gain_left():
    with pytest.warns(ConvergenceWarning, match=r"Test stopped after 3 iterations.*a vote"):
        found = ascend(banana, np.zeros(4), **STOP | {"max_iter": 3})
    assert not found.converged
    assert len(found.history) == 4
