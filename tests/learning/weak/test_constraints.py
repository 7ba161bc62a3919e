from __future__ import annotations

import numpy as np
import pytest

from labelwright import Votes
from labelwright.core.errors import CapabilityError, DataError
from labelwright.core.spaces import Classes
from labelwright.learning.weak import (
    WeakSignals,
    bound_penalty,
    expected_errors,
    simplex_penalty,
)

RNG = np.random.default_rng(0)
N, M, K = 30, 4, 3
TRUTH = RNG.integers(0, K, N)
VALUES = RNG.dirichlet(np.ones(K), (N, M))
VALUES[RNG.random((N, M)) < 0.3] = np.nan
SIGNALS = WeakSignals(VALUES, 0.5)


def test_true_labels_with_true_rates_pay_nothing_and_others_do():
    labels = np.eye(K)[TRUTH]
    rates = SIGNALS.error_rates(TRUTH)
    errors = expected_errors(labels, SIGNALS.filled, SIGNALS.spoken)
    assert bound_penalty(errors, rates) == 0
    assert simplex_penalty(labels) == 0
    assert bound_penalty(errors, rates - 0.1) == pytest.approx(M * K * 0.01)
    assert simplex_penalty(labels * 2) == pytest.approx(2)


def test_errors_are_means_over_the_items_that_a_signal_speaks_on():
    soft = RNG.dirichlet(np.ones(K), N)
    found = expected_errors(soft, SIGNALS.filled, SIGNALS.spoken)
    for m in range(M):
        for k in range(K):
            spoke = ~np.isnan(VALUES[:, m, k])
            q, y = VALUES[spoke, m, k], soft[spoke, k]
            assert found[m, k] == pytest.approx(np.mean(y * (1 - q) + (1 - y) * q))


def test_tensors_give_what_arrays_give():
    torch = pytest.importorskip("torch")
    soft = RNG.normal(size=(N, K))
    arrays = (soft, SIGNALS.filled, SIGNALS.spoken.astype(float))
    found = expected_errors(*map(torch.tensor, arrays))
    np.testing.assert_allclose(found.numpy(), expected_errors(*arrays))
    bounds = RNG.random((M, K))
    assert bound_penalty(found, torch.tensor(bounds)).item() == pytest.approx(
        bound_penalty(found.numpy(), bounds)
    )
    assert simplex_penalty(torch.tensor(soft)).item() == pytest.approx(simplex_penalty(soft))


def test_votes_are_signals_that_are_certain():
    matrix = np.where(RNG.random((N, 3)) < 0.7, TRUTH[:, None], (TRUTH[:, None] + 1) % K)
    matrix[RNG.random((N, 3)) < 0.4] = -1
    votes = Votes.from_matrix(np.column_stack([matrix, np.full(N, -1)]), classes=["a", "b", "c"])
    signals = WeakSignals.from_votes(votes, bounds=[0.1, 0.2, 0.3])
    assert signals.classes == ("a", "b", "c")
    assert signals.values.shape == (N, 3, K)
    np.testing.assert_array_equal(signals.spoken.all(axis=2), matrix >= 0)
    np.testing.assert_array_equal(np.where(matrix >= 0, signals.filled.argmax(axis=2), -1), matrix)
    np.testing.assert_array_equal(signals.bounds[:, 1], [0.1, 0.2, 0.3])


def test_bounds_from_gold_lie_between_a_rules_own_rate_and_that_of_all():
    wrong = TRUTH.copy()
    wrong[:6] = (wrong[:6] + 1) % K
    votes = Votes.from_matrix(np.column_stack([TRUTH, wrong]))
    gold = [int(label) if place < 20 else None for place, label in enumerate(TRUTH)]
    signals = WeakSignals.from_votes(votes, gold=gold)
    known = np.where(np.arange(N) < 20, TRUTH, -1)
    rates = signals.error_rates(known)
    pooled = rates.mean(axis=0)
    np.testing.assert_allclose(signals.bounds, (20 * rates + 2 * pooled) / 22)
    assert (rates[0] == 0).all()


def test_the_mean_of_silence_is_even():
    values = np.array([[[1.0, 0.0], [0.5, 0.5]], [[np.nan] * 2, [np.nan] * 2]])
    np.testing.assert_allclose(WeakSignals(values, 0.1).mean(), [[0.75, 0.25], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("values", "bounds", "message"),
    [
        (np.zeros((4, 2, 1)), 0.1, "two classes or more"),
        (np.zeros((4, 2)), 0.1, "two classes or more"),
        (np.full((4, 2, 2), 1.5), 0.1, "values of weak signals hold 1.5"),
        (np.zeros((4, 2, 2)), [0.1, 1.2], "bounds of weak signals hold 1.2"),
        (np.zeros((4, 2, 2)), [0.1, np.nan], "bounds of weak signals hold nan"),
        (np.zeros((4, 2, 2)), [0.1, 0.2, 0.3], r"bounds have shape \(3, 1\) for 2 signals"),
        (np.full((4, 2, 2), np.nan), 0.1, "Signal 0 speaks on no item"),
    ],
)
def test_what_is_no_weak_signal_is_refused(values, bounds, message):
    with pytest.raises(DataError, match=message):
        WeakSignals(values, bounds)


def test_votes_need_bounds_or_gold_and_one_class_each():
    votes = Votes.from_matrix([[0, 1], [1, 1]])
    with pytest.raises(DataError, match="Bounds or some gold labels"):
        WeakSignals.from_votes(votes)
    with pytest.raises(DataError, match="No signal speaks on an item with a gold label"):
        WeakSignals.from_votes(votes, gold=[None, None])
    with pytest.raises(DataError, match="3 classes are named"):
        WeakSignals(np.zeros((4, 2, 2)), 0.1, ("a", "b", "c"))
    space = Classes(["a", "b"], open_answers={"either": ["a", "b"]})
    open_votes = Votes.from_arrays([0, 1], ["r", "r"], ["a", "either"], space=space)
    with pytest.raises(CapabilityError, match="several classes open"):
        WeakSignals.from_votes(open_votes, bounds=0.1)
