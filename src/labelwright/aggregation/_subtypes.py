"""The E-step and the sums where every class has several subtypes.

A state is a class and a subtype, class by class: state ``k * M + m`` is subtype m of class k.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._kernels import BLOCK_BYTES, OneHotVotes, _Block
from labelwright.core.votes import Votes

__all__ = ["SubtypeVotes"]

Floats = NDArray[np.float64]


class SubtypeVotes(OneHotVotes):
    """Votes as blocks of a sparse matrix, for models with ``n_subtypes`` states a class.

    Gold clamps the class of an item; its subtype stays open.
    """

    def __init__(
        self, votes: Votes, gold: NDArray[np.int32] | None = None, n_subtypes: int = 1
    ) -> None:
        self.n_subtypes = n_subtypes
        super().__init__(votes, gold)

    @property
    def n_states(self) -> int:
        """Classes times subtypes."""
        return self.n_classes * self.n_subtypes

    def expect_logs(
        self, log_confusion: Floats, log_states: Floats, keep: Floats | None = None
    ) -> tuple[float, Floats, Floats]:
        """E-step at given logs, which need not be those of numbers that sum to one.

        Parameters
        ----------
        log_confusion : (n_annotators, S, K)
            [annotator, state, given].
        log_states : (S,)
        keep : (n_items, K), optional
            Where to write the beliefs in classes about items that have votes.

        Returns
        -------
        log_likelihood : float
        counts : (n_annotators, S, K)
            Expected numbers of votes.
        items : (S,)
            Expected numbers of items.
        """
        logs = log_confusion.transpose(0, 2, 1).reshape(-1, self.n_states)
        counts, items = np.zeros_like(logs), np.zeros(self.n_states)
        log_likelihood = 0.0
        for block in self.blocks:
            belief, gain = self._beliefs(block, logs, log_states)
            counts += block.transposed @ belief.T
            items += belief.sum(axis=1)
            log_likelihood += gain
            if keep is not None:
                keep[block.items] = self._by_class(belief).sum(axis=1).T
        return log_likelihood, self._by_annotator(counts), items

    def counts_of_states(self, beliefs: Floats, splits: Floats) -> tuple[Floats, Floats]:
        """Expected votes (n_annotators, S, K) and items (S,) under given beliefs.

        Parameters
        ----------
        beliefs : (n_items, K)
            In classes.
        splits : (n_items, M)
            How each item, whatever its class, is divided among the subtypes of the class.
        """
        counts = np.zeros((self.totals.size, self.n_states))
        items = np.zeros(self.n_states)
        for block in self.blocks:
            states = beliefs[block.items, :, None] * splits[block.items, None, :]
            states = states.reshape(-1, self.n_states)
            counts += block.transposed @ states
            items += np.einsum("ij->j", states)
        return self._by_annotator(counts), items

    def _beliefs(self, block: _Block, logs: Floats, log_states: Floats) -> tuple[Floats, float]:
        """Belief (S, n) in states, and the sum of the log-likelihoods."""
        scores = np.ascontiguousarray((block.one_hot @ logs).T)
        scores += log_states[:, None]
        if block.known is not None:
            items = np.flatnonzero(block.known >= 0)
            wrong = block.known[items] != np.arange(self.n_classes)[:, None]
            scores[:, items] = np.where(
                wrong.repeat(self.n_subtypes, axis=0), -np.inf, scores[:, items]
            )
        highest = scores.max(axis=0)
        scores -= highest
        belief = np.exp(scores, out=scores)
        total = belief.sum(axis=0)
        belief *= 1 / total
        return belief, float((highest + np.log(total)).sum())

    def _by_class(self, states: Floats) -> Floats:
        """States (S, n) as (K, M, n)."""
        return states.reshape(self.n_classes, self.n_subtypes, -1)

    def _by_annotator(self, counts: Floats) -> Floats:
        """Counts (n_annotators * K, S) as (n_annotators, S, K)."""
        return counts.reshape(self.n_annotators, self.n_classes, -1).transpose(0, 2, 1)

    def _cuts(self) -> list[NDArray[np.int64]]:
        # As without subtypes, but the rows of beliefs and of counts are longer.
        beliefs = max(BLOCK_BYTES // 8, 4 * self.totals.size * self.n_states)
        n_rows = max(beliefs // self.n_states, 1)
        return [self.voted[first : first + n_rows] for first in range(0, self.voted.size, n_rows)]
