"""Beliefs in proportion to the exponentials of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["softmax"]


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beliefs (n_items, K) in proportion to the exponentials of scores, written over them."""
    # Along so short an axis as that of the classes, reductions of numpy are slow.
    highest = scores[:, 0].copy()
    for column in scores.T[1:]:
        np.maximum(highest, column, out=highest)
    scores -= highest[:, None]
    np.exp(scores, out=scores)
    scores /= np.einsum("ij->i", scores)[:, None]
    return scores
