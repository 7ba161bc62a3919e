"""Majority vote: the class with most votes, ties shown as ties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.core.params import Accepts, OneOf
from labelwright.core.votes import Votes

__all__ = ["MajorityVote"]


class MajorityVote(ClassAggregator):
    """The class with most votes.

    Parameters
    ----------
    ties : {"lowest", "random", "abstain"}
        Which of several best classes is taken: the first in the order of the classes, one at
        random, or none. ``ties_`` marks such items under every rule.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
        Shares of the (weighted) votes.

    Notes
    -----
    Whatever is known about annotators goes unused. Where annotators differ in skill or bias, and
    each cast more than a few votes, :class:`DawidSkene` is usually better.

    Examples
    --------
    >>> from labelwright import Votes
    >>> votes = Votes.from_wide({"ann": ["a", "b"], "bo": ["a", "a"]}, votes=["ann", "bo"])
    >>> model = MajorityVote().fit(votes)
    >>> model.labels_, model.confidence_, model.ties_
    (['a', 'a'], array([1. , 0.5]), array([False,  True]))
    """

    takes_open_answers = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {"ties": OneOf(*TIE_RULES)}

    def __init__(self, *, ties: str = "lowest", random_state: Any = 0) -> None:
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:  # noqa: ARG002
        counts = votes.counts()
        self.class_prior_ = np.einsum("ij->j", counts) / counts.sum()
        self.posterior_ = _shares(counts, self.class_prior_)

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        return _shares(votes.counts(), self.class_prior_)


def _shares(counts: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide rows by their totals, in place; a row without votes becomes the prior."""
    # As a reduction along so short an axis, this sum would take most of the time of the method.
    totals = np.einsum("ij->i", counts)
    counts /= np.where(totals > 0, totals, 1)[:, None]
    counts[totals == 0] = prior
    return counts
