"""Fitting any scikit-learn classifier to codes or soft labels, and reading its probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, ParameterError

# A soft label's smaller shares are dropped: each would cost a further copy of its row.
SMALLEST_SHARE = 1e-3


class OneClass:
    """Stands in for a classifier where the training rows hold one class only."""

    def __init__(self, code: int) -> None:
        self.classes_ = np.array([code])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """One for the class."""
        return np.ones((n_rows(X), 1))


def n_rows(X: Any) -> int:
    """The number of rows of an array, sparse matrix, table or list."""
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def take_rows(X: Any, rows: NDArray[np.int64]) -> Any:
    """Rows of an array, sparse matrix, table or list, in the kind that it is."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if hasattr(X, "to_pylist"):
        return X.take(rows)
    if isinstance(X, (list, tuple)):
        return [X[row] for row in rows]
    return X[rows]


def check_classifier(classifier: Any, *, weighted: bool) -> None:
    """Refuse what has no ``predict_proba``, or cannot weight rows though it must."""
    from sklearn.utils.validation import has_fit_parameter

    name = type(classifier).__name__
    if not hasattr(classifier, "fit") or not hasattr(classifier, "predict_proba"):
        raise ParameterError(
            f"{name} gives no class probabilities (it has no predict_proba).",
            hint="Use one that does, or wrap it in sklearn.calibration.CalibratedClassifierCV.",
        )
    if weighted and not has_fit_parameter(_last_step(classifier)[1], "sample_weight"):
        raise ParameterError(
            f"{name} takes no sample_weight, which soft labels and weights need.",
            hint="Use one that does, such as LogisticRegression, or give hard labels.",
        )


def fit_classifier(
    classifier: Any,
    X: Any,
    labels: NDArray[Any],
    rows: NDArray[np.int64],
    sample_weight: NDArray[np.float64] | None = None,
) -> Any:
    """A fitted clone of ``classifier``, trained on the given rows.

    Soft labels (n, K) go as they are to a classifier that says ``takes_soft_labels``; any other is
    fitted on each row once a class, weighted with the class's share.
    """
    from sklearn.base import clone

    weights = None if sample_weight is None else sample_weight[rows]
    codes = labels[rows]
    last = _last_step(classifier)[1]
    if labels.ndim == 2 and not getattr(last, "takes_soft_labels", False):
        places, codes, shares = _spread(codes)
        rows = rows[places]
        weights = shares if weights is None else shares * weights[places]
    if codes.ndim == 1 and (codes == codes[0]).all():
        return OneClass(int(codes[0]))
    fitted, options = clone(classifier), {}
    if weights is not None:
        step = _last_step(classifier)[0]
        options[f"{step}__sample_weight" if step else "sample_weight"] = weights
    with _refusals(classifier):
        return fitted.fit(take_rows(X, rows), codes, **options)


def class_probabilities(fitted: Any, X: Any, n_classes: int) -> NDArray[np.float64]:
    """Probabilities (n, K), zero for classes that the classifier has not seen."""
    with _refusals(fitted):
        found = np.asarray(fitted.predict_proba(X), dtype=np.float64)
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
        raise DataError(f"{type(fitted).__name__} gave missing probabilities, first in row {row}.")
    probabilities = np.zeros((len(found), n_classes))
    probabilities[:, fitted.classes_] = found
    return probabilities


@contextmanager
def _refusals(classifier: Any) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{type(classifier).__name__} refused the data: {error}",
            hint="If values are missing, put an imputer in front of it in a scikit-learn Pipeline.",
        ) from error


def _spread(soft: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    kept = np.where(soft >= SMALLEST_SHARE, soft, 0.0)
    places, codes = np.nonzero(kept)
    return places, codes, kept[places, codes] / kept.sum(axis=1)[places]


def _last_step(classifier: Any) -> tuple[str, Any]:
    """The name and estimator at the end of a pipeline; no name if it is none."""
    steps = getattr(classifier, "steps", None)
    return (steps[-1][0], steps[-1][1]) if steps else ("", classifier)
