"""Truth discovery: weighted majorities, and weights that fall with the errors against them.

Both methods of this kind take the slope of a concave cost of the annotators' losses for the
weights. The weighted majority lowers the straight line that touches the cost there, which lies
above it, so the cost itself never rises.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._starts import best_classes
from labelwright.core.errors import ConvergenceWarning
from labelwright.core.params import Accepts, Int, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["TruthDiscovery"]

Vector = NDArray[np.float64]


class TruthDiscovery(ClassAggregator):
    """Base: a method states the cost of losses and its slope (``_weigh``)."""

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "smoothing": Real(0, open_low=True),
        "max_iter": Int(1),
        "ties": OneOf(*TIE_RULES),
    }

    smoothing: float
    max_iter: int

    @abstractmethod
    def _weigh(self, losses: Vector, n_votes: Vector) -> tuple[Vector, float]:
        """Weights (n,), none below 0, from smoothed losses and (weighted) votes; and the cost."""

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        weight = np.ones(len(votes)) if votes.weight is None else votes.weight
        n_votes = _by_annotator(votes, weight)
        voted = n_votes > 0
        self.weight_ = np.ones(votes.n_annotators)
        for _ in range(self.max_iter):
            best = best_classes(_sums(votes, self.weight_), gold)
            wrong = weight * (1 - best[votes.item, votes.label])
            losses = _by_annotator(votes, wrong) + self.smoothing / 2
            found, cost = self._weigh(losses[voted], n_votes[voted])
            before, self.weight_ = self.weight_, np.full(voted.size, found.mean())
            self.weight_[voted] = found
            self.history_.append(-cost)
            if np.array_equal(before, self.weight_):
                break
        else:
            self._warn_unsettled()
        sums = _sums(votes, self.weight_)
        self.class_prior_ = np.einsum("ij->j", sums) / sums.sum()
        self.posterior_ = self._shares(sums)

    def _warn_unsettled(self) -> None:
        self.converged_ = False
        warnings.warn(
            f"{type(self).__name__} stopped after {self.max_iter} iterations before the weights "
            "had settled. Raise max_iter.",
            ConvergenceWarning,
            stacklevel=4,
        )

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        # The place -1 of an annotator never seen finds the mean at the end.
        weight = np.append(self.weight_, self.weight_.mean())[self._learnt_places(votes)]
        return self._shares(_sums(votes, weight))

    def _shares(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows divided by their totals; a row without votes is the class prior."""
        total = np.einsum("ij->i", sums)
        shares = sums / np.where(total > 0, total, 1)[:, None]
        shares[total == 0] = self.class_prior_
        return shares


def _by_annotator(votes: Votes, values: Vector) -> Vector:
    """Sums (n_annotators,) of values (n_votes,)."""
    return np.bincount(votes.annotator, values, minlength=votes.n_annotators).astype(float)


def _sums(votes: Votes, weight: Vector) -> NDArray[np.float64]:
    """Votes (n_items, K), weighed by annotator; unweighed where those on an item weigh nothing."""
    sums = votes.counts(weight[votes.annotator])
    silent = np.einsum("ij->i", sums) == 0
    if silent.any():
        sums[silent] = votes.counts()[silent]
    return sums
