"""Class probabilities for every record from a model that has not seen it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.progress import track
from labelwright.core.seeds import RandomState
from labelwright.core.spaces import Classes
from labelwright.core.validation import check_same_length
from labelwright.estimation._fitting import (
    check_classifier,
    class_probabilities,
    fit_classifier,
    n_rows,
    take_rows,
)
from labelwright.estimation._labels import encode_labels, read_soft
from labelwright.estimation.folds import assign_folds, join_groups

__all__ = ["cross_val_probabilities"]


def cross_val_probabilities(
    classifier: Any,
    X: Any,
    labels: ArrayLike,
    *,
    groups: Any = None,
    duplicates: Any = None,
    n_folds: int = 5,
    classes: Classes | Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
    random_state: RandomState = 0,
) -> NDArray[np.float64]:
    """Probabilities of each class for each row, from a model trained without the row's group.

    Parameters
    ----------
    classifier : estimator
        Any scikit-learn classifier or pipeline with ``predict_proba``; it is cloned, not changed.
    X : array, sparse matrix, table, or sequence of length n
        What the classifier takes: numbers, a data frame, texts.
    labels : array-like of shape (n,), or (n, K) floats
        Labels, or soft labels with rows that sum to 1. Missing labels are -1 for codes, None or NaN
        otherwise (all of a soft row NaN); such rows are predicted, never trained on.
    groups : array-like of shape (n,), optional
        Rows of one group (a customer, a session) never cross folds. A missing group is a group of
        its own.
    duplicates : array-like of shape (n,), optional
        Equal values mark duplicates, which never cross folds either; see
        :func:`labelwright.estimation.folds.join_groups`.
    n_folds : int
        How many models are trained. Classes are balanced over folds.
    classes : Classes or sequence, optional
        The classes, in the order of columns. By default text is in natural order, and whole numbers
        are codes 0..K-1.
    sample_weight : array-like of shape (n,), optional
        Weights for training.
    random_state : int, Generator or None
        Seed of the folds.

    Returns
    -------
    (n, K) float array
        Rows sum to 1. A class that a fold's training rows do not hold gets 0 there.

    Raises
    ------
    DataError
        If lengths differ, nothing can be held out, there are fewer than two classes, or the
        classifier refuses the data.
    ParameterError
        If the classifier has no ``predict_proba``, or no ``sample_weight`` where it is needed.

    Warns
    -----
    DataWarning
        Fewer folds than asked for, a group with more than half of all rows, or a class that is
        missing from the training rows of some fold.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> nearest = KNeighborsClassifier(n_neighbors=1)
    >>> X, labels = [[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]], ["no"] * 3 + ["yes"] * 3
    >>> cross_val_probabilities(nearest, X, labels, n_folds=3)[:, 1]
    array([0., 0., 0., 1., 1., 1.])
    """
    n = check_same_length(
        X=X if hasattr(X, "shape") else range(n_rows(X)), labels=labels, groups=groups,
        duplicates=duplicates, sample_weight=sample_weight,
    )  # fmt: skip
    targets, labelled, names = _read_targets(labels, classes)
    weights = None if sample_weight is None else _check_weights(sample_weight)
    check_classifier(classifier, weighted=weights is not None or targets.ndim == 2)
    if hasattr(X, "tocsr"):
        X = X.tocsr()
    fold = _folds_of_all(
        targets, labelled, join_groups(n, groups, duplicates), n_folds, random_state
    )
    probabilities = np.empty((n, len(names)))
    lacking = np.zeros(len(names), dtype=np.int64)
    for one in track(np.unique(fold).tolist(), "Cross-validation"):
        held = np.flatnonzero(fold == one)
        training = np.flatnonzero(labelled & (fold != one))
        fitted = fit_classifier(classifier, X, targets, training, weights)
        probabilities[held] = class_probabilities(fitted, take_rows(X, held), len(names))
        lacking += ~np.isin(np.arange(len(names)), fitted.classes_)
    _warn_of_small_classes(targets[labelled], lacking, names)
    return probabilities


def _read_targets(
    labels: Any, classes: Classes | Sequence[Any] | None
) -> tuple[NDArray[Any], NDArray[np.bool_], tuple[Any, ...]]:
    """Codes (n,) or soft labels (n, K), which rows have one, and the names of the classes."""
    targets: NDArray[Any]
    if np.ndim(labels) == 2:
        targets, labelled, names = read_soft(labels, classes)
        present = np.flatnonzero(np.nan_to_num(targets).sum(axis=0) > 0)
    else:
        targets, names = encode_labels(labels, classes)
        labelled = targets >= 0
        present = np.unique(targets[labelled])
    if not labelled.any():
        raise DataError("No row has a label.", hint="Missing labels are -1, None or NaN.")
    if present.size < 2:
        raise DataError(
            f"All labels are {names[present[0]]!r}; a classifier needs at least two classes."
        )
    return targets, labelled, names


def _check_weights(sample_weight: ArrayLike) -> NDArray[np.float64]:
    weights = np.asarray(sample_weight, dtype=np.float64)
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"sample_weight[{row}] = {weights[row]} is no weight.",
            where={"row": row},
            hint="Weights are finite and not negative.",
        )
    return weights


def _folds_of_all(
    targets: NDArray[Any],
    labelled: NDArray[np.bool_],
    sets: NDArray[np.int64],
    n_folds: int,
    random_state: RandomState,
) -> NDArray[np.int64]:
    """The fold of each row; -1 where no labelled row belongs to its set, so that all may train."""
    fold_of_set = np.full(sets.max() + 1, -1)
    fold_of_set[sets[labelled]] = assign_folds(
        targets[labelled], groups=sets[labelled], n_folds=n_folds, random_state=random_state
    )
    return fold_of_set[sets]


def _warn_of_small_classes(
    targets: NDArray[Any], lacking: NDArray[np.int64], names: Sequence[Any]
) -> None:
    if targets.ndim == 2:
        counts = np.bincount(targets.argmax(axis=1), minlength=len(names))
    else:
        counts = np.bincount(targets, minlength=len(names))
    absent = np.flatnonzero((lacking > 0) & (counts > 0))
    if absent.size:
        listed = ", ".join(f"{names[code]!r} ({counts[code]} labelled)" for code in absent.tolist())
        warnings.warn(
            f"Too few rows to be in every training fold, so their probability is 0 for some: "
            f"{listed}. More labels, or joining classes, would change that.",
            DataWarning,
            stacklevel=3,
        )
