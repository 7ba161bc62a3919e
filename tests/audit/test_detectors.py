from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier

from labelwright.audit._training import seed_of
from labelwright.audit.detectors import aum_quality, neighbour_quality
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.seeds import generator
from labelwright.retrieval.neighbours import NeighbourGraph
from tests.audit.test_semd import blobs


def test_aum_of_one_epoch_is_the_margin_of_the_model() -> None:
    labels, X, _ = blobs()
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, random_state=0)
    quality = aum_quality(labels, X, classifier=model, n_epochs=1)
    model.set_params(random_state=seed_of(0, "aum", "model"))
    rows = generator(0, "aum", "order").permutation(len(labels))
    by_hand = model.partial_fit(X[rows], labels[rows], classes=np.arange(3)).decision_function(X)
    for row in range(len(labels)):
        others = np.delete(by_hand[row], labels[row])
        margin = by_hand[row, labels[row]] - others.max()
        assert quality[row] == pytest.approx(1 / (1 + np.exp(-margin)), abs=1e-12)


def test_aum_finds_wrong_labels_of_two_and_of_more_classes() -> None:
    for k in (2, 3):
        labels, X, wrong = blobs(k=k)
        quality = aum_quality(labels, X)
        assert np.mean(quality[wrong][:, None] < quality[~wrong]) > 0.9


def test_aum_is_the_same_for_the_same_seed() -> None:
    labels, X, _ = blobs(60)
    np.testing.assert_array_equal(aum_quality(labels, X), aum_quality(labels, X))
    assert (aum_quality(labels, X) != aum_quality(labels, X, random_state=1)).any()


def test_neighbour_quality_is_the_margin_of_the_vote() -> None:
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(80, 3)), rng.integers(4, size=80)
    graph = NeighbourGraph.build(X, k=7)
    quality = neighbour_quality(labels, graph)
    for row in range(80):
        shares = np.bincount(labels[graph.indices[row]], minlength=4) / 7
        other = np.delete(shares, labels[row]).max()
        assert quality[row] == pytest.approx((shares[labels[row]] - other + 1) / 2)


def test_neighbours_find_wrong_labels() -> None:
    labels, X, wrong = blobs()
    quality = neighbour_quality(labels, NeighbourGraph.build(X, k=10))
    assert np.mean(quality[wrong][:, None] < quality[~wrong]) > 0.9


def test_bad_input() -> None:
    labels, X, _ = blobs(60)
    with pytest.raises(ParameterError, match=r"cannot be watched"):
        aum_quality(labels, X, classifier=LogisticRegression())
    with pytest.raises(ParameterError, match=r"n_epochs"):
        aum_quality(labels, X, n_epochs=0)
    with pytest.raises(DataError, match=r"60 labels and 59 rows"):
        aum_quality(labels, X[1:])
    with pytest.raises(DataError, match=r"length|rows|59"):
        neighbour_quality(labels, NeighbourGraph.build(X[1:], k=3))
    with pytest.raises(DataError, match=r"no neighbours"):
        neighbour_quality([0, 1], NeighbourGraph(np.empty((2, 0), int), np.empty((2, 0)), "cosine"))
