"""Samples: inclusion probabilities are exact and estimates unbiased."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from labelwright.core.errors import DataError, ParameterError
from labelwright.selection import sample
from labelwright.selection.random_sample import _inclusion_probabilities, _proportional

STRATA = np.array(["a"] * 6 + ["b"] * 3 + ["c"])
WEIGHTS = np.array([1.0, 1, 1, 2, 2, 3, 3, 4, 5, 30])
GROUPS = np.array([0, 0, 0, 1, 1, 2, 3, 3, 3, 3])


@pytest.mark.parametrize(
    "options", [{}, {"by": STRATA}, {"weights": WEIGHTS}, {"groups": GROUPS}], ids=str
)
def test_rows_are_drawn_as_often_as_they_say(options: dict) -> None:
    rng = np.random.default_rng(0)
    counts, stated = np.zeros(10), np.full(10, np.nan)
    for _ in range(4000):
        drawn = sample(10, 4, random_state=rng, **options)
        assert np.unique(drawn.indices).size == len(drawn)
        counts[drawn.indices] += 1
        stated[drawn.indices] = drawn.inclusion
    error = (counts - 4000 * stated) / np.sqrt(np.maximum(4000 * stated * (1 - stated), 1e-9))
    fixed = stated == 1
    assert (counts[fixed] == 4000).all()
    assert np.abs(error[~fixed]).max() < 4


def test_the_inverse_weighted_total_is_unbiased_over_all_samples() -> None:
    y = np.array([1.0, 0, 4, 2, 2, 7])
    estimates = []
    for chosen in combinations(range(6), 2):
        estimates.append(np.sum(y[list(chosen)] / (2 / 6)))
    assert np.mean(estimates) == pytest.approx(y.sum())
    assert sample(6, 2).inclusion.tolist() == [2 / 6] * 2


def test_every_pair_of_rows_is_equally_likely() -> None:
    rng = np.random.default_rng(1)
    pairs = [tuple(sorted(sample(5, 2, random_state=rng).indices)) for _ in range(5000)]
    counts = [pairs.count(pair) for pair in combinations(range(5), 2)]
    assert stats.chisquare(counts).pvalue > 0.001


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.data())
def test_strata_get_their_share_and_at_least_one(sizes: list[int], data: st.DataObject) -> None:
    total = sum(sizes)
    k = data.draw(st.integers(len(sizes), total))
    taken = _proportional(np.array(sizes), k)
    assert taken.sum() == k
    assert (taken >= 1).all()
    assert (taken <= sizes).all()
    shares = k * np.array(sizes) / total
    if (shares >= 1).all():
        assert (np.abs(taken - shares) < 1).all()


def test_small_strata_are_paid_for_by_the_large_one() -> None:
    assert _proportional(np.array([1, 1, 1, 100]), 4).tolist() == [1, 1, 1, 1]
    assert _proportional(np.array([1, 1, 60, 40]), 10).tolist() == [1, 1, 5, 3]


def test_inclusion_proportional_to_weights_sums_to_k() -> None:
    found = _inclusion_probabilities(WEIGHTS, 4)
    assert found.sum() == pytest.approx(4)
    assert found[9] == 1
    assert found[:9] / WEIGHTS[:9] == pytest.approx(np.full(9, 3 / 22))
    assert _inclusion_probabilities(np.array([1.0, 2, 3]), 3).tolist() == [1, 1, 1]
    assert sorted(sample(10, 10, weights=WEIGHTS).indices) == list(range(10))


def test_groups_come_whole() -> None:
    drawn = sample(10, 5, groups=["x", "x", None, "y", "y", "y", None, "z", "z", "z"])
    kinds = np.array([0, 0, 1, 2, 2, 2, 3, 4, 4, 4])[drawn.indices]
    sizes = np.array([2, 1, 3, 1, 3])
    assert all(np.sum(kinds == kind) == sizes[kind] for kind in set(kinds))
    assert (drawn.inclusion == drawn.inclusion[0]).all()


def test_a_missing_stratum_is_one_too() -> None:
    drawn = sample(6, 3, by=["a", "a", None, np.nan, "b", "b"])
    assert sorted(row // 2 for row in drawn.indices) == [0, 1, 2]


def test_the_seed_alone_decides_and_results_spread_over_rows() -> None:
    one, same, other = (sample(50, 10, random_state=seed) for seed in (1, 1, 2))
    assert (one.indices == same.indices).all()
    assert (one.indices != other.indices).any()
    spread = one.per_row()
    assert np.flatnonzero(~np.isnan(spread)).tolist() == sorted(one.indices)
    assert np.nansum(1 / spread) == pytest.approx(50)
    assert one.to_table().columns == ["row", "inclusion"]
    assert one.to_dict()["kind"] == "sample"


@pytest.mark.parametrize(("n", "k"), [(3, 4), (3, 0), (3, 1.5), (3, True)])
def test_impossible_sizes_are_refused(n: int, k: int) -> None:
    with pytest.raises(ParameterError, match="from 1 to n"):
        sample(n, k)


def test_bad_designs_are_refused() -> None:
    with pytest.raises(DataError, match="4 strata"):
        sample(4, 2, by=[1, 2, 3, 4])
    with pytest.raises(DataError, match=r"weights\[1\]"):
        sample(2, 1, weights=[1, 0])
    with pytest.raises(DataError, match="by has 2"):
        sample(3, 2, by=["a", "b"])
    with pytest.raises(ParameterError, match="one of by="):
        sample(2, 1, by=[1, 1], groups=[1, 2])
