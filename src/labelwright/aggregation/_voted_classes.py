"""The E-step of models in which a vote speaks for the class that it gives, and for no other.

There, the log-likelihood of an item's votes is the same under all classes that nobody voted for,
and what a class that got votes is ahead of those is a sum over them. So a pass costs one number a
vote and one exponential a pair of item and voted class, however many classes there are; a model
with full confusion matrices (``_kernels``) pays for every class. Classes are equally likely
beforehand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelwright.core.votes import BLOCK_ITEMS, Votes

__all__ = ["Beliefs", "VotedClasses"]

SAFE_EXPONENT = 500.0


class Beliefs(NamedTuple):
    """Beliefs about the items of a block.

    Attributes
    ----------
    vote : (n_votes,) float64
        In the class that a vote gives.
    log_evidence : float
        Sum over items of the log of the mean over classes of exp(what the class is ahead).
    """

    vote: NDArray[np.float64]
    log_evidence: float


class _Block:
    """Some items with their votes, and the pairs of item and class that got votes.

    Attributes
    ----------
    items, votes : slice
    n_items : int
    votes_per_item : (n_items,) int64
    """

    def __init__(
        self,
        votes: Votes,
        weight: NDArray[np.float64] | None,
        gold: NDArray[np.int32] | None,
        items: slice,
        of_items: slice,
    ) -> None:
        self.items, self.votes = items, of_items
        self.n_items, k = items.stop - items.start, votes.classes.n_classes
        self.votes_per_item = np.diff(votes.indptr[items.start : items.stop + 1])
        self._weight = None if weight is None else weight[of_items]
        cells = (votes.item[of_items] - items.start) * np.int64(k) + votes.label[of_items]
        # The pair that a vote is for, and the item and class of a pair.
        pairs, self._pair = np.unique(cells, return_inverse=True)
        self._item, self._label = np.divmod(pairs, k)
        self._n_classes = k
        self._unvoted = k - np.bincount(self._item, minlength=self.n_items).astype(float)
        known = None if gold is None else gold[items]
        self._known = known if known is not None and (known >= 0).any() else None

    def believe(
        self, ahead: NDArray[np.float64], keep: NDArray[np.float64] | None = None
    ) -> Beliefs:
        """Beliefs, given how far each vote (n_votes,) puts its class ahead, in log-likelihood.

        Those in all classes are written into ``keep`` (all items, K), if it is given. The base of
        the aggregators sets the rows of items with gold.
        """
        scores = _sums(self._pair, ahead, self._item.size)
        highest = self._extreme(scores)
        if highest is None:
            weights, rest = np.exp(scores), np.ones(self.n_items)
        else:
            weights = np.exp(scores - highest[self._item])
            # Where every class has votes there is no rest, and the highest may be far below 0.
            rest = np.exp(-highest.clip(min=0.0))
        total = _sums(self._item, weights, self.n_items) + self._unvoted * rest
        log_items = np.log(total / self._n_classes)
        if highest is not None:
            log_items += highest
        weights /= total[self._item]
        rest /= total
        if self._known is not None:
            self._clamp(self._known, scores, weights, log_items)
        if keep is not None:
            rows = keep[self.items]
            rows[:] = rest[:, None]
            rows[self._item, self._label] = weights
        return Beliefs(weights[self._pair], float(log_items.sum()))

    def weighted(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (n_votes,) times the weights of the votes, in place."""
        if self._weight is not None:
            values *= self._weight
        return values

    def sum_by_item(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums (n_items,) of values (n_votes,)."""
        return _sums(self._item, _sums(self._pair, values, self._item.size), self.n_items)

    def _extreme(self, scores: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """The highest score of each item, if some scores are too far from 0 for exponentials."""
        if np.abs(scores).max(initial=0.0) < SAFE_EXPONENT:
            return None
        highest = np.where(self._unvoted > 0, 0.0, -np.inf)
        np.maximum.at(highest, self._item, scores)
        return highest

    def _clamp(
        self,
        known: NDArray[np.int32],
        scores: NDArray[np.float64],
        weights: NDArray[np.float64],
        log_items: NDArray[np.float64],
    ) -> None:
        """Write what is certain about items with gold over what the votes say, in place."""
        gold = known[self._item]
        right = self._label == gold
        weights[gold >= 0] = right[gold >= 0]
        certain = np.flatnonzero(known >= 0)
        log_items[certain] = -np.log(self._n_classes)
        log_items[self._item[right]] += scores[right]


class VotedClasses:
    """Votes as blocks of items, at about 16 bytes a vote.

    Parameters
    ----------
    votes : Votes
        On classes.
    gold : (n_items,) class codes, optional
        Items with a code of 0 or more are clamped to it.
    at_least : int
        Items in a block at least, where a pass over a block also costs one over as many numbers.
    """

    def __init__(
        self, votes: Votes, gold: NDArray[np.int32] | None = None, at_least: int = 0
    ) -> None:
        self.n_items, self.n_classes = votes.n_items, votes.classes.n_classes
        weight = votes.weight
        self.total_weight = float(len(votes) if weight is None else weight.sum())
        self.blocks = [
            _Block(votes, weight, gold, items, of_items)
            for items, of_items in votes.blocks(max(BLOCK_ITEMS, at_least))
        ]


def _sums(place: NDArray[np.int64], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.bincount(place, values, minlength=n).astype(np.float64, copy=False)
