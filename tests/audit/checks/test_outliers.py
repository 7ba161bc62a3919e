from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import audit
from labelwright.audit.checks import OutlierCheck
from labelwright.audit.checks.outliers import spacing_scores
from labelwright.retrieval import NeighbourGraph
from tests.audit._worlds import noisy


def test_the_score_is_one_at_no_distance_and_exp_of_minus_one_at_the_median():
    indices = np.array([[1], [0], [3], [2], [0]])
    graph = NeighbourGraph(indices, np.array([[0.0], [1.0], [2.0], [3.0], [9.0]]), "euclidean")
    distances, scores = spacing_scores(graph)
    np.testing.assert_allclose(scores, np.exp(-np.array([0, 0.5, 1, 1.5, 4.5])))
    np.testing.assert_array_equal(distances, [0, 1, 2, 3, 9])


@pytest.mark.parametrize(("spread", "expected"), [(1.7, [300]), (1e6, [])])
def test_a_planted_outlier_is_found_and_nothing_else(spread, expected):
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    ring = 50 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    features = np.vstack([ring + rng.uniform(-0.3, 0.3, size=(300, 2)), [[0.0, 0.0]]])
    found = audit(features=features, checks=[OutlierCheck(spread)])["outliers"]
    assert found.subject.tolist() == expected
    assert (found.item_scores[300] < found.item_scores[:300]).all()
    assert all("10 nearest records are" in why for why in found.why)


def test_all_alike_gives_no_outliers():
    found = audit(features=np.ones((20, 5)), checks=["outliers"])["outliers"]
    assert (len(found), found.item_scores.tolist()) == (0, [1.0] * 20)


def test_without_features_the_undecided_are_found():
    labels, probabilities, _ = noisy(300, 4)
    probabilities[7] = 0.25
    for given in (None, labels):
        found = audit(given, probabilities=probabilities, checks=["outliers"])["outliers"]
        assert 7 in found.subject
        assert found.item_scores[7] < 0.02
        assert set(found.kinds) == {"like no class"}
    entropy = -(probabilities * np.log(probabilities)).sum(axis=1) / np.log(4)
    plain = audit(probabilities=probabilities, checks=["outliers"])["outliers"].item_scores
    np.testing.assert_allclose(plain, 1 - entropy, atol=1e-12)
