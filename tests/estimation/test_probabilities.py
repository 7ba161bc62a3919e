"""Out-of-sample probabilities never see their own row, group or duplicate."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from labelwright.core.errors import DataError, DataWarning, ParameterError
from labelwright.core.spaces import Classes
from labelwright.estimation import assign_folds, cross_val_probabilities

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = (X[:, 0] + RNG.normal(size=120) > 0).astype(int) + (X[:, 1] > 1)
MEMORY = KNeighborsClassifier(n_neighbors=1)


class ArrowMemory(KNeighborsClassifier):
    """A memory that takes arrow tables."""

    def __init__(self, n_neighbors: int = 1) -> None:
        super().__init__(n_neighbors=n_neighbors)

    def fit(self, X: Any, y: np.ndarray) -> ArrowMemory:
        return super().fit(np.stack([column.to_numpy() for column in X.columns], axis=1), y)

    def predict_proba(self, X: Any) -> np.ndarray:
        return super().predict_proba(np.stack([column.to_numpy() for column in X.columns], axis=1))


class Silent(DummyClassifier):
    """A classifier whose probabilities are missing."""

    def predict_proba(self, X: Any) -> np.ndarray:
        return np.nan * super().predict_proba(X)


def test_it_is_scikit_learns_cross_validation_on_our_folds() -> None:
    fold = assign_folds(Y)
    splits = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(5)]
    expected = cross_val_predict(LogisticRegression(), X, Y, cv=splits, method="predict_proba")
    found = cross_val_probabilities(LogisticRegression(), X, Y)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("how", ["groups", "duplicates"])
def test_a_memory_learns_nothing_from_copies(how: str) -> None:
    copies = np.repeat(np.arange(40), 3)
    features, labels = RNG.normal(size=(40, 2))[copies], RNG.integers(0, 2, 40)[copies]
    leaking = cross_val_probabilities(MEMORY, features, labels)
    assert np.mean(leaking.argmax(axis=1) == labels) > 0.9
    honest = cross_val_probabilities(MEMORY, features, labels, **{how: copies})
    assert np.mean(honest.argmax(axis=1) == labels) < 0.75


def test_unlabelled_rows_are_predicted_without_their_own_group() -> None:
    features = np.array([[0.0], [0.0], [1.0], [1.1], [2.0], [2.1], [9.0]])
    labels = np.array([1, -1, 0, 0, 0, 1, -1])
    groups = ["copy", "copy", "b", "c", "d", "e", "f"]
    found = cross_val_probabilities(MEMORY, features, labels, groups=groups)
    # The copy in row 1 must not learn from row 0; row 6 may learn from all.
    assert found[1].tolist() == found[0].tolist() == [1, 0]
    assert found[6].tolist() == [0, 1]


def test_soft_labels_that_are_certain_equal_hard_labels() -> None:
    soft = np.eye(3)[Y]
    hard = cross_val_probabilities(LogisticRegression(), X, Y)
    assert cross_val_probabilities(LogisticRegression(), X, soft) == pytest.approx(hard)
    soft[7] = np.nan
    unlabelled = Y.copy()
    unlabelled[7] = -1
    assert cross_val_probabilities(LogisticRegression(), X, soft) == pytest.approx(
        cross_val_probabilities(LogisticRegression(), X, unlabelled)
    )


def test_soft_labels_are_learnt_in_proportion() -> None:
    soft = np.tile([0.2, 0.5, 0.3], (30, 1))
    found = cross_val_probabilities(DummyClassifier(), np.zeros((30, 1)), soft)
    assert found == pytest.approx(soft)


def test_sample_weight_reaches_the_end_of_a_pipeline() -> None:
    texts = ["good", "bad"] * 20
    labels = np.array(["yes"] * 20 + ["no"] * 20)
    weights = np.where(labels == "yes", 3.0, 1.0)
    pipeline = make_pipeline(TfidfVectorizer(), DummyClassifier())
    found = cross_val_probabilities(pipeline, texts, labels, sample_weight=weights)
    assert found[:, 1] == pytest.approx(np.full(40, 0.75))


@pytest.mark.parametrize(
    "kind",
    [np.asarray, sparse.coo_array, lambda x: x.tolist(), lambda x: pl.DataFrame(x, list("abc"))],
)
def test_any_kind_of_features(kind: object) -> None:
    expected = cross_val_probabilities(MEMORY, X, Y)
    assert cross_val_probabilities(MEMORY, kind(X), Y) == pytest.approx(expected)  # type: ignore[operator]


def test_pandas_and_arrow_tables_keep_their_kind() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["good", "fine", "bad", "poor"] * 5})
    labels = pandas.Series(["yes", "yes", "no", None] * 5)
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    expected = cross_val_probabilities(pipeline, list(frame["text"]), list(labels))
    assert cross_val_probabilities(pipeline, frame["text"], labels) == pytest.approx(expected)
    arrow = pytest.importorskip("pyarrow")
    numbers = cross_val_probabilities(ArrowMemory(), arrow.table({"x": X[:, 0]}), Y)
    assert numbers == pytest.approx(cross_val_probabilities(MEMORY, X[:, :1], Y))


def test_columns_follow_the_classes() -> None:
    words = np.array(["ten 10", "ten 2", "one"])[Y]
    natural = cross_val_probabilities(LogisticRegression(), X, words)
    given = cross_val_probabilities(
        LogisticRegression(), X, words, classes=Classes(["ten 10", "one", "ten 2", "never"])
    )
    # In natural order: one, ten 2, ten 10.
    assert given[:, [1, 2, 0]] == pytest.approx(natural)
    assert (given[:, 3] == 0).all()


def test_a_class_that_a_training_fold_lacks_gets_zero_and_is_named() -> None:
    labels = np.array(["a"] * 10 + ["b"] * 10 + ["rare"])
    with pytest.warns(DataWarning, match=r"'rare' \(1 labelled\)"):
        found = cross_val_probabilities(LogisticRegression(), X[:21], labels)
    assert found[20, 2] == 0
    assert found.sum(axis=1) == pytest.approx(np.ones(21))


def test_a_training_fold_of_one_class_predicts_it() -> None:
    with pytest.warns(DataWarning, match="'b'"):
        found = cross_val_probabilities(LogisticRegression(), X[:3], ["a", "a", "b"], n_folds=3)
    assert found[2].tolist() == [1, 0]


def test_fewer_groups_than_folds_and_groups_that_are_missing() -> None:
    groups = [None if row % 40 == 0 else row % 3 for row in range(120)]
    found = cross_val_probabilities(LogisticRegression(), X, Y, groups=groups)
    assert np.isfinite(found).all()
    with pytest.warns(DataWarning, match="3 folds are made"):
        cross_val_probabilities(LogisticRegression(), X, Y, groups=np.arange(120) % 3)


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (np.zeros(120, int), "at least two classes"),
        (np.full(120, -1), "No row has a label"),
        ([None] * 120, "No row has a label"),
        (np.zeros(7), "7"),
        (np.linspace(0, 1, 120), "fractions"),
        (np.arange(120) % 3 * 50_000, "classes="),
        (np.full((120, 3), 0.5), "sums to 1.5"),
        (np.array([["a"]] * 120), "one label a row"),
    ],
)
def test_bad_labels_are_refused(labels: object, match: str) -> None:
    with pytest.raises(DataError, match=match):
        cross_val_probabilities(LogisticRegression(), X, labels)  # type: ignore[arg-type]


def test_classifiers_that_cannot_are_refused() -> None:
    with pytest.raises(ParameterError, match="predict_proba"):
        cross_val_probabilities(LinearSVC(), X, Y)
    with pytest.raises(ParameterError, match="sample_weight"):
        cross_val_probabilities(MEMORY, X, np.eye(3)[Y])
    with pytest.raises(DataError, match=r"sample_weight\[3\]"):
        cross_val_probabilities(
            LogisticRegression(), X, Y, sample_weight=np.where(np.arange(120) == 3, np.nan, 1)
        )


def test_missing_probabilities_are_refused() -> None:
    with pytest.raises(DataError, match="missing probabilities, first in row 0"):
        cross_val_probabilities(Silent(), X, Y)


def test_missing_features_are_left_to_the_classifier() -> None:
    holes = X.copy()
    holes[5, 1] = np.nan
    with pytest.raises(DataError, match="imputer"):
        cross_val_probabilities(LogisticRegression(), holes, Y)
