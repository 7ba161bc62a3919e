"""Accuracy on gold."""

from __future__ import annotations

import numpy as np
import pytest

from labelwright.core.errors import DataError
from labelwright.core.stats import wilson_interval
from labelwright.estimation import accuracy


def test_it_is_the_share_right_with_wilsons_interval() -> None:
    labels = np.array(["a", "b"] * 60)
    gold = [None if row >= 100 else "a" if row % 10 else "b" for row in range(120)]
    found = accuracy(labels, gold)
    right = sum(1 for x, y in zip(labels, gold, strict=True) if x == y)
    assert found.value == pytest.approx(right / 100)
    assert (found.low, found.high) == pytest.approx(tuple(wilson_interval(right, 100)))
    assert (found.n_gold, found.n, found.what) == (100, 120, "Accuracy")


def test_below_twenty_counts_are_given() -> None:
    found = accuracy([1] * 19, [1] * 17 + [0] * 2)
    assert found.sentence().startswith("Accuracy: 17 of the 19 records")
    assert "%" not in found.sentence()
    assert "89.5 %" in accuracy([1] * 38, ([1] * 17 + [0] * 2) * 2).sentence()


def test_groups_are_worth_fewer_records() -> None:
    group = np.repeat(np.arange(50), 4)
    gold = (np.arange(50) % 5 > 0).astype(int)[group]
    plain, grouped = accuracy([1] * 200, gold), accuracy([1] * 200, gold, groups=group)
    assert grouped.effective_n == pytest.approx(50, rel=0.05)
    assert grouped.low < plain.low
    all_right = accuracy([1] * 200, [1] * 200, groups=group)
    assert all_right.effective_n == 50
    assert all_right.low == pytest.approx(wilson_interval(50, 50, quantile=2.0096)[0], abs=1e-4)


def test_inclusion_is_undone() -> None:
    right = np.array([1] * 80 + [0] * 20)
    inclusion = np.where(right == 1, 0.4, 0.1)
    found = accuracy(np.ones(100, int), right, inclusion=inclusion)
    assert found.value == pytest.approx(200 / 400)
    assert found.effective_n < 100


def test_without_gold_nothing_is_called_accuracy() -> None:
    with pytest.raises(DataError, match="No record has a gold label"):
        accuracy(["a", "b"], [None, None])
    with pytest.raises(DataError, match="labels has 2"):
        accuracy(["a", "b"], ["a"])
    assert accuracy(["a", None], ["a", "a"]).n == 1
