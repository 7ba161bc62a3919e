"""Which labels are probably wrong, by confident learning."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._blocks import blocks
from labelwright.audit._counting import calibrated_joint, class_thresholds
from labelwright.audit._filters import PLAIN_RULES, QUOTA_RULES, mark
from labelwright.audit._predictions import ClassNames, Predictions, named, read_predictions
from labelwright.audit._scores import quality
from labelwright.audit.issues import LabelIssues
from labelwright.audit.quality import check_method
from labelwright.core.errors import DataWarning, ParameterError, unknown_name
from labelwright.core.params import Int, Real, check_argument

__all__ = ["confident_joint", "confident_thresholds", "find_label_issues"]

RULES = (*QUOTA_RULES, *PLAIN_RULES)

IN_SAMPLE = 0.999
"""A mean self-confidence above this is not believed to be out of sample."""


def confident_thresholds(
    labels: ArrayLike, probabilities: ArrayLike, *, classes: ClassNames = None
) -> NDArray[np.float64]:
    """From which probability on a row counts as confidently of a class.

    It is the mean probability of the class among the rows that are labelled with it. A class that
    no row is labelled with gets 2, which no probability reaches.

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
    (K,) float64

    Examples
    --------
    >>> confident_thresholds([0, 0, 1], [[0.9, 0.1], [0.7, 0.3], [0.4, 0.6]])
    array([0.8, 0.6])
    """
    return class_thresholds(read_predictions(labels, probabilities, classes))


def confident_joint(
    labels: ArrayLike, probabilities: ArrayLike, *, classes: ClassNames = None
) -> NDArray[np.int64]:
    """Estimated number of items by given label (rows) and true label (columns).

    Rows that are confidently of a class are counted, then scaled to the number of rows with each
    given label and rounded so that each row keeps its total.

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
    (K, K) int64
        Summing to n; row sums are the numbers of given labels.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in dataset
    labels.

    Examples
    --------
    >>> confident_joint([0, 0, 0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0, 1]])
    array([[2, 1],
           [0, 2]])
    """
    return calibrated_joint(read_predictions(labels, probabilities, classes))


def find_label_issues(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    classes: ClassNames = None,
    method: str = "prune_by_noise_rate",
    rank_by: str = "self_confidence",
    adjust: bool = False,
    noise_fraction: float = 1.0,
    min_per_class: int = 1,
    remove_per_class: ArrayLike | None = None,
) -> LabelIssues:
    """Find labels that are probably wrong, by confident learning.

    The probabilities must be out of sample (``estimation.cross_val_probabilities``): a model that
    has seen a wrong label repeats it. They are read in blocks of rows and never copied as a whole,
    so a memory-mapped array may be larger than memory.

    Parameters
    ----------
    labels : (n,) array-like
        Codes 0..K-1, or labels together with ``classes``.
    probabilities : (n, K) array-like
        Out-of-sample class probabilities; float32 and float64 are read as they are.
    classes : sequence or Classes, optional
        The classes, in the order of the columns.
    method : str
        Which rows are marked. ``prune_by_noise_rate``: per given label and other class, as many as
        the confident joint says, those where the other class leads most. ``prune_by_class``: per
        given label, as many as the joint says, of lowest self-confidence. ``both``: what these two
        agree on. ``confident_learning``: rows confidently of another class.
        ``predicted_neq_given``: rows where another class is the most probable.
        ``low_self_confidence``, ``low_normalized_margin``: the lowest scored, as many as
        ``confident_learning`` marks. All but the last two leave out rows where the given label is
        the most probable.
    rank_by, adjust : str, bool
        The ``method`` and ``adjust`` of ``label_quality`` that order the list.
    noise_fraction : float in [0, 1]
        Mark only this part of what the joint says (the first three methods).
    min_per_class : int
        Leave at least so many rows of each class unmarked (the first three methods).
    remove_per_class : (K,) array-like of int, optional
        Mark so many rows of each given label instead of what the joint says (the first three
        methods; up to rounding and overlap between the other classes).

    Returns
    -------
    LabelIssues
        Worst first; of equal quality, the earlier row first.

    Raises
    ------
    DataError
        If an entry is no probability, a row does not sum to one, a label is missing or no class,
        or the two differ in length.
    ParameterError
        If a parameter is not accepted, or does not go with the method.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in dataset
    labels.

    Examples
    --------
    >>> issues = find_label_issues(
    ...     [0, 0, 1, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.95, 0.05]]
    ... )
    >>> issues.index, issues.quality, issues.suggested
    (array([4]), array([0.05]), array([0]))
    """
    check_method(rank_by, adjust, "rank_by")
    predictions = read_predictions(labels, probabilities, classes)
    quota = _check_quota(predictions, method, noise_fraction, min_per_class, remove_per_class)
    return marked_issues(predictions, method, rank_by, adjust=adjust, **quota)


def marked_issues(
    predictions: Predictions,
    method: str = "prune_by_noise_rate",
    rank_by: str = "self_confidence",
    *,
    adjust: bool = False,
    **quota: Any,
) -> LabelIssues:
    """The issues of what has been read already; see ``find_label_issues``."""
    marked = np.flatnonzero(mark(predictions, method, **quota))
    scores = quality(predictions, rank_by, adjust=adjust, rows=marked)
    worst_first = np.argsort(scores, kind="stable")
    return _issues(predictions, marked[worst_first], scores[worst_first], _notes(predictions))


def _check_quota(
    predictions: Predictions,
    method: str,
    noise_fraction: float,
    min_per_class: int,
    remove_per_class: ArrayLike | None,
) -> dict[str, Any]:
    if method not in RULES:
        raise unknown_name("method", method, RULES, error=ParameterError)
    check_argument("noise_fraction", noise_fraction, Real(0, 1))
    check_argument("min_per_class", min_per_class, Int(0))
    if method in PLAIN_RULES:
        if (noise_fraction, min_per_class) != (1.0, 1) or remove_per_class is not None:
            raise ParameterError(
                f"noise_fraction, min_per_class and remove_per_class do not go with {method!r}.",
                hint=f"They go with {', '.join(map(repr, QUOTA_RULES))}.",
            )
        return {}
    removed = None if remove_per_class is None else _check_removed(predictions, remove_per_class)
    return {
        "noise_fraction": noise_fraction,
        "min_per_class": min_per_class,
        "remove_per_class": removed,
    }


def _check_removed(predictions: Predictions, remove_per_class: ArrayLike) -> NDArray[np.int64]:
    removed = np.asarray(remove_per_class)
    if removed.shape != (predictions.n_classes,) or removed.dtype.kind not in "iu":
        raise ParameterError(
            f"remove_per_class has shape {removed.shape} and type {removed.dtype}.",
            hint=f"Give a whole number for each of the {predictions.n_classes} classes.",
        )
    wrong = np.flatnonzero((removed < 0) | (removed > predictions.counts))
    if len(wrong):
        code = int(wrong[0])
        raise ParameterError(
            f"remove_per_class[{code}] = {removed[code]}, and {predictions.counts[code]} rows "
            "have that label.",
            where={"class": code},
        )
    return removed.astype(np.int64)


def _issues(
    predictions: Predictions,
    index: NDArray[np.intp],
    scores: NDArray[np.float64],
    notes: tuple[str, ...],
) -> LabelIssues:
    suggested, p_suggested = _best_other(predictions, index)
    return LabelIssues(
        index=index.astype(np.int64),
        quality=scores,
        given=named(predictions.codes[index], predictions.space),
        suggested=named(suggested, predictions.space),
        kinds=np.full(len(index), "model disagrees"),
        n_items=len(predictions.codes),
        evidence={"p_given": predictions.given[index], "p_suggested": p_suggested},
        notes=notes,
    )


def _best_other(
    predictions: Predictions, index: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The most probable class other than the given one, and its probability."""
    suggested = predictions.best[index].astype(np.int64)
    p_suggested = predictions.top[index]
    same = np.flatnonzero(suggested == predictions.codes[index])
    for part, block in blocks(predictions.probabilities, index[same]):
        rows = np.arange(len(block))
        block[rows, suggested[same[part]]] = -1
        second = block.argmax(axis=1)
        suggested[same[part]], p_suggested[same[part]] = second, block[rows, second]
    return suggested, p_suggested


def _notes(predictions: Predictions) -> tuple[str, ...]:
    few = [code for code, n in enumerate(predictions.counts.tolist()) if n == 1]
    notes = []
    if few:
        shown = named(np.array(few[:5]), predictions.space).tolist()
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        notes.append(
            f"Labels that only one item has are never marked: {', '.join(map(repr, shown))}{more}."
        )
    if float(predictions.given.mean(dtype=np.float64)) > IN_SAMPLE:
        suspicion = (
            "The given labels have a mean probability above 0.999: "
            "this model has probably seen them in training, and then errors go unnoticed."
        )
        hint = "Use out-of-sample probabilities, as from estimation.cross_val_probabilities."
        warnings.warn(f"{suspicion} {hint}", DataWarning, stacklevel=5)
        notes.append(suspicion)
    return tuple(notes)
