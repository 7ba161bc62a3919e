"""The hot loop of all confusion models: one E-step and the sums of the M-step.

With X the votes one-hot over (annotator, given label) and L the log confusions with a column a
true class, ``X @ L`` is the log-likelihood of each item's votes under each class, and ``X.T @ Z``
the expected confusion counts. Only differences to the first class matter, so both products carry
K - 1 columns, and what belongs to the first class follows from the totals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from labelwright.core.votes import Votes

__all__ = ["OneHotVotes"]

# The beliefs of a block are read and written several times; they should stay in the cache.
BLOCK_BYTES = 1 << 20
SAFE_EXPONENT = 500.0


class OneHotVotes:
    """Votes on items that have some, as blocks of a sparse matrix: 12 bytes a vote.

    Parameters
    ----------
    votes : Votes
        On classes.
    gold : (n_items,) class codes, optional
        Items with a code of 0 or more are clamped to it.
    """

    def __init__(self, votes: Votes, gold: NDArray[np.int32] | None = None) -> None:
        self.n_annotators, self.n_classes = votes.n_annotators, votes.classes.n_classes
        per_item = np.diff(votes.indptr)
        self.voted = np.flatnonzero(per_item)
        self.n_items = votes.n_items
        weight = votes.weight
        columns = votes.annotator.astype(np.int32) * self.n_classes + votes.label
        self.totals = np.bincount(columns, weight, minlength=self.n_annotators * self.n_classes)
        self.total_weight = float(self.totals.sum())
        self.blocks = [
            self._block(votes.indptr, columns, weight, gold, rows) for rows in self._cuts()
        ]

    def _cuts(self) -> list[NDArray[np.int64]]:
        # A block also costs a pass over the counts, so it should hold at least as many beliefs.
        beliefs = max(BLOCK_BYTES // 8, self.n_annotators * self.n_classes**2)
        n_rows = max(beliefs // self.n_classes, 1)
        return [self.voted[first : first + n_rows] for first in range(0, self.voted.size, n_rows)]

    def _block(
        self,
        indptr: NDArray[np.int64],
        columns: NDArray[np.int32],
        weight: NDArray[np.float64] | None,
        gold: NDArray[np.int32] | None,
        rows: NDArray[np.int64],
    ) -> tuple[csr_array, NDArray[np.int32] | None]:
        first, last = indptr[rows[0]], indptr[rows[-1] + 1]
        data = np.ones(last - first) if weight is None else weight[first:last].astype(np.float64)
        offsets = np.append(indptr[rows], last) - first
        shape = (rows.size, self.n_annotators * self.n_classes)
        one_hot = csr_array((data, columns[first:last], offsets.astype(np.int32)), shape=shape)
        known = None if gold is None else gold[rows]
        return one_hot, known if known is not None and (known >= 0).any() else None

    def expect(
        self, confusion: NDArray[np.float64], prior: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """E-step at given parameters, without keeping the beliefs.

        Parameters
        ----------
        confusion : (n_annotators, K, K)
            Probabilities [annotator, true, given], all above zero.
        prior : (K,)

        Returns
        -------
        log_likelihood : float
        counts : (n_annotators, K, K)
            Expected numbers of votes [annotator, true, given].
        classes : (K,)
            Expected numbers of items.
        """
        first, odds = self._log_odds(confusion)
        log_prior = np.log(prior)
        others = np.zeros_like(odds)
        per_class = np.zeros(self.n_classes - 1)
        log_likelihood = float(self.totals @ first) + self.voted.size * float(log_prior[0])
        for one_hot, known in self.blocks:
            belief, gain = _expect(one_hot, odds, log_prior, known)
            others += one_hot.T @ belief
            per_class += np.ones(belief.shape[0]) @ belief
            log_likelihood += gain
        return log_likelihood, *self._with_first_class(others, per_class)

    def counts(self, beliefs: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
        """Expected votes (n_annotators, K, K) and items (K,) under beliefs (n_items, K)."""
        known = beliefs[self.voted, 1:]
        others = np.zeros((self.totals.size, self.n_classes - 1))
        done = 0
        for one_hot, _ in self.blocks:
            others += one_hot.T @ known[done : done + one_hot.shape[0]]
            done += one_hot.shape[0]
        return self._with_first_class(others, np.ones(known.shape[0]) @ known)

    def _with_first_class(self, others: NDArray, per_class: NDArray) -> tuple[NDArray, NDArray]:
        """Add what belongs to the first class, which is what the totals leave."""
        counts = np.column_stack([self.totals - others.sum(axis=1), others]).clip(min=0)
        classes = np.append(self.voted.size - per_class.sum(), per_class).clip(min=0)
        shape = (self.n_annotators, self.n_classes, self.n_classes)
        return counts.reshape(shape).transpose(0, 2, 1), classes

    def posterior(
        self, confusion: NDArray[np.float64], prior: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Belief (n_items, K); an item without a vote has the prior."""
        _, odds = self._log_odds(confusion)
        log_prior = np.log(prior)
        beliefs = np.tile(prior, (self.n_items, 1))
        done = 0
        for one_hot, known in self.blocks:
            belief, _ = _expect(one_hot, odds, log_prior, known)
            rows = self.voted[done : done + belief.shape[0]]
            beliefs[rows, 1:] = belief
            beliefs[rows, 0] = (1 - belief @ np.ones(belief.shape[1])).clip(min=0)
            done += rows.size
        return beliefs

    def _log_odds(self, confusion: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
        """Log-likelihood of each (annotator, given) under the first class, and odds of the rest."""
        logs = np.log(confusion.transpose(0, 2, 1).reshape(-1, self.n_classes))
        return logs[:, 0], logs[:, 1:] - logs[:, :1]


def _expect(
    one_hot: csr_array,
    log_odds: NDArray[np.float64],
    log_prior: NDArray[np.float64],
    known: NDArray[np.int32] | None,
) -> tuple[NDArray[np.float64], float]:
    """Belief (n, K - 1) in all classes but the first; sum of log p(votes) - log p(votes, first)."""
    odds = one_hot @ log_odds
    odds += log_prior[1:] - log_prior[0]
    clamped = None if known is None else _clamped(odds, known)
    highest = _overflowing(odds)
    if highest is not None:
        odds -= highest[:, None]
    belief = np.exp(odds, out=odds)
    # Sums over few columns are several times faster as a product than as a reduction.
    total = belief @ np.ones(belief.shape[1])
    total += 1.0 if highest is None else np.exp(-highest)
    belief *= (1 / total)[:, None]
    log_rows = np.log(total)
    if highest is not None:
        log_rows += highest
    if clamped is not None:
        rows, belief[rows], log_rows[rows] = clamped
    return belief, float(log_rows.sum())


def _overflowing(odds: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The highest odds of each row, if some are too high to take an exponential of."""
    if odds.max(initial=0.0) < SAFE_EXPONENT:
        return None
    return odds.max(axis=1, initial=0.0)


def _clamped(odds: NDArray[np.float64], known: NDArray[np.int32]) -> tuple[NDArray, ...]:
    """Rows with gold, their certain beliefs, and the log-likelihood of the gold class."""
    rows = np.flatnonzero(known >= 0)
    certain = np.eye(odds.shape[1] + 1)[known[rows], 1:]
    return rows, certain, (odds[rows] * certain).sum(axis=1)
