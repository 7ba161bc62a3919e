"""Folds keep sets whole and classes balanced."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import DataError, DataWarning, ParameterError
from labelwright.estimation.folds import assign_folds, join_groups


def counts(labels: np.ndarray, fold: np.ndarray) -> np.ndarray:
    return np.array([np.bincount(labels[fold == f], minlength=labels.max() + 1) for f in set(fold)])


def test_classes_are_as_equal_as_they_can_be() -> None:
    labels = np.repeat([0, 1, 2], [101, 23, 7])
    found = counts(labels, assign_folds(labels, n_folds=5))
    assert (np.ptp(found, axis=0) <= 1).all()
    assert np.ptp(found.sum(axis=1)) <= 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(-1, 4)), min_size=12))
def test_sets_stay_whole(rows: list[tuple[int, int, int]]) -> None:
    labels, groups, duplicates = map(np.array, zip(*rows, strict=True))
    sets = join_groups(len(rows), groups, duplicates)
    by_group = {}
    for row, group in enumerate(groups):
        assert sets[row] == sets[by_group.setdefault(group, row)]
    if sets.max() == 0:
        return
    with pytest.warns(DataWarning) if small(sets) else nothing():
        fold = assign_folds(labels, groups=groups, duplicates=duplicates, n_folds=3)
    for one in range(sets.max() + 1):
        assert np.unique(fold[sets == one]).size == 1
    assert np.unique(fold).size == min(3, sets.max() + 1)


def small(sets: np.ndarray) -> bool:
    return sets.max() + 1 < 3 or np.bincount(sets).max() > sets.size / 2


def nothing() -> object:
    from contextlib import nullcontext

    return nullcontext()


def test_groups_and_duplicates_join_in_chains() -> None:
    sets = join_groups(5, ["a", "a", "b", "b", "c"], [None, "x", "x", None, None])
    assert sets.tolist() == [0, 0, 0, 0, 1]
    assert join_groups(3).tolist() == [0, 1, 2]
    assert join_groups(3, [None, np.nan, None]).tolist() == [0, 1, 2]
    assert join_groups(3, [-1, -1, 5]).tolist() == [0, 0, 1]
    assert join_groups(3, duplicates=[-1, -1, 5]).tolist() == [0, 1, 2]


def test_large_groups_come_first_and_are_balanced() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), rng.integers(1, 30, 60))
    labels = rng.integers(0, 3, groups.size)
    found = counts(labels, assign_folds(labels, groups=groups))
    assert (np.ptp(found, axis=0) < 0.15 * found.mean(axis=0)).all()


def test_soft_labels_are_balanced_by_their_shares() -> None:
    soft = np.random.default_rng(1).dirichlet([0.5, 0.3, 0.2], size=600)
    fold = assign_folds(soft)
    shares = np.array([soft[fold == f].sum(axis=0) for f in range(5)])
    assert (np.ptp(shares, axis=0) < 0.2 * shares.mean(axis=0)).all()


def test_unlabelled_rows_even_up_the_folds() -> None:
    labels = np.array([0] * 6 + [-1] * 6)
    fold = assign_folds(labels, n_folds=3)
    assert np.bincount(fold).tolist() == [4, 4, 4]
    assert np.bincount(fold[:6]).tolist() == [2, 2, 2]


def test_the_seed_alone_decides() -> None:
    labels = np.arange(40) % 2
    same = [assign_folds(labels, random_state=3) for _ in range(2)]
    assert (same[0] == same[1]).all()
    assert (same[0] != assign_folds(labels, random_state=4)).any()


def test_what_cannot_be_divided_is_said() -> None:
    labels = np.array([0, 1, 0, 1])
    with pytest.raises(DataError, match="one group"):
        assign_folds(labels, groups=["a"] * 4)
    with pytest.warns(DataWarning, match="Only 2 groups of rows for 5 folds"):
        assert assign_folds(labels, groups=["a", "a", "b", "b"]).max() == 1
    with pytest.warns(DataWarning, match="One group holds 3 of 4 rows"):
        assign_folds(labels, groups=["a", "a", "a", "b"], n_folds=2)
    with pytest.raises(ParameterError, match="n_folds"):
        assign_folds(labels, n_folds=1)
    with pytest.raises(DataError, match="groups has 2"):
        assign_folds(labels, groups=["a", "b"])
