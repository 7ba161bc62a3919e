"""Beliefs that need no model: gold, the shares of the votes, and the classes that are best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelwright.core.votes import Votes

__all__ = ["best_classes", "put_gold", "vote_shares"]

# Scores that differ by less than this share of the highest are equal.
TIE = 1e-9


def put_gold(beliefs: NDArray[np.float64], gold: NDArray[np.int32]) -> NDArray[np.float64]:
    """Write certainty over the beliefs (n_items, K) about items with a gold code, in place."""
    known = gold >= 0
    beliefs[known] = np.eye(beliefs.shape[1])[gold[known]]
    return beliefs


def best_classes(scores: NDArray[np.float64], gold: NDArray[np.int32]) -> NDArray[np.float64]:
    """The classes (n_items, K) that score best; one share each of those that tie; or the gold.

    A tie is shared: broken by a rule, it would make what follows depend on the order of classes.
    """
    highest = scores.max(axis=1, keepdims=True)
    best = (scores >= highest * (1 - TIE)).astype(float)
    best /= np.einsum("ij->i", best)[:, None]
    return put_gold(best, gold)


def vote_shares(votes: Votes, gold: NDArray[np.int32]) -> NDArray[np.float64]:
    """Shares (n_items, K) of the weighted votes; a row of zeros for an item without any.

    Parameters
    ----------
    votes : Votes
        On classes.
    gold : (n_items,) class codes
        An item with a code of 0 or more has all its belief there.
    """
    shares = votes.counts()
    shares /= np.einsum("ij->i", shares).clip(min=np.finfo(float).tiny)[:, None]
    return put_gold(shares, gold)
