"""Counting confident rows: thresholds, guesses, the joint of given and true label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.audit._blocks import blocks, rows_per_block
from labelwright.audit._largest import largest
from labelwright.audit._predictions import Predictions

NEVER = 2.0
"""Threshold of a class without rows: no probability reaches it."""

LOWEST = 2e-6
SLACK = 1e-6


def class_thresholds(predictions: Predictions) -> NDArray[np.float64]:
    """Mean self-confidence of each class (K,); a class without rows can never be confident."""
    means = [
        predictions.given[rows].mean(dtype=np.float64) if len(rows) else NEVER
        for rows in predictions.by_class
    ]
    return np.maximum(np.array(means), LOWEST)


def confident_guesses(
    predictions: Predictions, thresholds: NDArray[np.float64]
) -> NDArray[np.int32]:
    """The class that each row is confidently in (n,), -1 where there is none.

    Of several confident classes the guess is the most probable one of all classes. Hence, where the
    most probable class is confident, it is the guess; only the other rows are read again, and of
    those only the ones whose largest probability reaches the lowest limit.
    """
    limits = thresholds - SLACK
    clear = predictions.top >= limits[predictions.best]
    guess = np.where(clear, predictions.best, np.int32(-1))
    unclear = np.flatnonzero(~clear & (predictions.top >= limits.min()))
    for part, block in blocks(predictions.probabilities, unclear):
        row, column = np.divmod(np.flatnonzero(block >= limits), block.shape[1])
        several = np.bincount(row, minlength=len(block)) > 1
        at = unclear[part][row]
        guess[at] = np.where(several[row], predictions.best[at], column)
    return guess


def count_confident(
    predictions: Predictions,
    guess: NDArray[np.int32],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[Any]:
    """Confident rows (K, K) [given, guess]; each class keeps at least one correct row."""
    k, sure = predictions.n_classes, guess >= 0
    cells = predictions.codes[sure] * k + guess[sure]
    weights = None if weights is None else weights[sure]
    joint = np.bincount(cells, weights, minlength=k * k).reshape(k, k)
    np.fill_diagonal(joint, np.maximum(np.diagonal(joint), 1))
    return joint


def calibrate(joint: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    """Scale each row of the joint to the number of rows with that label, the whole to n."""
    scaled: NDArray[np.float64] = joint / joint.sum(axis=1)[:, None]
    scaled *= counts[:, None]
    # Added up by true class, as in cleanlab: the last digit decides how a half is rounded.
    scaled /= np.ascontiguousarray(scaled.T).sum()
    scaled *= counts.sum()
    return scaled


def round_rows(table: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round to whole numbers so that each row keeps its (rounded) total.

    The entries with the largest remainders give way; of equal remainders, the later classes go up
    and the earlier ones go down.

    Examples
    --------
    >>> round_rows(np.array([[0.4, 0.4, 0.2], [1.6, 1.6, 0.8]]))
    array([[0, 1, 0],
           [1, 2, 1]])
    """
    whole = np.empty(table.shape, np.int64)
    step = rows_per_block(table.shape[1])
    for start in range(0, len(table), step):
        whole[start : start + step] = _round_block(table[start : start + step])
    return whole


def _round_block(table: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.round(table)
    missing = (np.round(table.sum(axis=1)) - whole.sum(axis=1)).astype(np.int64)
    remainder = table - whole
    up, down = np.flatnonzero(missing > 0), np.flatnonzero(missing < 0)
    if len(up):
        whole[up] += largest(remainder[up, ::-1], missing[up])[:, ::-1]
    if len(down):
        whole[down] -= largest(-remainder[down], -missing[down])
    return whole


def calibrated_joint(predictions: Predictions) -> NDArray[np.int64]:
    """The confident joint, calibrated and rounded (K, K) [given, true]."""
    guess = confident_guesses(predictions, class_thresholds(predictions))
    return round_rows(calibrate(count_confident(predictions, guess), predictions.counts))
