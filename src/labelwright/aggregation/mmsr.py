"""MMSR: skills from how pairs of annotators agree, which a few adversaries cannot move far."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._connected import warn_if_apart
from labelwright.aggregation._pair_agreement import pair_agreement
from labelwright.aggregation._rank_one import complete, signs
from labelwright.aggregation._softmax import softmax
from labelwright.core.errors import ConvergenceWarning
from labelwright.core.params import Accepts, Int, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["MMSR"]

# Of an annotator about whom agreement says nothing, as long as it says nothing about anybody.
UNKNOWN_SKILL = 0.5


class MMSR(ClassAggregator):
    """Weighted vote, with skills from robust rank-one completion of the agreement of annotators.

    Parameters
    ----------
    trim : float
        Share, at most one half, of an annotator's co-annotators whose word on that annotator's
        skill is left out at either end: no smaller share of adversaries can move a skill far. The
        paper's F, one number for all, is here ``trim`` times the co-annotators, rounded down.
    max_iter, tol
        Stop when no skill changes by more than ``tol``, or after ``max_iter`` steps.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    skill_ : (n_annotators,) float64
        0 for chance, 1 for always right, below 0 for worse than chance. It is kept away from the
        ends by 1 / sqrt(votes + 1) of its range. Annotators who share no item with anybody, or
        were never seen, have the mean skill.
    accuracy_ : (n_annotators,) float64
        Probability of the true class that goes with the skill.
    posterior_ : (n_items, K) float64
        Bayes' rule with these accuracies, even errors and a uniform prior: the class with the
        highest sum of log(p (K - 1) / (1 - p)) over its voters is the best.
    class_prior_ : (K,) float64
        Uniform.
    history_ : list
        Empty, since no objective is climbed.

    Raises
    ------
    CapabilityError
        For more than 2 ** 26 pairs of annotators who share items.

    Notes
    -----
    Use it where a few annotators may work against the others. It knows one skill an annotator, so
    it is wrong for people who lean towards a class, and pairs of few common items count as much as
    those of many: in a sparse crowd of honest people, :class:`OneCoinDawidSkene` or
    :class:`DawidSkene` is usually better.

    Agreement settles skills up to a common sign in every group of annotators linked by common
    items: the majority, weighed by skill, is taken to be better than chance, unless gold says
    otherwise. Gold counts as one more annotator, who is always right. Weights of votes multiply in
    pairs.

    Time and memory grow with the pairs of annotators who share items, at most the square of the
    annotators or the sum over items of the squared votes: a million pairs (1,000 annotators who all
    meet) take a second and 60 MB, 30 million (10,000 annotators with 2 million items of 5 votes)
    half a minute and 1 GB.

    References
    ----------
    Ma and Olshevsky, 2020, Adversarial Crowdsourcing Through Robust Rank-One Matrix Completion.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 1, 1], "di": [1, 1, 0, 0]}
    >>> model = MMSR().fit(Votes.from_wide(table, votes=list(table)))
    >>> model.labels_, model.skill_.round(2)
    ([0, 0, 1, 1], array([ 0.55,  0.55,  0.5 , -0.55]))
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "trim": Real(0, 0.5),
        "max_iter": Int(1),
        "tol": Real(0),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        trim: float = 0.25,
        max_iter: int = 500,
        tol: float = 1e-6,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.trim = trim
        self.max_iter = max_iter
        self.tol = tol
        self.ties = ties
        self.random_state = random_state

    @property
    def accuracy_(self) -> NDArray[np.float64]:
        """Probability (n_annotators,) that an annotator gives the true class."""
        self._check_fitted()
        return _accuracy(self.skill_, self.class_prior_.size)

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        warn_if_apart(votes, type(self).__name__)
        k = votes.classes.n_classes
        self.class_prior_ = np.full(k, 1 / k)
        self.skill_ = self._skills(votes, gold)
        self.posterior_ = _beliefs(votes, self.skill_)

    def _skills(self, votes: Votes, gold: NDArray[np.int32]) -> NDArray[np.float64]:
        agreement = pair_agreement(votes, gold)
        degree = np.diff(agreement.indptr)
        met = degree[:-1] > 0
        if not met.any():
            return np.full(votes.n_annotators, UNKNOWN_SKILL)
        known = np.full(degree.size, np.nan)
        if degree[-1]:
            known[-1] = 1.0
        trim = np.minimum((self.trim * degree + 1e-9).astype(np.int64), (degree - 1).clip(0) // 2)
        found = complete(agreement, trim, known=known, tol=self.tol, max_iter=self.max_iter)
        self.converged_ = found.settled
        if not found.settled:
            warnings.warn(
                f"MMSR stopped after {self.max_iter} steps while a skill still changed by "
                f"{found.change:.1e} (tol is {self.tol:.1e}). Raise max_iter, or tol if that is "
                "close enough.",
                ConvergenceWarning,
                stacklevel=4,
            )
        skill = (found.sizes * signs(agreement, found.sizes))[:-1]
        n_votes = np.bincount(votes.annotator, minlength=votes.n_annotators)
        most = 1 - 1 / np.sqrt(n_votes + 1)
        skill = skill.clip(-most / max(votes.classes.n_classes - 1, 1), most)
        return np.where(met, skill, skill[met].mean())

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        # The place -1 of an annotator never seen finds the mean at the end.
        skill = np.append(self.skill_, self.skill_.mean())[self._learnt_places(votes)]
        return _beliefs(votes, skill)


def _accuracy(skill: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    return 1 / k + skill * (1 - 1 / k)


def _beliefs(votes: Votes, skill: NDArray[np.float64]) -> NDArray[np.float64]:
    """Belief (n_items, K) by Bayes' rule, if annotators err evenly over the other classes."""
    k = votes.classes.n_classes
    accuracy = _accuracy(skill, max(k, 2))
    odds = np.log(accuracy) + np.log(max(k - 1, 1)) - np.log1p(-accuracy)
    return softmax(votes.counts(odds[votes.annotator]))
