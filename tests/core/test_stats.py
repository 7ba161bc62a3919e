"""Intervals and tests against closed forms, enumeration and scipy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.stats import (
    benjamini_hochberg,
    bootstrap_interval,
    jeffreys_interval,
    normal_quantile,
    permutation_p,
    wilson_interval,
)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_ends_of_wilsons_interval_solve_the_score_equation(level: float) -> None:
    z = normal_quantile((1 + level) / 2)
    for x, n in [(1, 7), (30, 100), (80.5, 100.25)]:
        for p in wilson_interval(x, n, level):
            assert (x / n - p) ** 2 == pytest.approx(z**2 * p * (1 - p) / n)


def test_wilson_agrees_with_scipy_and_takes_arrays() -> None:
    low, high = wilson_interval(np.arange(11), 10)
    for x in range(11):
        peer = stats.binomtest(x, 10).proportion_ci(method="wilson")
        assert low[x] == pytest.approx(peer.low, abs=1e-12)
        assert high[x] == pytest.approx(peer.high, abs=1e-12)


def test_proportions_at_the_ends_have_width_and_stay_inside() -> None:
    for interval in (wilson_interval, jeffreys_interval):
        low, high = interval([0, 5], 5)
        assert low[0] == 0
        assert 0.2 < high[0] < 0.5
        assert high[1] == 1
        assert low[1] == pytest.approx(1 - high[0])
    assert wilson_interval(0, 0) == (0, 1)


def test_jeffreys_interval_is_a_beta_posterior() -> None:
    low, high = jeffreys_interval(3, 20, 0.9)
    posterior = stats.beta(3.5, 17.5)
    assert posterior.cdf(low) == pytest.approx(0.05)
    assert posterior.cdf(high) == pytest.approx(0.95)


def test_the_two_proportion_intervals_cover() -> None:
    n = np.arange(61)
    for interval in (wilson_interval, jeffreys_interval):
        low, high = interval(n, 60)
        covers = [
            stats.binom(60, p).pmf(n[(low <= p) & (p <= high)]).sum()
            for p in np.linspace(0.05, 0.95, 91)
        ]
        assert 0.94 < np.mean(covers) < 0.96


@pytest.mark.parametrize(("x", "n"), [(-1, 3), (4, 3), (np.nan, 3), (1, np.inf)])
def test_impossible_counts_are_refused(x: float, n: float) -> None:
    with pytest.raises(DataError, match="from 0 to n"):
        wilson_interval(x, n)


@pytest.mark.parametrize("level", [95, 0.0, 1.0, "high"])
def test_a_level_is_a_confidence(level: object) -> None:
    with pytest.raises(ParameterError, match="level"):
        wilson_interval(1, 2, level)  # type: ignore[arg-type]


def test_three_items_are_resampled_in_all_27_ways() -> None:
    items = np.array([1.0, 4.0, 10.0])
    means = [np.mean(sample) for sample in product(items, repeat=3)]
    expected = np.quantile(means, [0.05, 0.95])
    found = bootstrap_interval(np.mean, items, level=0.9, method="percentile", random_state=None)
    assert found == pytest.approx(tuple(expected))


@pytest.mark.parametrize("method", ["percentile", "BCa"])
@pytest.mark.parametrize("statistic", [np.mean, np.median, np.std])
def test_bootstrap_agrees_with_scipy_on_the_same_resamples(method: str, statistic: object) -> None:
    items = np.random.default_rng(5).exponential(size=40)
    ours = bootstrap_interval(
        statistic,  # type: ignore[arg-type]
        items,
        method=method.lower(),
        n_resamples=500,
        random_state=np.random.default_rng(1),
    )
    peer = stats.bootstrap(
        (items,), statistic, n_resamples=500, method=method, rng=np.random.default_rng(1)
    )
    assert ours == pytest.approx(tuple(peer.confidence_interval), rel=1e-12)


def test_bca_without_bias_and_acceleration_is_the_percentile_interval() -> None:
    symmetric = np.array([-2.0, 0.0, 2.0])
    bca, percentile = (
        bootstrap_interval(np.mean, symmetric, method=method) for method in ("bca", "percentile")
    )
    assert bca == pytest.approx(percentile)
    assert bootstrap_interval(np.mean, [3.0, 3.0, 3.0]) == (3.0, 3.0)


def test_groups_are_drawn_whole() -> None:
    values, groups = [1.0, 1.0, 5.0, 9.0], ["a", "a", "b", None]

    def sums(sample: np.ndarray) -> float:
        assert np.sum(sample == 1.0) % 2 == 0
        return float(sample.sum())

    assert bootstrap_interval(sums, values, groups=groups, method="percentile", level=0.999)[0] >= 6


def test_bad_bootstraps_are_refused() -> None:
    with pytest.raises(ParameterError, match="percentile"):
        bootstrap_interval(np.mean, [1, 2], method="normal")
    with pytest.raises(DataError, match="at least two"):
        bootstrap_interval(np.mean, [1, 2], groups=["a", "a"])
    with pytest.raises(DataError, match="2 rows"):
        bootstrap_interval(np.mean, [1, 2], [1, 2, 3])


def test_permutation_p_equals_the_enumeration() -> None:
    first, second = [0.1, 0.2, 0.35], [0.3, 0.4, 0.6, 0.9]
    exact = stats.permutation_test(
        (first, second),
        lambda a, b: abs(np.mean(a) - np.mean(b)),
        n_resamples=np.inf,
        alternative="greater",
    )
    assert permutation_p(first, second) == pytest.approx(exact.pvalue)
    assert permutation_p(second, first) == permutation_p(first, second)
    drawn = permutation_p(first, second, n_permutations=34, random_state=1)
    assert drawn == pytest.approx(exact.pvalue, abs=0.15)


def test_drawn_permutations_agree_with_the_t_test() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=40), rng.normal(0.4, 1, size=60)
    assert permutation_p(first, second, n_permutations=4999) == pytest.approx(
        stats.ttest_ind(first, second).pvalue, abs=0.01
    )


def test_permutation_p_is_uniform_where_nothing_differs() -> None:
    rng = np.random.default_rng(2)
    p = [
        permutation_p(rng.normal(size=15), rng.normal(size=20), n_permutations=199)
        for _ in range(200)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert permutation_p(np.ones(30), np.ones(40)) == 1


def test_permutation_p_refuses_missing_values() -> None:
    with pytest.raises(DataError, match="finite"):
        permutation_p([1.0, np.nan], [2.0])
    with pytest.raises(DataError, match="two samples"):
        permutation_p([], [2.0])


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    p = np.random.default_rng(3).uniform(size=50) ** 2
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))
    assert benjamini_hochberg([]).size == 0
    with pytest.raises(DataError, match="0 to 1"):
        benjamini_hochberg([1.2])
