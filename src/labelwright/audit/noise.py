"""How many labels are wrong, and which classes are taken for which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._counting import (
    LOWEST,
    NEVER,
    calibrate,
    calibrated_joint,
    confident_guesses,
    count_confident,
)
from labelwright.audit._predictions import ClassNames, Predictions, read_predictions
from labelwright.core.params import Int, Real, check_argument
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState, generator

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NoiseEstimate", "estimate_noise"]


@dataclass(frozen=True, eq=False)
class NoiseEstimate(Result):
    """Estimated label noise by confident learning.

    Attributes
    ----------
    error_rate, low, high : float
        Estimated share of wrong labels, and its interval.
    joint : (K, K) float64
        Estimated share of items by given label (rows) and true label (columns); sums to 1.
    given_if_true : (K, K) float64
        P(given | true), [given, true]: columns sum to 1. ``given_if_true_low`` and ``_high`` are
        its intervals, entry by entry.
    true_if_given : (K, K) float64
        P(true | given), [given, true]: rows sum to 1, or are 0 where no item has the label.
    classes : tuple
        The classes (codes if none were named).
    level : float
        Level of the intervals.
    n_items : int
        How many items there were.
    """

    kind: ClassVar[str] = "label_noise"

    error_rate: float
    low: float
    high: float
    joint: NDArray[np.float64]
    given_if_true: NDArray[np.float64]
    given_if_true_low: NDArray[np.float64]
    given_if_true_high: NDArray[np.float64]
    true_if_given: NDArray[np.float64]
    classes: tuple[Any, ...]
    level: float
    n_items: int

    def to_table(self) -> pl.DataFrame:
        """One row a pair of classes: true, given, share, rate = P(given | true), low, high."""
        import polars as pl

        names, k = np.array(self.classes), len(self.classes)
        return pl.DataFrame(
            {
                "true": np.repeat(names, k),
                "given": np.tile(names, k),
                "share": self.joint.T.ravel(),
                "rate": self.given_if_true.T.ravel(),
                "low": self.given_if_true_low.T.ravel(),
                "high": self.given_if_true_high.T.ravel(),
            }
        )


def estimate_noise(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    classes: ClassNames = None,
    level: float = 0.95,
    n_resamples: int = 200,
    random_state: RandomState = 0,
) -> NoiseEstimate:
    """Estimate how many labels are wrong and which classes are taken for which.

    The estimate is what the model believes: it is as good as the out-of-sample probabilities.
    Errors that follow a pattern are learnt along and not seen: on five real sets it lay 6 to 42
    points too low (``evidence/audit/confident_learning.py``), so read it as "at least". The
    intervals say how it would vary with other items (percentiles over items drawn anew, thresholds
    and counts included); they do not cover the errors of the model.

    Parameters
    ----------
    labels : (n,) array-like
        Codes 0..K-1, or labels together with ``classes``.
    probabilities : (n, K) array-like
        Out-of-sample class probabilities.
    classes : sequence or Classes, optional
        The classes, in the order of the columns.
    level : float
        Level of the intervals, from 0.5 to 0.999.
    n_resamples : int
        How often the items are drawn anew (at least 20); each draw keeps a (K, K) table.
    random_state : int, Generator, SeedSequence or None
        Seed of the draws.

    Returns
    -------
    NoiseEstimate

    Raises
    ------
    DataError
        If an entry is no probability, a row does not sum to one, a label is missing or no class,
        or the two differ in length.
    ParameterError
        If a parameter is not accepted.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in dataset
    labels.

    Examples
    --------
    >>> labels = [0] * 9 + [1] * 11
    >>> probabilities = [[0.9, 0.1]] * 10 + [[0.1, 0.9]] * 10
    >>> noise = estimate_noise(labels, probabilities)
    >>> round(noise.error_rate, 3), noise.low <= noise.error_rate <= noise.high
    (0.05, True)
    """
    check_argument("level", level, Real(0.5, 0.999))
    check_argument("n_resamples", n_resamples, Int(20))
    predictions = read_predictions(labels, probabilities, classes)
    joint = calibrated_joint(predictions) / len(predictions.codes)
    draws = _resampled(predictions, n_resamples, generator(random_state, "estimate_noise"))
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile([1 - np.trace(draw) for draw in draws], tails)
    rate_low, rate_high = np.quantile([_columns_to_one(draw) for draw in draws], tails, axis=0)
    space = predictions.space
    return NoiseEstimate(
        error_rate=float(1 - np.trace(joint)),
        low=float(low),
        high=float(high),
        joint=joint,
        given_if_true=_columns_to_one(joint),
        given_if_true_low=rate_low,
        given_if_true_high=rate_high,
        true_if_given=_columns_to_one(joint.T).T,
        classes=tuple(range(len(joint))) if space is None else tuple(space.names),
        level=level,
        n_items=len(predictions.codes),
    )


def _resampled(
    predictions: Predictions, n_resamples: int, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """The joint of items drawn anew, by how often each was drawn."""
    n, k, codes = len(predictions.codes), predictions.n_classes, predictions.codes
    joints = []
    for _ in range(n_resamples):
        times = np.bincount(rng.integers(n, size=n), minlength=n).astype(np.float64)
        counts = np.bincount(codes, times, minlength=k)
        sums = np.bincount(codes, times * predictions.given, minlength=k)
        means = np.divide(sums, counts, out=np.full(k, NEVER), where=counts > 0)
        guess = confident_guesses(predictions, np.maximum(means, LOWEST))
        joints.append(calibrate(count_confident(predictions, guess, times), counts) / n)
    return joints


def _columns_to_one(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = joint.sum(axis=0)
    return np.divide(joint, totals, out=np.zeros_like(joint), where=totals > 0)
