"""The three label quality scores, block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from labelwright.audit._blocks import blocks
from labelwright.audit._counting import class_thresholds
from labelwright.audit._predictions import Predictions

TINY = 1e-6

Block = NDArray[Any]
Codes = NDArray[np.int64]


def self_confidence(block: Block, codes: Codes) -> NDArray[np.float64]:
    """The probability of the given label."""
    return block[np.arange(len(codes)), codes].astype(np.float64)


def normalized_margin(block: Block, codes: Codes) -> NDArray[np.float64]:
    """By how much the given label leads the best other class, scaled to [0, 1]."""
    others = block.copy()
    others[np.arange(len(codes)), codes] = 0
    return (self_confidence(block, codes) - others.max(axis=1) + 1) / 2


def confidence_weighted_entropy(block: Block, codes: Codes) -> NDArray[np.float64]:
    """ln(1 + r) / r with r the normalised entropy over the self-confidence."""
    if block.shape[1] == 1:
        return np.ones(len(codes))
    block = block.astype(np.float64, copy=False)
    given = self_confidence(block, codes)
    entropy = np.maximum(-xlogy(block, block).sum(axis=1), 0) / np.log(block.shape[1])
    ratio = entropy / np.maximum(given, TINY)
    score = np.log(ratio + 1) / np.maximum(ratio, TINY)
    # The quotient runs to 0 below TINY, also for a label that is surely right, whose limit is 1.
    score[(ratio < TINY) & (given > 0.5)] = 1.0
    return score


SCORES: dict[str, Callable[[Block, Codes], NDArray[np.float64]]] = {
    "self_confidence": self_confidence,
    "normalized_margin": normalized_margin,
    "confidence_weighted_entropy": confidence_weighted_entropy,
}


def quality(
    predictions: Predictions,
    method: str,
    *,
    adjust: bool = False,
    rows: NDArray[np.intp] | None = None,
) -> NDArray[np.float64]:
    """Scores of all rows, or of those asked for; ``adjust`` evens out rare classes."""
    given = predictions.given if rows is None else predictions.given[rows]
    if method == "self_confidence" and not adjust:
        return np.minimum(given.astype(np.float64), 1)
    codes = predictions.codes if rows is None else predictions.codes[rows]
    thresholds = class_thresholds(predictions) if adjust else None
    scores = np.empty(len(codes))
    for part, block in blocks(predictions.probabilities, rows):
        if thresholds is not None:
            block = block - thresholds + thresholds.max()
            block /= block.sum(axis=1, keepdims=True)
        scores[part] = np.minimum(SCORES[method](block, codes[part]), 1)
    return scores
