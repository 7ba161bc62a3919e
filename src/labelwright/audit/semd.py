"""Wrong labels from the averaged predictions of several cross-validated models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._predictions import ClassNames, Predictions, read_predictions
from labelwright.audit._training import seed_of, seeded, whole_codes
from labelwright.core.params import Accepts, Bool, Instance, Int, Nullable, Params
from labelwright.core.seeds import RandomState
from labelwright.estimation.probabilities import cross_val_probabilities

__all__ = ["SEMD", "adjusted_confidence"]


class SEMD(Params):
    """Score labels by what an ensemble of cross-validated models thinks of them.

    Each of ``n_models`` repetitions draws other folds and another seed of the classifier and
    predicts every item from models that have not seen it. The mean probability of the given label,
    less the mean of its class, is ranked over all items.

    Parameters
    ----------
    classifier : estimator, optional
        Any scikit-learn classifier or pipeline with ``predict_proba``; by default logistic
        regression. It is cloned, not changed; its ``random_state``, if it has one, is set.
    n_folds : int
        Folds of each repetition.
    n_models : int
        Repetitions. More make the order steadier; they help most with classifiers that vary from
        one training to the next.
    adjust : bool
        Compare each item with its own class, so that the items of a hard class are not all
        suspicious.
    random_state : int, SeedSequence, Generator or None

    Attributes
    ----------
    probabilities_ : (n, K) float64
        The averaged out-of-sample probabilities of the items scored last, for
        ``find_label_issues`` and others.

    Notes
    -----
    With linear models on six sets of images the score was no better than that of one cross-
    validated model (``n_models=1, adjust=False``), and ``aum_quality`` was better than both:
    measure on your own data with ``DetectorBench`` before you rely on it. The published study
    fine-tunes image networks; the exact recipe of its averaging could not be checked, so this is
    a construction of the three named parts: cross-validation, an ensemble, and adjusted
    probabilities. Give embeddings or a network with the scikit-learn interface for images. Not
    for errors that follow from the features themselves (a rule that labelled the data): every
    model learns those.

    References
    ----------
    Srikanth, Irvin, Hill, Godoy, Sabane and Ng (2023), An empirical study of automated mislabel
    detection in real world vision datasets.

    Examples
    --------
    >>> X = np.arange(12.0)[:, None]
    >>> quality = SEMD(n_folds=3, n_models=2).score([0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1], X)
    >>> int(quality.argmin())
    4
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "classifier": Nullable(Instance(having=("fit", "predict_proba"))),
        "n_folds": Int(2),
        "n_models": Int(1),
        "adjust": Bool(),
    }

    probabilities_: NDArray[np.float64]

    def __init__(
        self,
        *,
        classifier: Any = None,
        n_folds: int = 5,
        n_models: int = 3,
        adjust: bool = True,
        random_state: RandomState = 0,
    ) -> None:
        self.classifier = classifier
        self.n_folds = n_folds
        self.n_models = n_models
        self.adjust = adjust
        self.random_state = random_state

    def score(
        self,
        labels: ArrayLike,
        X: Any,
        *,
        groups: Any = None,
        duplicates: Any = None,
        classes: ClassNames = None,
    ) -> NDArray[np.float64]:
        """Quality of each label: its rank over n, in (0, 1); the lowest is the most suspicious.

        Parameters
        ----------
        labels : (n,) array-like
            Labels of any type; whole numbers are codes.
        X : array, sparse matrix, table, or sequence of length n
            What the classifier takes.
        groups, duplicates : (n,) array-like, optional
            Rows that never cross folds.
        classes : sequence or Classes, optional
            The classes, in the order of the columns.

        Returns
        -------
        (n,) float64
            (rank - 1/2) / n; equal items share the mean of their ranks.

        Raises
        ------
        DataError
            If a label is missing, there are fewer than two classes, lengths differ, or the
            classifier refuses the data.
        """
        from scipy.stats import rankdata

        self._check_params()
        codes, names = whole_codes(labels, classes)
        n_classes = len(names)
        mean = np.zeros((len(codes), n_classes))
        for repetition in range(self.n_models):
            seed = seed_of(self.random_state, "semd", repetition)
            mean += cross_val_probabilities(
                seeded(self.classifier, seed),
                X,
                codes,
                groups=groups,
                duplicates=duplicates,
                n_folds=self.n_folds,
                classes=range(n_classes),
                random_state=seed,
            )
        self.probabilities_ = mean / self.n_models
        predictions = read_predictions(codes, self.probabilities_)
        confidence = _adjusted(predictions) if self.adjust else predictions.given
        return (rankdata(confidence) - 0.5) / len(codes)


def adjusted_confidence(
    labels: ArrayLike, probabilities: ArrayLike, *, classes: ClassNames = None
) -> NDArray[np.float64]:
    """Probability of each given label, less the mean of that over all items of the same label.

    Within a class the order is that of self-confidence; only classes move against each other.

    Parameters
    ----------
    labels : (n,) array-like
        Codes 0..K-1, or labels together with ``classes``.
    probabilities : (n, K) array-like
        Out-of-sample class probabilities.
    classes : sequence or Classes, optional
        The classes, in the order of the columns.

    Returns
    -------
    (n,) float64
        In (-1, 1); the mean of each class is 0.

    Examples
    --------
    >>> adjusted_confidence([0, 0, 1], [[0.75, 0.25], [0.5, 0.5], [0.5, 0.5]])
    array([ 0.125, -0.125,  0.   ])
    """
    return _adjusted(read_predictions(labels, probabilities, classes))


def _adjusted(predictions: Predictions) -> NDArray[np.float64]:
    codes, given = predictions.codes, predictions.given.astype(np.float64)
    totals = np.bincount(codes, weights=given, minlength=predictions.n_classes)
    means = totals / np.maximum(predictions.counts, 1)
    return np.asarray(given - means[codes])
