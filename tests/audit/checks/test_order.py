from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import audit
from labelwright.audit.checks import OrderCheck
from labelwright.audit.checks.order import item_order_scores, order_statistic


def order(features, **options):
    check = OrderCheck(n_permutations=99)
    return audit(features=features, checks=[check], **options)["order"]


def test_the_statistic_is_zero_where_all_pairs_are_neighbours():
    n = 12
    place = np.arange(n)
    apart = np.abs(place[:, None] - np.array([np.delete(place, row) for row in place]))
    # At each step the distribution just below it is compared too, hence the height of a step.
    assert order_statistic(apart, n) == pytest.approx((n - 1) / (n * (n - 1) / 2))
    assert order_statistic(np.ones((n, 1), dtype=int), n) == pytest.approx(
        1 - 1 / n - (n - 1) / (n * (n - 1) / 2)
    )


def test_p_is_uniform_on_shuffled_rows():
    p = []
    for seed in range(40):
        features = np.random.default_rng(seed).normal(size=(80, 3))
        found = audit(features=features, checks=[OrderCheck(n_permutations=39)], random_state=seed)
        p.append(float(found["order"].notes[0].removeprefix("p = ").rstrip(".")))
    assert np.mean(np.array(p) <= 0.05) <= 0.15
    assert abs(np.mean(p) - 0.5) < 0.15


def test_drift_is_found_and_said():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 3))
    features[:, 0] += np.linspace(0, 6, 300)
    found = order(features)
    assert found.evidence["p"].tolist() == [0.01]
    assert found.evidence["apart"][0] < found.evidence["apart_by_chance"][0]
    assert "p = 0.010" in found.why[0]
    shuffled = order(features[rng.permutation(300)])
    assert (len(shuffled), shuffled.kinds.tolist()) == (0, [])


def test_many_equal_records_raise_no_false_alarm():
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        features = rng.normal(size=(300, 3))
        features[rng.random(300) < 0.4] = 0.0
        found = audit(features=features, checks=[OrderCheck(n_permutations=39)])
        alarms += len(found["order"])
    assert alarms <= 2


def test_items_with_spread_neighbours_score_higher():
    n = 101
    near = np.arange(n)[:, None] + np.array([1, 2, 3, 4])
    apart = np.abs(np.arange(n)[:, None] - np.minimum(near, n - 1))
    spread = np.tile(np.array([12, 25, 37, 50]), (n, 1))
    # In the middle all distances up to 50 occur twice, so that quarters of them fit best.
    assert item_order_scores(spread)[50] > 0.85 > 0.7 > item_order_scores(apart)[50]


def test_the_same_seed_gives_the_same_p_and_equal_records_no_order():
    features = np.random.default_rng(0).normal(size=(60, 2))
    first, again = (order(features, random_state=3) for _ in range(2))
    assert first.notes == again.notes
    said = audit(features=np.ones((30, 2)), checks=["order"])
    assert said.not_run == {"order": "all neighbours are equally far"}
