"""Sums over votes, class by class, of any value a vote; and beliefs in proportion to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelwright.core.votes import Votes

__all__ = ["class_sums", "softmax"]


def class_sums(votes: Votes, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums (n_items, K) of the values (n_votes,) of the votes for each class.

    They count by the weights of the votes, may be negative, and are shared out evenly among the
    classes that a vote leaves open.
    """
    space, weight = votes.classes, votes.weight
    k = len(space.answers)
    sums = np.empty((votes.n_items, k))
    for items, part in votes.blocks():
        cells = (votes.item[part] - items.start) * np.int64(k)
        cells += votes.label[part]
        weighted = values[part] if weight is None else values[part] * weight[part]
        n_items = items.stop - items.start
        sums[items] = np.bincount(cells, weighted, minlength=n_items * k).reshape(-1, k)
    if not votes.has_open_answers:
        return sums[:, : space.n_classes]
    return sums @ (space.candidates / space.candidates.sum(axis=1, keepdims=True))


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
