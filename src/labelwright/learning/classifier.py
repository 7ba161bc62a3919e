"""A classifier for labels that may be unsure: logistic regression on soft labels, calibrated."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import validate_data

from labelwright.core._factorize import as_array
from labelwright.core.errors import ConvergenceWarning, DataError, DataWarning
from labelwright.core.params import Accepts, Bool, Instance, Int, Nullable, Params, Real
from labelwright.core.seeds import RandomState
from labelwright.core.validation import check_same_length
from labelwright.learning._held_out import Sample, choose
from labelwright.learning._softmax import Fitted, fit_softmax
from labelwright.learning._targets import read_targets, read_weight

__all__ = ["LabelClassifier"]

GRID = (0.1, 1.0, 10.0, 100.0)


class LabelClassifier(ClassifierMixin, Params, BaseEstimator):
    """Multinomial logistic regression on hard or soft labels, with calibrated probabilities.

    With hard labels the coefficients are those of scikit-learn's ``LogisticRegression``. A soft
    label, a row of class probabilities, counts for each class with its share. The probabilities are
    then divided by a temperature that is fitted on rows held out from training.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty. The default suits TF-IDF and the other features of
        :mod:`labelwright.features`.
    tune : bool
        Choose C from 0.1, 1, 10 and 100 by log loss on held-out rows instead.
    calibrate : bool
        Fit the temperature. It never changes which class is the most probable.
    classes : sequence, optional
        The classes in the order of columns. By default those that occur, numbers by size and text
        in natural order; for soft labels 0..K-1. A class without a label gets probability 0.
    n_folds : int
        Folds for held-out rows. No more folds are fitted than it takes to hold out 1,000 rows.
    max_iter : int
        Most steps of the optimiser.
    tol : float
        It stops when no entry of the gradient (of the mean loss, by scaled columns) is larger.
    random_state : int or None
        Seed of the folds.

    Attributes
    ----------
    classes_ : (K,) array
    coef_ : (K, p) array
        With two classes the rows are each other's negative.
    intercept_ : (K,) array
        Minus infinity for a class that has no label.
    temperature_ : float
        1 without calibration, or where nothing could be held out.
    C_ : float
        The C that was used.
    n_labelled_ : int
        How many rows were trained on.
    n_iter_ : int
        Steps of the optimiser.

    Examples
    --------
    >>> X = [[0.0], [0.2], [0.3], [2.0], [2.2], [2.5], [1.0]]
    >>> model = LabelClassifier().fit(X, ["ham", "ham", "ham", "spam", "spam", "spam", None])
    >>> model.predict([[0.1], [3.0]]).tolist(), model.n_labelled_
    (['ham', 'spam'], 6)
    >>> soft = [[0.9, 0.1]] * 3 + [[0.2, 0.8]] * 3 + [[0.5, 0.5]]
    >>> LabelClassifier(classes=["ham", "spam"]).fit(X, soft).predict([[3.0]]).tolist()
    ['spam']
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "C": Real(0, open_low=True),
        "tune": Bool(),
        "calibrate": Bool(),
        "classes": Nullable(Instance(list, tuple, np.ndarray)),
        "n_folds": Int(2),
        "max_iter": Int(1),
        "tol": Real(0, open_low=True),
    }

    takes_soft_labels: ClassVar[bool] = True

    classes_: NDArray[Any]
    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]
    temperature_: float

    def __init__(
        self,
        C: float = 10.0,
        *,
        tune: bool = False,
        calibrate: bool = True,
        classes: Sequence[Any] | None = None,
        n_folds: int = 5,
        max_iter: int = 1000,
        tol: float = 3e-4,
        random_state: RandomState = 0,
    ) -> None:
        self.C = C
        self.tune = tune
        self.calibrate = calibrate
        self.classes = classes
        self.n_folds = n_folds
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, groups: Any = None
    ) -> Self:
        """Learn from rows of numbers and their labels.

        Parameters
        ----------
        X : array or sparse matrix of shape (n, p)
        y : array-like of shape (n,), or (n, K) floats
            Labels, or soft labels with rows that sum to 1. -1 (for numbers), None and NaN mark rows
            without a label, which are passed over.
        sample_weight : array-like of shape (n,), optional
        groups : array-like of shape (n,), optional
            Rows of one group, and equal rows, are held out together.

        Raises
        ------
        DataError
            If X holds NaN or infinity, no row has a label, or y can be read in two ways.

        Warns
        -----
        DataWarning
            If all labels are of one class, which is then always predicted.
        ConvergenceWarning
            If ``max_iter`` steps were not enough.
        """
        self._check_params()
        X = self._rows(X, reset=True)
        targets = read_targets(y, X.shape[0], self.classes)
        weight = read_weight(sample_weight, X.shape[0])
        kept = np.flatnonzero(targets.labelled & (weight > 0))
        if not kept.size:
            raise DataError("All labelled rows have weight zero.", hint="Give some more weight.")
        sample = Sample(X[kept], targets.soft[kept], weight[kept])
        self.classes_, self.n_labelled_ = targets.classes, int(kept.size)
        self.C_, self.temperature_ = choose(
            sample,
            self._train,
            groups=None if groups is None else _groups(groups, X.shape[0])[kept],
            grid=GRID if self.tune else (self.C,),
            calibrate=self.calibrate,
            n_folds=self.n_folds,
            random_state=self.random_state,
        )
        fitted = self._train(sample, self.C_, None)
        self.coef_, self.intercept_ = fitted.coef, fitted.intercept
        self.n_iter_ = fitted.n_iter
        self._tell(fitted)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row, (n,)."""
        codes = self._logits(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[codes]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Calibrated probabilities (n, K), columns in the order of ``classes_``."""
        logits = self._logits(X)
        probabilities: NDArray[np.float64] = softmax(logits / self.temperature_, axis=1)
        return probabilities

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _logits(self, X: Any) -> NDArray[np.float64]:
        self._check_fitted()
        logits: NDArray[np.float64] = self._rows(X, reset=False) @ self.coef_.T + self.intercept_
        return logits

    def _rows(self, X: Any, reset: bool) -> Any:
        checked = validate_data(
            self, X, accept_sparse="csr", dtype=np.float64, ensure_all_finite=False, reset=reset
        )
        _check_finite(checked)
        return checked

    def _train(self, sample: Sample, C: float, start: Fitted | None) -> Fitted:
        """Fit the classes that occur; the others get an intercept of minus infinity."""
        seen = np.flatnonzero(sample.soft.sum(axis=0) > 0)
        K, p = sample.soft.shape[1], sample.X.shape[1]
        intercept, coef = np.full(K, -np.inf), np.zeros((K, p))
        if seen.size == 1:
            intercept[seen] = 0.0
            return Fitted(coef, intercept, 1, True, np.empty((0, 0)))
        fitted = fit_softmax(
            sample.X,
            sample.soft[:, seen],
            sample.weight,
            C=C,
            max_iter=self.max_iter,
            tol=self.tol,
            start=None if start is None else start.theta,
        )
        coef[seen], intercept[seen] = fitted.coef, fitted.intercept
        return replace(fitted, coef=coef, intercept=intercept)

    def _tell(self, fitted: Fitted) -> None:
        if not fitted.converged:
            warnings.warn(
                f"LabelClassifier stopped after {fitted.n_iter} steps before it had settled. "
                "Scale the features, or raise max_iter.",
                ConvergenceWarning,
                stacklevel=3,
            )
        seen = np.flatnonzero(np.isfinite(self.intercept_))
        if seen.size == 1:
            warnings.warn(
                f"All labels are {self.classes_.tolist()[seen[0]]!r}, so that is always predicted.",
                DataWarning,
                stacklevel=3,
            )


def _groups(groups: Any, n: int) -> NDArray[Any]:
    check_same_length(X=np.empty(n), groups=groups)
    return as_array(groups)


def _check_finite(X: Any) -> None:
    values = X.data if hasattr(X, "tocsr") else X
    # A sum is one pass and finite nearly always; only then look for the place.
    if np.isfinite(values.sum()) or np.isfinite(values).all():
        return
    if hasattr(X, "tocsr"):
        at = int(np.flatnonzero(~np.isfinite(values))[0])
        row, column = int(np.searchsorted(X.indptr, at, side="right")) - 1, int(X.indices[at])
    else:
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(values)))
    what = "NaN (missing)" if np.isnan(X[row, column]) else "infinite (inf)"
    raise DataError(
        f"X[{row}, {column}] is {what}.",
        where={"row": row, "column": column},
        hint="Fill missing values first, or read the table with ColumnFeatures, which does.",
    )
