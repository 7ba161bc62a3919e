from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from labelwright.core.errors import DataError, ParameterError
from labelwright.retrieval import NeighbourGraph, neighbours


def by_definition(features, k, metric):
    """All distances, sorted by distance and then by row."""
    if metric == "cosine":
        unit = features / np.linalg.norm(features, axis=1, keepdims=True)
        distances = 1 - unit @ unit.T
    else:
        distances = np.linalg.norm(features[:, None] - features[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(distances, order, axis=1)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, sp.coo_matrix])
def test_neighbours_are_the_nearest_by_definition(metric, form):
    features = np.random.default_rng(0).normal(size=(300, 8))
    graph = NeighbourGraph.build(form(features), k=7, metric=metric)
    indices, distances = by_definition(features, 7, metric)
    np.testing.assert_array_equal(graph.indices, indices)
    np.testing.assert_allclose(graph.distances, distances, atol=1e-12)


def test_blocks_change_nothing(monkeypatch):
    features = np.random.default_rng(1).normal(size=(200, 6)).round(1)
    whole = NeighbourGraph.build(features)
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", 3000)
    parts = NeighbourGraph.build(features)
    np.testing.assert_array_equal(whole.indices, parts.indices)
    np.testing.assert_array_equal(whole.distances, parts.distances)


@pytest.mark.parametrize("width", [2, 5])
def test_ties_are_taken_in_order_of_rows(width):
    features = np.ones((60, width))
    features[50:] = np.arange(width)
    graph = NeighbourGraph.build(features, k=4)
    assert graph.indices[0].tolist() == [1, 2, 3, 4]
    assert graph.indices[2].tolist() == [0, 1, 3, 4]
    assert graph.indices[59].tolist() == [50, 51, 52, 53]
    assert not graph.distances.any()


def test_one_far_record_does_not_blur_the_near_ones():
    features = np.array([[0.0], [1e-3], [3e-3], [1e6]])
    graph = NeighbourGraph.build(features, k=1)
    assert graph.indices[:, 0].tolist() == [1, 0, 1, 2]


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_empty_rows_are_alike_and_unlike_all_others(form):
    features = np.zeros((5, 4))
    features[1:3] = [[1, 2, 0, 0], [2, 4, 0, 0.1]]
    graph = NeighbourGraph.build(form(features), k=3)
    assert graph.indices[0].tolist() == [3, 4, 1]
    np.testing.assert_allclose(graph.distances[0], [0, 0, 1])


def test_default_metric_and_fewer_records_than_neighbours():
    assert NeighbourGraph.build(np.eye(4)).metric == "cosine"
    graph = NeighbourGraph.build(np.eye(3))
    assert (graph.metric, graph.k, len(graph)) == ("euclidean", 2, 3)
    assert NeighbourGraph.build([[1.0]]).indices.shape == (1, 0)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.empty((0, 3)), "There are no rows"),
        ([1.0, 2.0], "a row a record"),
        ([["a"], ["b"]], "a row a record"),
        ([[0.0], [np.nan]], "Row 1 of features"),
        (sp.csr_array([[0.0, 1.0], [0.0, 0.0], [np.inf, 1.0]]), "Row 2 of features"),
    ],
)
def test_bad_features_are_named(features, message):
    with pytest.raises(DataError, match=message):
        NeighbourGraph.build(features)


def test_bad_parameters_are_named():
    with pytest.raises(ParameterError, match="k=0 is not accepted"):
        NeighbourGraph.build([[0.0], [1.0]], k=0)
    with pytest.raises(ParameterError, match="one of 'cosine', 'euclidean'"):
        NeighbourGraph.build([[0.0], [1.0]], metric="manhattan")
