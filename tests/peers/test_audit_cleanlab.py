"""Confident learning against cleanlab: the same counts, scores and marks."""

from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import (
    confident_joint,
    confident_thresholds,
    estimate_noise,
    find_label_issues,
    label_quality,
)
from labelwright.retrieval import NeighbourGraph, near_duplicates

pytest.importorskip("cleanlab")
count = pytest.importorskip("cleanlab.count")
peer = pytest.importorskip("cleanlab.filter")
rank = pytest.importorskip("cleanlab.rank")

pytestmark = pytest.mark.filterwarnings("ignore")

RULES = (
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_self_confidence",
    "low_normalized_margin",
)
SIZES = ((400, 2), (3000, 4), (2500, 12))


def noisy(n, k, seed, noise=0.15):
    """Labels with errors, and the probabilities of a model that is mostly right."""
    rng = np.random.default_rng(seed)
    true = rng.choice(k, size=n, p=rng.dirichlet(np.full(k, 5.0)))
    labels = np.where(rng.random(n) < noise, rng.integers(k, size=n), true)
    labels[:k] = np.arange(k)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), true] += rng.normal(2, 1.5, size=n)
    raised = np.exp(logits)
    return labels, raised / raised.sum(axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def _ties_in_order(monkeypatch):
    """The peer sorts by whatever sort the processor is fastest at; ties then fall at random."""
    fastest = np.argsort

    def stable(values, axis=-1, **_):
        return fastest(values, axis=axis, kind="stable")

    monkeypatch.setattr(np, "argsort", stable)


@pytest.fixture(params=[(n, k, seed) for n, k in SIZES for seed in range(4)], ids=str)
def data(request):
    return noisy(*request.param)


@pytest.mark.parametrize("rule", RULES)
def test_marks_are_the_same(data, rule):
    theirs = np.flatnonzero(peer.find_label_issues(*data, filter_by=rule, n_jobs=1))
    np.testing.assert_array_equal(np.sort(find_label_issues(*data, method=rule).index), theirs)


@pytest.mark.parametrize("rule", RULES)
def test_marks_are_the_same_with_many_ties(data, rule):
    labels, probabilities = data
    rounded = np.round(probabilities * 16) + 1 / 16
    rounded /= rounded.sum(axis=1, keepdims=True)
    theirs = np.flatnonzero(peer.find_label_issues(labels, rounded, filter_by=rule, n_jobs=1))
    ours = find_label_issues(labels, rounded, method=rule)
    np.testing.assert_array_equal(np.sort(ours.index), theirs)


@pytest.mark.parametrize("rule", RULES[:3])
@pytest.mark.parametrize(("noise_fraction", "min_per_class"), [(0.4, 1), (1.0, 180), (0.7, 60)])
def test_marks_are_the_same_when_fewer_are_asked_for(data, rule, noise_fraction, min_per_class):
    theirs = peer.find_label_issues(
        *data,
        filter_by=rule,
        n_jobs=1,
        frac_noise=noise_fraction,
        min_examples_per_class=min_per_class,
    )
    ours = find_label_issues(
        *data, method=rule, noise_fraction=noise_fraction, min_per_class=min_per_class
    )
    np.testing.assert_array_equal(np.sort(ours.index), np.flatnonzero(theirs))


def test_so_many_per_class_are_the_same(data):
    wanted = np.bincount(data[0]) // 10 + 1
    theirs = peer.find_label_issues(
        *data, filter_by="prune_by_class", n_jobs=1, num_to_remove_per_class=wanted.tolist()
    )
    ours = find_label_issues(*data, method="prune_by_class", remove_per_class=wanted)
    np.testing.assert_array_equal(np.sort(ours.index), np.flatnonzero(theirs))


@pytest.mark.parametrize("rank_by", ["self_confidence", "normalized_margin"])
@pytest.mark.parametrize("adjust", [False, True])
def test_order_is_the_same(data, rank_by, adjust):
    theirs = peer.find_label_issues(
        *data,
        return_indices_ranked_by=rank_by,
        rank_by_kwargs={"adjust_pred_probs": adjust},
        n_jobs=1,
    )
    ours = find_label_issues(*data, rank_by=rank_by, adjust=adjust)
    np.testing.assert_array_equal(ours.index, theirs)


def test_thresholds_and_joint_are_the_same(data):
    expected = count.get_confident_thresholds(*data)
    np.testing.assert_allclose(confident_thresholds(*data), expected, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(confident_joint(*data), count.compute_confident_joint(*data))


@pytest.mark.parametrize(
    ("method", "adjust"),
    [
        ("self_confidence", False),
        ("self_confidence", True),
        ("normalized_margin", False),
        ("normalized_margin", True),
        ("confidence_weighted_entropy", False),
    ],
)
def test_scores_are_the_same(data, method, adjust):
    expected = rank.get_label_quality_scores(*data, method=method, adjust_pred_probs=adjust)
    ours = label_quality(*data, method=method, adjust=adjust)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


def test_entropy_score_differs_only_where_the_peer_calls_a_sure_and_right_label_worst():
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    labels = np.array([0, 0, 1])
    theirs = rank.get_label_quality_scores(
        labels, probabilities, method="confidence_weighted_entropy"
    )
    ours = label_quality(labels, probabilities, method="confidence_weighted_entropy")
    assert theirs[0] == 0
    assert ours[0] == 1
    np.testing.assert_allclose(ours[1:], theirs[1:], atol=1e-12)


def test_noise_rates_are_the_same(data):
    joint = count.compute_confident_joint(*data)
    _, given_if_true, true_if_given = count.estimate_latent(joint, data[0])
    noise = estimate_noise(*data, n_resamples=20)
    np.testing.assert_allclose(noise.joint, count.estimate_joint(*data), atol=1e-12)
    # The peer keeps every rate a hair below one.
    np.testing.assert_allclose(noise.given_if_true, given_if_true, atol=1e-5)
    np.testing.assert_allclose(noise.true_if_given, true_if_given.T, atol=1e-5)


def test_near_duplicates_are_the_same_given_one_graph():
    manager = pytest.importorskip("cleanlab.datalab.internal.issue_manager.duplicate")
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 6))
    features[250:] = features[:50] + rng.normal(scale=0.02, size=(50, 6))
    graph = NeighbourGraph.build(features)
    import scipy.sparse as sp

    rows = np.repeat(np.arange(300), graph.k)
    table = sp.csr_matrix((graph.distances.ravel(), (rows, graph.indices.ravel())))
    median = np.median(graph.distances[:, 0])
    linked = manager.NearDuplicateIssueManager._neighbors_within_radius(table, 0.13, median)
    theirs = {int(row) for row, near in enumerate(linked) if len(near)}
    ours = {int(row) for members in near_duplicates(graph) for row in members}
    # The peer looks from each record at its own neighbours only; a set also holds those at whom
    # others look.
    assert theirs <= ours
    assert len(ours) >= 90
