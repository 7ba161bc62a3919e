"""Which rows each rule of confident learning marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.audit._blocks import blocks, rows_per_block
from labelwright.audit._counting import (
    calibrated_joint,
    class_thresholds,
    confident_guesses,
    round_rows,
)
from labelwright.audit._largest import largest
from labelwright.audit._predictions import Predictions
from labelwright.audit._scores import quality

GATHER_BYTES = 8 << 20

Mask = NDArray[np.bool_]


class Quota:
    """How many rows to mark, from a calibrated joint.

    Every class keeps ``min_per_class`` rows: what its diagonal lacks is taken in equal parts from
    the other counts of its row. ``noise_fraction`` scales the counts; ``remove_per_class`` (K,),
    where given, says instead how many rows of each class are to be marked.
    """

    def __init__(
        self,
        joint: NDArray[np.int64],
        noise_fraction: float = 1.0,
        min_per_class: int = 1,
        remove_per_class: NDArray[np.int64] | None = None,
    ) -> None:
        diagonal = np.diagonal(joint)
        kept = np.maximum(diagonal, min_per_class)
        n_nonzero = np.maximum(np.count_nonzero(joint, axis=1) - 1.0, 1.0)
        errors = np.maximum(joint - ((kept - diagonal) / n_nonzero)[:, None], 0)
        np.fill_diagonal(errors, 0)
        spared = errors - errors * noise_fraction
        # A class of one row stays whole, whatever the minimum.
        self.min_per_class = max(min_per_class, 1)
        self._kept = (kept + spared.sum(axis=1)).astype(np.int64)
        self._errors = errors * noise_fraction
        self._remove = remove_per_class

    def per_class(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows to mark of each given class (K,), whatever the other class."""
        return counts - self._kept if self._remove is None else self._remove

    def per_pair(self) -> NDArray[np.int64]:
        """Rows to mark of each pair of classes (K, K) [given, other]; zero on the diagonal."""
        if self._remove is None:
            return self._errors.astype(np.int64)
        totals = self._errors.sum(axis=1)
        scale = np.divide(self._remove, totals, out=np.zeros(len(totals)), where=totals > 0)
        return round_rows(self._errors * scale[:, None])


def by_class(predictions: Predictions, quota: Quota) -> Mask:
    """Per given class, the rows of lowest self-confidence."""
    marked = np.zeros(len(predictions.codes), dtype=bool)
    wanted = quota.per_class(predictions.counts)
    for code, rows in enumerate(predictions.by_class):
        if len(rows) > quota.min_per_class and wanted[code] > 0:
            marked[rows] = largest(-predictions.given[None, rows], wanted[code : code + 1])[0]
    return marked


def by_noise_rate(predictions: Predictions, quota: Quota) -> Mask:
    """Per given class and other class, the rows where the other leads most; their union."""
    marked = np.zeros(len(predictions.codes), dtype=bool)
    wanted = quota.per_pair()
    for code, rows in enumerate(predictions.by_class):
        others = np.flatnonzero(wanted[code])
        if len(rows) <= quota.min_per_class or not len(others):
            continue
        step = rows_per_block(len(rows), block_bytes=GATHER_BYTES)
        for start in range(0, len(others), step):
            some = others[start : start + step]
            leads = _leads(predictions, rows, some)
            marked[rows] |= largest(leads, wanted[code, some]).any(axis=0)
    return marked


def _leads(
    predictions: Predictions, rows: NDArray[np.intp], others: NDArray[np.intp]
) -> NDArray[Any]:
    """By how much each other class leads the given one (n_others, n_rows)."""
    probabilities, given = predictions.probabilities, predictions.given[rows]
    if len(others) < probabilities.shape[1] // 8:
        return probabilities[rows[None, :], others[:, None]] - given
    leads = np.empty((len(others), len(rows)), given.dtype)
    for part, block in blocks(probabilities, rows):
        for place, other in enumerate(others):
            np.subtract(block[:, other], given[part], out=leads[place, part])
    return leads


def by_both(predictions: Predictions, quota: Quota) -> Mask:
    """What both rules mark."""
    return by_class(predictions, quota) & by_noise_rate(predictions, quota)


def off_diagonal(predictions: Predictions) -> Mask:
    """Rows that are confidently in another class than the given one."""
    guess = confident_guesses(predictions, class_thresholds(predictions))
    return (guess >= 0) & (guess != predictions.codes) & predictions.doubtful


def lowest(predictions: Predictions, method: str) -> Mask:
    """The lowest scored rows, as many as are off the diagonal."""
    wanted = int(off_diagonal(predictions).sum())
    if wanted == 0:
        return np.zeros(len(predictions.codes), dtype=bool)
    return largest(-quality(predictions, method)[None], np.array([wanted]))[0]


QUOTA_RULES: dict[str, Callable[[Predictions, Quota], Mask]] = {
    "prune_by_noise_rate": by_noise_rate,
    "prune_by_class": by_class,
    "both": by_both,
}
PLAIN_RULES: dict[str, Callable[[Predictions], Mask]] = {
    "confident_learning": off_diagonal,
    "predicted_neq_given": lambda predictions: predictions.doubtful,
    "low_self_confidence": lambda predictions: lowest(predictions, "self_confidence"),
    "low_normalized_margin": lambda predictions: lowest(predictions, "normalized_margin"),
}


def mark(predictions: Predictions, rule: str, **quota: Any) -> Mask:
    """The rows (n,) that a rule marks; ``quota`` is what ``Quota`` takes beside the joint."""
    if rule in PLAIN_RULES:
        return PLAIN_RULES[rule](predictions)
    asked = Quota(calibrated_joint(predictions), **quota)
    return QUOTA_RULES[rule](predictions, asked) & predictions.doubtful
