"""The hot loop of all confusion models: one E-step and the sums of the M-step.

With X the votes one-hot over (annotator, given label) and L the log confusions with a column a
true class, ``X @ L`` is the log-likelihood of each item's votes under each class, and ``X.T @ Z``
the expected confusion counts. Only differences to the first class matter, so both products carry
K - 1 columns, and what belongs to the first class follows from the totals.

Within a block, beliefs have a row a class: numpy is slow at sums along so short an axis as that
of the classes, and sums as products with ones would wake the threads of BLAS, which takes longer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from labelwright.core.votes import Votes

__all__ = ["OneHotVotes"]

# The beliefs of a block are read and written several times; they should stay in the cache.
BLOCK_BYTES = 1 << 20
SAFE_EXPONENT = 500.0


class _Block(NamedTuple):
    """Votes on some items: which, one-hot with a row an item, transposed, and gold if there is."""

    items: NDArray[np.int64]
    one_hot: csr_array
    transposed: csc_array
    known: NDArray[np.int32] | None


class OneHotVotes:
    """Votes on items that have some, as blocks of a sparse matrix: 4 bytes a vote, 12 with weights.

    Parameters
    ----------
    votes : Votes
        On classes.
    gold : (n_items,) class codes, optional
        Items with a code of 0 or more are clamped to it.
    """

    def __init__(self, votes: Votes, gold: NDArray[np.int32] | None = None) -> None:
        self.n_annotators, self.n_classes = votes.n_annotators, votes.classes.n_classes
        self.n_answers = len(votes.answers) if votes.has_open_answers else self.n_classes
        per_item = np.diff(votes.indptr)
        self.voted = np.flatnonzero(per_item)
        self.n_items = votes.n_items
        weight = votes.weight
        columns = votes.annotator.astype(np.int32) * self.n_answers + votes.label
        self.totals = np.bincount(columns, weight, minlength=self.n_annotators * self.n_answers)
        self.total_weight = float(self.totals.sum())
        # Without weights all blocks share the same ones.
        cuts = self._cuts()
        longest = max((votes.indptr[r[-1] + 1] - votes.indptr[r[0]] for r in cuts), default=0)
        self.ones = np.ones(longest)
        self.blocks = [self._block(votes.indptr, columns, weight, gold, rows) for rows in cuts]

    def _cuts(self) -> list[NDArray[np.int64]]:
        # A block also costs passes over the counts, so it holds several times as many beliefs.
        beliefs = max(BLOCK_BYTES // 8, 4 * self.n_annotators * self.n_answers * self.n_classes)
        n_rows = max(beliefs // self.n_classes, 1)
        return [self.voted[first : first + n_rows] for first in range(0, self.voted.size, n_rows)]

    def _block(
        self,
        indptr: NDArray[np.int64],
        columns: NDArray[np.int32],
        weight: NDArray[np.float64] | None,
        gold: NDArray[np.int32] | None,
        rows: NDArray[np.int64],
    ) -> _Block:
        first, last = indptr[rows[0]], indptr[rows[-1] + 1]
        data = self.ones[: last - first] if weight is None else weight[first:last].astype(float)
        offsets = np.append(indptr[rows], last) - first
        shape = (rows.size, self.n_annotators * self.n_answers)
        one_hot = csr_array((data, columns[first:last], offsets.astype(np.int32)), shape=shape)
        known = None if gold is None else gold[rows]
        known = known if known is not None and (known >= 0).any() else None
        return _Block(rows, one_hot, one_hot.T, known)

    def expect(
        self,
        confusion: NDArray[np.float64],
        prior: NDArray[np.float64],
        keep: NDArray[np.float64] | None = None,
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """E-step at given parameters.

        Parameters
        ----------
        confusion : (n_annotators, K, n_answers)
            Probabilities [annotator, true, given], all above zero. There are as many answers as
            classes, unless some votes leave several classes open.
        prior : (K,)
        keep : (n_items, K), optional
            Where to write the beliefs about items that have votes. They are not kept otherwise.

        Returns
        -------
        log_likelihood : float
        counts : (n_annotators, K, n_answers)
            Expected numbers of votes [annotator, true, given].
        classes : (K,)
            Expected numbers of items.
        """
        first, odds = self._log_odds(confusion)
        log_prior = np.log(prior)
        others = np.zeros_like(odds)
        per_class = np.zeros(self.n_classes - 1)
        log_likelihood = float((self.totals * first).sum()) + self.voted.size * float(log_prior[0])
        for block in self.blocks:
            belief, gain = _expect(block, odds, log_prior)
            others += block.transposed @ belief.T
            per_class += belief.sum(axis=1)
            log_likelihood += gain
            if keep is not None:
                keep[block.items, 1:] = belief.T
                keep[block.items, 0] = (1 - belief.sum(axis=0)).clip(min=0)
        return log_likelihood, *self._with_first_class(others, per_class)

    def counts(self, beliefs: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
        """Expected votes (n_annotators, K, n_answers) and items (K,) under beliefs (n_items, K)."""
        others = np.zeros((self.totals.size, self.n_classes - 1))
        per_class = np.zeros(self.n_classes - 1)
        for block in self.blocks:
            belief = beliefs[block.items, 1:]
            others += block.transposed @ belief
            per_class += np.einsum("ij->j", belief)
        return self._with_first_class(others, per_class)

    def _with_first_class(self, others: NDArray, per_class: NDArray) -> tuple[NDArray, NDArray]:
        """Add what belongs to the first class, which is what the totals leave."""
        counts = np.column_stack([self.totals - others.sum(axis=1), others]).clip(min=0)
        classes = np.append(self.voted.size - per_class.sum(), per_class).clip(min=0)
        shape = (self.n_annotators, self.n_answers, self.n_classes)
        return counts.reshape(shape).transpose(0, 2, 1), classes

    def posterior(
        self, confusion: NDArray[np.float64], prior: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Belief (n_items, K); an item without a vote has the prior."""
        beliefs = np.tile(prior, (self.n_items, 1))
        self.expect(confusion, prior, keep=beliefs)
        return beliefs

    def _log_odds(self, confusion: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
        """Log-likelihood of each (annotator, given) under the first class, and odds of the rest."""
        logs = np.log(confusion.transpose(0, 2, 1).reshape(-1, self.n_classes))
        return logs[:, 0], logs[:, 1:] - logs[:, :1]


def _expect(
    block: _Block, log_odds: NDArray[np.float64], log_prior: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Belief (K - 1, n) in all classes but the first; sum of log p(votes) - log p(votes, first)."""
    odds = np.ascontiguousarray((block.one_hot @ log_odds).T)
    odds += (log_prior[1:] - log_prior[0])[:, None]
    clamped = None if block.known is None else _clamped(odds, block.known)
    highest = _overflowing(odds)
    if highest is not None:
        odds -= highest
    belief = np.exp(odds, out=odds)
    total = belief.sum(axis=0)
    total += 1.0 if highest is None else np.exp(-highest)
    belief *= 1 / total
    log_items = np.log(total)
    if highest is not None:
        log_items += highest
    if clamped is not None:
        items, belief[:, items], log_items[items] = clamped
    return belief, float(log_items.sum())


def _overflowing(odds: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The highest odds of each item, if some are too high to take an exponential of."""
    if odds.max(initial=0.0) < SAFE_EXPONENT:
        return None
    return odds.max(axis=0, initial=0.0)


def _clamped(odds: NDArray[np.float64], known: NDArray[np.int32]) -> tuple[NDArray, ...]:
    """Items with gold, their certain beliefs, and the log-likelihood of the gold class."""
    items = np.flatnonzero(known >= 0)
    certain = np.eye(len(odds) + 1)[1:, known[items]]
    return items, certain, (odds[:, items] * certain).sum(axis=0)
