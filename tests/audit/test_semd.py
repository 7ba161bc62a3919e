from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from labelwright.audit import label_quality
from labelwright.audit.semd import SEMD, adjusted_confidence
from labelwright.core.errors import DataError, ParameterError


def blobs(n: int = 150, k: int = 3) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.bool_]]:
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(k), n // k)
    X = rng.normal(size=(n, 4)) + 3 * np.eye(k, 4)[truth]
    labels = truth.copy()
    wrong = rng.random(n) < 0.15
    labels[wrong] = (labels[wrong] + 1) % k
    return labels, X, wrong


def test_one_model_without_adjustment_ranks_as_self_confidence() -> None:
    labels, X, _ = blobs()
    scorer = SEMD(n_models=1, adjust=False)
    quality = scorer.score(labels, X)
    by_confidence = label_quality(labels, scorer.probabilities_)
    order = np.argsort(by_confidence)
    assert (np.diff(quality[order]) > 0).all()
    np.testing.assert_allclose(np.sort(quality), (np.arange(150) + 0.5) / 150)


def test_adjustment_keeps_the_order_within_a_class_and_centres_each_class() -> None:
    labels, X, _ = blobs()
    scorer = SEMD(n_models=1)
    quality = scorer.score(labels, X)
    raw = label_quality(labels, scorer.probabilities_)
    adjusted = adjusted_confidence(labels, scorer.probabilities_)
    for code in range(3):
        rows = np.flatnonzero(labels == code)
        assert abs(adjusted[rows].mean()) < 1e-12
        np.testing.assert_array_equal(np.argsort(quality[rows]), np.argsort(raw[rows]))


def test_a_constant_of_a_class_changes_nothing_but_the_level_between_classes() -> None:
    probabilities = np.array([[0.6, 0.4], [0.5, 0.5], [0.3, 0.7], [0.1, 0.9]])
    shifted = np.array([[0.5, 0.5], [0.4, 0.6], [0.3, 0.7], [0.1, 0.9]])
    labels = [0, 0, 1, 1]
    np.testing.assert_allclose(
        adjusted_confidence(labels, probabilities), adjusted_confidence(labels, shifted)
    )


def test_probabilities_are_the_mean_over_repetitions() -> None:
    labels, X, _ = blobs()
    single = SEMD(n_models=1)
    single.score(labels, X)
    several = SEMD(n_models=4)
    several.score(labels, X)
    np.testing.assert_allclose(several.probabilities_.sum(axis=1), 1)
    assert np.abs(single.probabilities_ - several.probabilities_).max() > 1e-4


def test_wrong_labels_come_last_with_any_classifier() -> None:
    labels, X, wrong = blobs()
    for classifier in (None, RandomForestClassifier(n_estimators=20)):
        quality = SEMD(classifier=classifier, n_models=2).score(labels, X)
        assert quality[wrong].mean() < 0.5 * quality[~wrong].mean()


def test_same_seed_same_scores_also_of_random_classifiers() -> None:
    labels, X, _ = blobs(60)
    forest = RandomForestClassifier(n_estimators=5)
    one, same, other = (
        SEMD(classifier=forest, n_models=1, random_state=s).score(labels, X) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_labels_may_be_names() -> None:
    labels, X, _ = blobs(60)
    names = np.array(["a", "b", "c"])[labels]
    np.testing.assert_array_equal(
        SEMD(n_models=1).score(names, X), SEMD(n_models=1).score(labels, X)
    )


def test_a_class_with_fewer_items_than_folds_is_scored() -> None:
    labels, X, _ = blobs(60)
    labels[:] = np.where(labels == 2, 1, labels)
    labels[-2:] = 2
    quality = SEMD(n_models=1).score(labels, X)
    assert np.isfinite(quality).all()


def test_bad_input() -> None:
    labels, X, _ = blobs(60)
    with pytest.raises(DataError, match=r"labels\[0\] is missing"):
        SEMD().score([-1, *labels[1:]], X)
    with pytest.raises(DataError, match=r"1 class"):
        SEMD().score(np.zeros(60, int), X)
    with pytest.raises(ParameterError, match=r"n_models=0"):
        SEMD(n_models=0).score(labels, X)
    with pytest.raises(ParameterError, match=r"classifier"):
        SEMD(classifier="forest").score(labels, X)
    assert "LogisticRegression" in repr(SEMD(classifier=LogisticRegression()))
