"""Label quality from the course of a training, and from neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from labelwright.audit._predictions import ClassNames
from labelwright.audit._training import seed_of, seeded, whole_codes
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.params import Instance, Int, check_argument
from labelwright.core.seeds import RandomState, generator
from labelwright.core.validation import check_same_length, first_row
from labelwright.estimation._fitting import n_rows, take_rows
from labelwright.retrieval.neighbours import NeighbourGraph

__all__ = ["aum_quality", "neighbour_quality"]


def aum_quality(
    labels: ArrayLike,
    X: Any,
    *,
    classifier: Any = None,
    n_epochs: int = 10,
    classes: ClassNames = None,
    random_state: RandomState = 0,
) -> NDArray[np.float64]:
    """Quality of each label by its margin during training (area under the margin).

    One model is trained on all items, in another order each pass. After each pass the margin of an
    item is the model's score of the given label less the largest other score; wrong labels are
    pulled down by the items that look like them, until the model has learnt them by heart.

    Parameters
    ----------
    labels : (n,) array-like
        Labels of any type; whole numbers are codes.
    X : (n, d) array or sparse matrix
        Numbers; bring columns to one scale first.
    classifier : estimator, optional
        One with ``partial_fit`` and ``decision_function``; by default logistic regression by
        stochastic gradients at a constant rate.
    n_epochs : int
        Passes over the items. Stop before the model knows the wrong labels by heart.
    classes : sequence or Classes, optional
        The classes.
    random_state : int, SeedSequence, Generator or None
        Order of the items in each pass, and the classifier's own seed.

    Returns
    -------
    (n,) float64
        The mean margin through the logistic function: below 1/2, another label led on average.

    Raises
    ------
    DataError
        If a label is missing, there are fewer than two classes or the lengths differ, or if the
        scores are no finite numbers.
    ParameterError
        If an argument is not accepted.

    Notes
    -----
    The published method takes its threshold from items of a made-up class that are trained along;
    this gives the score alone. A linear model cannot learn single items by heart, so on few columns
    its margins tell about as much as those of a finished model.

    References
    ----------
    Pleiss, Zhang, Elenberg and Weinberger (2020), Identifying mislabeled data using the area under
    the margin ranking.

    Examples
    --------
    >>> X = np.repeat([-1.0, 1.0], 20)[:, None]
    >>> labels = np.repeat([0, 1], 20)
    >>> labels[3] = 1
    >>> int(aum_quality(labels, X).argmin())
    3
    """
    check_argument("n_epochs", n_epochs, Int(1))
    codes, names = whole_codes(labels, classes)
    if n_rows(X) != len(codes):
        raise DataError(f"There are {len(codes)} labels and {n_rows(X)} rows of X.")
    model = _incremental(classifier, seed_of(random_state, "aum", "model"))
    order = generator(random_state, "aum", "order")
    margins = np.zeros(len(codes))
    for _ in range(n_epochs):
        rows = order.permutation(len(codes))
        model.partial_fit(take_rows(X, rows), codes[rows], classes=np.arange(len(names)))
        margins += _margins(model.decision_function(X), codes)
    row = first_row(~np.isfinite(margins))
    if row is not None:
        raise DataError(
            f"The training gave no finite score, first in row {row}.",
            where={"row": row},
            hint="Bring the columns of X to one scale.",
        )
    return np.asarray(expit(margins / n_epochs))


def _incremental(classifier: Any, seed: int) -> Any:
    if classifier is None:
        from sklearn.linear_model import SGDClassifier

        classifier = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01)
    accepts = Instance(having=("partial_fit", "decision_function"))
    if not accepts.allows(classifier):
        raise ParameterError(
            f"{type(classifier).__name__} cannot be watched while it learns.",
            hint=f"classifier is {accepts}, such as SGDClassifier.",
        )
    return seeded(classifier, seed)


def _margins(scores: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Score of the given class less the largest other one."""
    if scores.ndim == 1:
        return np.where(codes == 1, scores, -scores)
    rows = np.arange(len(codes))
    given = scores[rows, codes]
    others = scores.copy()
    others[rows, codes] = -np.inf
    return np.asarray(given - others.max(axis=1))


def neighbour_quality(
    labels: ArrayLike, neighbours: NeighbourGraph, *, classes: ClassNames = None
) -> NDArray[np.float64]:
    """Quality of each label by the labels of the nearest items; no model is trained.

    Parameters
    ----------
    labels : (n,) array-like
        Labels of any type; whole numbers are codes.
    neighbours : NeighbourGraph
        The neighbours of each item among all items.
    classes : sequence or Classes, optional
        The classes.

    Returns
    -------
    (n,) float64
        (s - o + 1) / 2, where s is the share of the neighbours with the same label and o that of
        the most frequent other label. Below 1/2, another label outvotes the given one.

    Raises
    ------
    DataError
        If a label is missing, there are fewer than two classes, lengths differ or there are no
        neighbours.

    Notes
    -----
    Stands or falls with the features: near items must mostly be of one class. Where a class is
    rarer than k its items are outvoted, right or wrong.

    References
    ----------
    Zhu, Dong and Liu (2022), Detecting corrupted labels without training a model to predict.

    Examples
    --------
    >>> graph = NeighbourGraph.build(np.arange(6.0)[:, None], k=2)
    >>> neighbour_quality([0, 0, 0, 1, 0, 0], graph)
    array([1. , 1. , 0.5, 0. , 0.5, 0.5])
    """
    codes, names = whole_codes(labels, classes)
    n_classes = len(names)
    n = check_same_length(labels=codes, neighbours=neighbours.indices)
    if neighbours.k == 0:
        raise DataError("There are no neighbours.", hint="Build the graph with k of 1 or more.")
    cells = np.arange(n)[:, None] * n_classes + codes[neighbours.indices]
    counts = np.bincount(cells.ravel(), minlength=n * n_classes).reshape(n, n_classes)
    return (_margins(counts.astype(np.float64), codes) / neighbours.k + 1) / 2
