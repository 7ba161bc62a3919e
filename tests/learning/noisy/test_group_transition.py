import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError, ParameterError
from labelwright.datasets import flip_labels
from labelwright.learning.noisy import HOC, per_group_transition

from ._worlds import blobs

GOOD = np.array([[0.95, 0.05], [0.05, 0.95]])
POOR = np.array([[0.7, 0.3], [0.3, 0.7]])


def two_labellers(n=8000):
    features, truth = blobs(n, 2)
    who = np.where(np.arange(n) % 4 == 0, "poor", "good")
    labels = truth.copy()
    for name, noise in (("good", GOOD), ("poor", POOR)):
        rows = who == name
        labels[rows] = flip_labels(truth[rows], transition=noise).labels
    return features, labels, who


def test_each_group_has_its_own_noise():
    features, labels, who = two_labellers()
    found = per_group_transition(features, labels, who, strength=0)
    assert found.groups.tolist() == ["good", "poor"]
    np.testing.assert_allclose(found.transitions[0], GOOD, atol=0.04)
    np.testing.assert_allclose(found.transitions[1], POOR, atol=0.05)
    np.testing.assert_array_equal(found.n_items, [6000, 2000])


def test_a_group_of_few_items_has_nearly_the_noise_of_all():
    features, labels, who = two_labellers(4000)
    who[:100] = "new"
    found = per_group_transition(features, labels, who, strength=10_000)
    n = found.n_items
    np.testing.assert_allclose(found.own_weight, n / (n + 10_000))
    np.testing.assert_allclose(found.transitions[1], found.overall, atol=0.01)
    np.testing.assert_allclose(found.transitions.sum(axis=2), 1)


def test_a_group_of_which_nothing_can_be_learnt_has_the_noise_of_all():
    features, labels, who = two_labellers(4000)
    who[:2] = "two"
    found = per_group_transition(features, labels, who)
    np.testing.assert_array_equal(found.transitions[2], found.overall)
    assert found.own_weight[2] == 0


def test_the_result_is_a_table_with_names():
    features, labels, who = two_labellers(4000)
    names = np.array(["spam", "ham"])[labels]
    found = per_group_transition(features, names, who, classes=["spam", "ham"], hoc=HOC(n_starts=1))
    table = found.to_table()
    assert isinstance(table, pl.DataFrame)
    assert table.shape == (8, 4)
    assert table.row(1)[:3] == ("good", "spam", "ham")
    assert table["chance"][1] == found.transitions[0, 0, 1]
    assert found.to_dict()["kind"] == "group_transitions"


def test_bad_arguments_are_refused():
    features, labels, who = two_labellers(100)
    with pytest.raises(ParameterError, match="strength=-1"):
        per_group_transition(features, labels, who, strength=-1)
    with pytest.raises(DataError, match="groups has 99"):
        per_group_transition(features, labels, who[:99])
