from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import confident_joint, estimate_noise
from labelwright.core.errors import ParameterError

from ._worlds import noisy


def test_rates_are_the_joint_normalised_and_the_planted_rate_is_found():
    labels, probabilities, flipped = noisy(n=3000)
    noise = estimate_noise(labels, probabilities, n_resamples=50)
    np.testing.assert_allclose(noise.joint, confident_joint(labels, probabilities) / 3000)
    np.testing.assert_allclose(noise.given_if_true.sum(axis=0), 1)
    np.testing.assert_allclose(noise.true_if_given.sum(axis=1), 1)
    assert noise.error_rate == pytest.approx(1 - np.trace(noise.joint))
    assert noise.error_rate == pytest.approx(flipped.mean(), abs=0.02)


def test_intervals_hold_the_estimate_and_narrow_with_more_items():
    small, large = (estimate_noise(*noisy(n=n)[:2], n_resamples=60) for n in (400, 4000))
    for noise in (small, large):
        assert noise.low <= noise.error_rate <= noise.high
        assert (noise.given_if_true_low <= noise.given_if_true_high).all()
    ratio = (small.high - small.low) / (large.high - large.low)
    assert 2 < ratio < 5


def test_the_interval_is_as_wide_as_estimates_vary():
    estimates = [
        estimate_noise(*noisy(n=500, seed=seed)[:2], n_resamples=20).error_rate
        for seed in range(40)
    ]
    noise = estimate_noise(*noisy(n=500)[:2], level=0.9, n_resamples=200)
    spread = np.quantile(estimates, 0.95) - np.quantile(estimates, 0.05)
    assert 0.5 < (noise.high - noise.low) / spread < 2


def test_the_same_seed_gives_the_same_interval():
    labels, probabilities, _ = noisy()
    one, same, other = (
        estimate_noise(labels, probabilities, n_resamples=30, random_state=seed)
        for seed in (1, 1, 2)
    )
    assert (one.low, one.high) == (same.low, same.high) != (other.low, other.high)


def test_a_class_without_rows_has_zero_rates_and_no_nan():
    labels, probabilities, _ = noisy()
    noise = estimate_noise(labels[labels != 3], probabilities[labels != 3], n_resamples=20)
    assert not noise.true_if_given[3].any()
    assert np.isfinite(noise.given_if_true_high).all()


def test_table_has_one_row_a_pair_of_classes():
    labels, probabilities, _ = noisy(k=3)
    noise = estimate_noise(labels, probabilities, classes=["a", "b", "c"], n_resamples=20)
    table = noise.to_table()
    row = table.row(1, named=True)
    assert (table.height, row["true"], row["given"]) == (9, "a", "b")
    assert row["rate"] == noise.given_if_true[1, 0]
    assert row["share"] == noise.joint[1, 0]
    assert noise.to_dict()["kind"] == "label_noise"


@pytest.mark.parametrize("arguments", [{"level": 1.0}, {"level": 0.2}, {"n_resamples": 3}])
def test_bad_parameters_are_named(arguments):
    with pytest.raises(ParameterError, match=next(iter(arguments))):
        estimate_noise([0, 1], [[0.9, 0.1], [0.2, 0.8]], **arguments)
