"""Reading what a classifier is trained on: labels, soft labels, and rows that have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError
from labelwright.core.validation import check_probabilities, check_same_length, first_row
from labelwright.estimation._labels import encode_labels


@dataclass(frozen=True)
class Targets:
    """What to learn: a distribution over the classes for each row that has one.

    Attributes
    ----------
    classes : (K,) array
    soft : (n, K) float array
        Rows sum to one; zero where there is no label.
    labelled : (n,) bool array
    """

    classes: NDArray[Any]
    soft: NDArray[np.float64]
    labelled: NDArray[np.bool_]


def read_targets(y: Any, n: int, classes: Sequence[Any] | None) -> Targets:
    """Labels (n,) or soft labels (n, K); -1, None and NaN stand for no label."""
    if y is None:
        raise DataError("LabelClassifier requires y to be passed, but the target y is None.")
    array = y if isinstance(y, np.ndarray) else np.asarray(y, dtype=_object_if_gaps(y))
    check_same_length(X=np.empty(n), y=array)
    if array.ndim == 2 and array.shape[1] > 1:
        targets = _read_soft(array, classes)
    elif classes is not None:
        codes, names = encode_labels(_column(array), list(classes), "y")
        targets = _one_hot(np.asarray(names), codes)
    else:
        targets = _read_hard(_column(array))
    if not targets.labelled.any():
        raise DataError(
            "No row has a label.", hint="Labels are missing where they are -1, None or NaN."
        )
    return targets


def read_weight(sample_weight: Any, n: int) -> NDArray[np.float64]:
    """Weights (n,), one where none are given."""
    if sample_weight is None:
        return np.ones(n)
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.ndim == 0:
        return np.full(n, float(weight))
    if weight.ndim != 1:
        raise DataError(
            f"sample_weight has shape {weight.shape}.", hint="Sample weights must be 1D."
        )
    check_same_length(X=np.empty(n), sample_weight=weight)
    row = first_row(~(np.isfinite(weight) & (weight >= 0)))
    if row is not None:
        raise DataError(
            f"sample_weight[{row}] = {weight[row]} is no weight.",
            where={"row": row},
            hint="Weights are finite and not negative.",
        )
    return weight


def _column(y: NDArray[Any]) -> NDArray[Any]:
    """The labels as one axis; a matrix of one column is taken, as scikit-learn does, and told."""
    from sklearn.utils.validation import column_or_1d

    return np.asarray(column_or_1d(y, warn=True))


def _object_if_gaps(y: Any) -> Any:
    """``object`` where None stands among labels, which numpy would otherwise turn into text."""
    listed = isinstance(y, (list, tuple))
    return object if listed and any(value is None for value in y) else None


def _read_soft(y: NDArray[Any], classes: Sequence[Any] | None) -> Targets:
    if y.dtype.kind not in "fiub":
        raise DataError(
            f"y has shape {y.shape} and type {y.dtype}.",
            hint="Give a label a row, or (n, K) numbers whose rows sum to 1.",
        )
    soft = y.astype(np.float64)
    labelled = ~np.isnan(soft).all(axis=1)
    n_classes = None if classes is None else len(classes)
    check_probabilities(soft[labelled], n_classes=n_classes, name="y")
    soft[~labelled] = 0.0
    soft[labelled] /= soft[labelled].sum(axis=1, keepdims=True)
    names = np.arange(soft.shape[1]) if classes is None else np.asarray(classes)
    return Targets(names, soft, np.asarray(labelled))


def _read_hard(y: NDArray[Any]) -> Targets:
    """Labels without stated classes: numbers in order of size, text in natural order."""
    from sklearn.utils.multiclass import check_classification_targets

    y = _numbers_with_gaps(y)
    if y.dtype.kind not in "fiub":
        codes, found = encode_labels(y, name="y")
        return _one_hot(np.asarray(found), codes)
    row = first_row(np.isinf(y))
    if row is not None:
        raise DataError(f"y[{row}] = {y[row]} is no label.", where={"row": row})
    labelled = ~np.isnan(y) & ((y != -1) | (y.dtype.kind == "b"))
    check_classification_targets(y[labelled])
    names = np.unique(y[labelled])
    if names.tolist() == [1] and not labelled.all() and (y == -1).any():
        raise DataError(
            "y holds -1 and 1: two classes, or class 1 and rows without a label?",
            hint="Say classes=[-1, 1] for the first, classes=[0, 1] for the second.",
        )
    codes = np.full(len(y), -1)
    codes[labelled] = np.searchsorted(names, y[labelled])
    return _one_hot(names, codes)


def _numbers_with_gaps(y: NDArray[Any]) -> NDArray[Any]:
    """Numbers among which None stands as floats with NaN; anything else as it is."""
    if y.dtype.kind != "O":
        return y
    kept = [value for value in y if value is not None]
    if not kept or not all(type(v) in (int, float) or isinstance(v, np.number) for v in kept):
        return y
    return np.array([np.nan if value is None else value for value in y], dtype=np.float64)


def _one_hot(names: NDArray[Any], codes: NDArray[Any]) -> Targets:
    rows = np.flatnonzero(codes >= 0)
    soft = np.zeros((len(codes), len(names)))
    soft[rows, codes[rows]] = 1.0
    return Targets(names, soft, codes >= 0)
