"""Corrected shares of classes."""

from __future__ import annotations

import numpy as np
import pytest

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.spaces import Classes
from labelwright.estimation import Estimate, Estimates, corrected_rate, corrected_share
from labelwright.estimation._intervals import corrected_rate_of
from labelwright.estimation._rectify import rectify
from labelwright.estimation.shares import _common_lam

NAMES = np.array(["ham", "spam", "unsure"])
SHARES = np.array([0.6, 0.3, 0.1])
CONFUSION = np.array([[0.85, 0.1, 0.05], [0.3, 0.6, 0.1], [0.2, 0.3, 0.5]])


def draw(seed: int, n: int = 1500, n_gold: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Labels from a confusion matrix, and gold codes on a random part (-1 elsewhere)."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=SHARES)
    labels = (rng.random(n)[:, None] > CONFUSION.cumsum(axis=1)[truth]).sum(axis=1)
    return labels, np.where(np.arange(n) < n_gold, truth, -1)


def test_every_class_is_covered() -> None:
    covered = np.zeros(3)
    for seed in range(500):
        labels, gold = draw(seed)
        looked, shares = gold >= 0, np.eye(3)[labels]
        parts = [rectify((gold == k).astype(float), shares[:, k], looked) for k in range(3)]
        lam = _common_lam(parts, shares[looked])
        for k in range(3):
            found = corrected_rate_of(parts[k], shares[looked, k], 1500, 0.95, False, lam)
            covered[k] += found.low <= SHARES[k] <= found.high
    assert (covered >= 465).all()
    assert (covered <= 490).all()


def test_shares_sum_to_one_and_of_is_one_of_them() -> None:
    labels, gold = draw(1)
    found = corrected_share(labels, gold)
    assert isinstance(found, Estimates)
    assert sum(one.value for one in found) == pytest.approx(1)
    assert sum(one.naive for one in found) == pytest.approx(1)
    assert len(found) == 3
    assert corrected_share(labels, gold, of=2) == found[2]


def test_two_classes_are_a_rate() -> None:
    labels, gold = draw(2)
    labels, gold = np.minimum(labels, 1), np.minimum(gold, 1)
    found = corrected_share(labels, gold, of=1)
    rate = corrected_rate(labels, np.where(gold < 0, np.nan, gold))
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high) == pytest.approx((rate.value, rate.low, rate.high))


def test_text_codes_and_probabilities_say_the_same() -> None:
    labels, gold = draw(3)
    expected = corrected_share(labels, gold, of=1)
    as_text = [None if g < 0 else NAMES[g] for g in gold]
    space = Classes(NAMES.tolist())
    for found in (
        corrected_share(NAMES[labels], as_text, of="spam"),
        corrected_share(NAMES[labels], as_text, of="spam", classes=space),
        corrected_share(np.eye(3)[labels], as_text, of="spam", classes=space),
        corrected_share(np.eye(3)[labels], gold, of=1),
    ):
        assert found.value == pytest.approx(expected.value)
        assert found.low == pytest.approx(expected.low)


def test_unlabelled_records_are_left_out_and_said() -> None:
    labels, gold = draw(4)
    labels[[0, 1000]] = -1
    found = corrected_share(labels, gold, of=0)
    assert (found.n, found.n_gold) == (1498, 199)
    assert "1 with gold" in found.notes[0]
    soft = np.where(labels[:, None] < 0, np.nan, np.eye(3)[labels])
    assert corrected_share(soft, gold, of=0).value == pytest.approx(found.value)


def test_a_class_without_gold_still_has_an_interval() -> None:
    labels, gold = draw(5)
    gold[gold == 2] = 0
    found = corrected_share(labels, gold)[2]
    assert found.high > found.low
    assert found.low < 1e-4


def test_little_gold_is_used_alone() -> None:
    labels, gold = draw(6, n_gold=8)
    found = corrected_share(labels, gold)
    assert found[0].value == pytest.approx(np.mean(gold[:8] == 0))
    assert "Wilson" in found[0].method


def test_gold_that_was_picked_by_label_is_noticed() -> None:
    labels, gold = draw(7)
    gold[labels == 2] = -1
    with pytest.warns(DataWarning, match="random part"):
        corrected_share(labels, gold)


def test_a_table_has_a_row_a_class() -> None:
    table = corrected_share(*draw(8)).to_table()
    assert table["name"].to_list() == ["0", "1", "2"]
    assert table.null_count().sum_horizontal()[0] == 0


def test_bad_input_is_refused() -> None:
    labels, gold = draw(9)
    with pytest.raises(DataError, match="There is no class 7"):
        corrected_share(labels, gold, of=7)
    with pytest.raises(DataError, match="No record has a gold label"):
        corrected_share(labels, np.full(1500, -1))
    with pytest.raises(DataError, match="1,500 rows"):
        corrected_share(labels, gold[:5])
    with pytest.raises(DataError, match="columns"):
        corrected_share(np.eye(3)[labels], gold, classes=["a", "b"])
