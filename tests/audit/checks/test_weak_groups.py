from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from labelwright.audit import audit
from labelwright.audit.checks import WeakGroupCheck


def world(seed=0, n=1200, bad=None):
    """Binary labels that a model gets right in nine of ten, in ``bad`` in six."""
    rng = np.random.default_rng(seed)
    right = rng.random(n) < 0.9
    if bad is not None:
        right[bad] = rng.random(bad.sum()) < 0.6
    labels = rng.integers(2, size=n)
    sure = rng.uniform(0.6, 1.0, size=n)
    p = np.where(right, sure, 1 - sure)
    probabilities = np.empty((n, 2))
    probabilities[np.arange(n), labels] = p
    probabilities[np.arange(n), 1 - labels] = 1 - p
    return labels, probabilities


def table(seed=0, n=1200):
    rng = np.random.default_rng(seed + 1000)
    return {
        "plan": rng.choice(["free", "paid", "trial"], n),
        "region": rng.choice(["north", "south", "west"], n),
        "price": rng.normal(size=n),
        "code": [f"id-{row}" for row in range(n)],
    }


def weak(*world, check="weak_groups", **given):
    labels, probabilities = world
    return audit(labels, probabilities=probabilities, checks=[check], **given)["weak_groups"]


def test_figures_of_a_group_are_those_of_a_hand_count():
    columns = table()
    bad = columns["plan"] == "trial"
    labels, probabilities = world(bad=bad)
    found = weak(labels, probabilities, table={"plan": columns["plan"]})
    assert found.subject.tolist() == ["plan = trial"]
    wrong = probabilities.argmax(axis=1) != labels
    believed = probabilities[np.arange(1200), labels]
    one = {name: values[0] for name, values in found.evidence.items()}
    assert (one["n"], one["share"]) == (bad.sum(), wrong[bad].mean())
    assert one["overall"] == wrong.mean()
    assert found.scores[0] == pytest.approx(believed[bad].mean() / believed.mean())
    p = hypergeom.sf(wrong[bad].sum() - 1, 1200, wrong.sum(), bad.sum())
    assert one["p"] == pytest.approx(3 * p)
    assert found.score == pytest.approx(1 - bad.mean())


def test_a_crossing_is_found_where_neither_column_alone_is_the_cause():
    columns = table(2, 3000)
    bad = (columns["plan"] == "free") & (columns["region"] == "west")
    found = weak(*world(2, 3000, bad), table=columns)
    assert found.subject[0] == "plan = free and region = west"
    assert found.evidence["items"][0].tolist() == np.flatnonzero(bad)[:5].tolist()


def test_clusters_groups_and_quarters_of_numbers_are_found():
    rng = np.random.default_rng(0)
    place = np.repeat(np.arange(4), 300)
    features = rng.normal(size=(1200, 2)) + 40 * np.stack([place % 2, place // 2], axis=1)
    labels, probabilities = world(1, bad=place == 2)
    cluster = weak(labels, probabilities, features=features)
    # Of several widths it is the same region.
    assert set(cluster.kinds) == {"cluster"}
    assert (place[cluster.evidence["items"].astype(int)] == 2).all()
    group = weak(labels, probabilities, groups=np.array(["a", "b", "c", "d"])[place])
    assert group.subject.tolist() == ["group c"]
    number = weak(labels, probabilities, table={"x": place + rng.uniform(-0.4, 0.4, 1200)})
    assert number.kinds.tolist() == ["slice"]
    assert "< x <=" in number.subject[0]


def test_without_a_bad_group_hardly_anything_is_found():
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = weak(
            *world(seed, 600),
            table=table(seed, 600),
            features=rng.normal(size=(600, 3)),
            groups=rng.integers(20, size=600),
            check=WeakGroupCheck(margin=0),
        )
        alarms += len(found) > 0
    assert alarms <= 2


def test_items_without_a_label_or_a_value_are_in_no_group():
    labels, probabilities = world(3, 200)
    labels[:100] = -1
    plan = [None] * 50 + ["a", "b"] * 75
    found = weak(labels, probabilities, table={"plan": plan}, check=WeakGroupCheck(min_size=10))
    assert found.notes == ("2 groups were looked at.",)
    assert np.isnan(found.item_scores[:100]).all()


def test_too_small_groups_are_said_to_be_so():
    labels, probabilities = world(0, 40)
    said = audit(labels, probabilities=probabilities, groups=np.arange(40), checks=["weak_groups"])
    assert said.not_run == {"weak_groups": "no group has 20 items"}
