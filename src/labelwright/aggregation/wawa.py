"""Wawa, worker agreement with aggregate: a vote weighs as its giver agrees with the majority."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import TIE_RULES, belief_in_answers
from labelwright.aggregation._starts import best_classes
from labelwright.aggregation.majority_vote import MajorityVote
from labelwright.core.errors import ConvergenceWarning
from labelwright.core.params import Accepts, Bool, Int, OneOf
from labelwright.core.votes import Votes

__all__ = ["Wawa"]


class Wawa(MajorityVote):
    """Majority vote, again with each vote weighed by its annotator's agreement with the first.

    Parameters
    ----------
    iterate : bool
        Go on with the weighted majority in place of the plain one until the skills stay.
    max_iter : int
        How often at most, with ``iterate``.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
        Shares of the votes, weighted by skill.
    skill_ : (n_annotators,) float64
        Share of an annotator's votes that agree with the majority, or with gold where it was given;
        a vote for one of m tied classes agrees by 1/m. Annotators without votes, or never seen,
        have the mean of the others.
    history_ : list of float
        Mean over votes of the squared skill at each pass; never falls.

    Notes
    -----
    Agreement with the majority is skill only where the majority is mostly right. No vote weighs
    less than nothing: an annotator who is mostly wrong still counts for what they say.

    References
    ----------
    Ustalov, Pavlichenko and Tseitlin, 2024, Learning from Crowds with Crowd-Kit, for the name and
    the one pass.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = Wawa().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.skill_, model.confidence_
    (array([1. , 1. , 0.5]), array([0.8, 1. , 0.8, 1. ]))
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "iterate": Bool(),
        "max_iter": Int(1),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        iterate: bool = False,
        max_iter: int = 100,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.iterate = iterate
        self.max_iter = max_iter
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        super()._fit(votes, gold)
        self._weigh(votes, gold, self._agreement(votes, gold))
        if not self.iterate:
            return
        for _ in range(self.max_iter):
            skill = self._agreement(votes, gold)
            if np.array_equal(skill, self.skill_):
                return
            self._weigh(votes, gold, skill)
        self.converged_ = False
        warnings.warn(
            f"Wawa stopped after {self.max_iter} iterations before the skills had settled. "
            "Raise max_iter.",
            ConvergenceWarning,
            stacklevel=3,
        )

    def _weigh(self, votes: Votes, gold: NDArray[np.int32], skill: NDArray[np.float64]) -> None:
        """Take these skills, and the shares of votes that follow."""
        self.skill_ = skill
        squares = skill[votes.annotator] ** 2
        self.history_.append(float(np.average(squares, weights=votes.weight)))
        super()._fit(_weighted(votes, skill), gold)

    def _agreement(self, votes: Votes, gold: NDArray[np.int32]) -> NDArray[np.float64]:
        """Skills (n_annotators,) by the classes that are best so far."""
        best = best_classes(self.posterior_, gold)
        weight = np.ones(len(votes)) if votes.weight is None else votes.weight
        right = weight * belief_in_answers(best, votes)[votes.item, votes.label]
        agreed, total = (
            np.bincount(votes.annotator, each, minlength=votes.n_annotators)
            for each in (right, weight)
        )
        voted = total > 0
        skill = agreed / np.where(voted, total, 1)
        skill[~voted] = skill[voted].mean()
        return skill

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        # The place -1 of an annotator never seen finds the mean at the end.
        skill = np.append(self.skill_, self.skill_.mean())[self._learnt_places(votes)]
        return super()._posterior(_weighted(votes, skill))


def _weighted(votes: Votes, skill: NDArray[np.float64]) -> Votes:
    """The same votes, each weighing as its annotator is skilled."""
    weight = skill[votes.annotator]
    return votes.with_extra(weight=weight if votes.weight is None else weight * votes.weight)
