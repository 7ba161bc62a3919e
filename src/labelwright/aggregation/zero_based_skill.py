"""Zero-based skill: a weighted majority vote and the annotators' agreement with it, in turn."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import TIE_RULES
from labelwright.aggregation.majority_vote import MajorityVote
from labelwright.aggregation.wawa import Wawa, _weighted
from labelwright.core.errors import ConvergenceWarning
from labelwright.core.params import Accepts, Int, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["ZeroBasedSkill"]

ABOVE_CHANCE = 1e-5
# Skills that would move by no more are where they belong.
SETTLED = 1e-10


class ZeroBasedSkill(Wawa):
    """Majority vote weighted by skills that move, pass by pass, to the agreement with its result.

    Every annotator begins just above chance. A pass takes the majority by the skills so far, and
    moves each skill by ``learning_rate`` of the way to the share of the annotator's votes that
    agree with it. The rate is halved every ``halve_every`` passes.

    Parameters
    ----------
    learning_rate : float
        Share of the way that a skill moves in the first passes, at most 1.
    halve_every : int
        Passes after which the rate is halved, first at this pass itself.
    max_iter : int
        Passes at most; fewer if no skill has anywhere to go.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
        Shares of the votes, weighted by skill.
    skill_ : (n_annotators,) float64
        As in :class:`Wawa`, after the last pass.
    history_ : list of float
        Mean over votes of 2 s g - s^2 at each pass, with s the skill and g the agreement; never
        falls, since both halves of a pass raise it.
    converged_ : bool
        Whether the skills had settled.

    Notes
    -----
    With a rate of 1 this is :class:`Wawa` with ``iterate=True``. As there, nobody is told from
    their opposite: a majority that is mostly wrong makes those skilled who share its errors.

    References
    ----------
    Ustalov, Pavlichenko and Tseitlin, 2024, Learning from Crowds with Crowd-Kit.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = ZeroBasedSkill().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.skill_, model.confidence_
    (array([1. , 1. , 0.5]), array([0.8, 1. , 0.8, 1. ]))
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "learning_rate": Real(0, 1, open_low=True),
        "halve_every": Int(1),
        "max_iter": Int(1),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        learning_rate: float = 1.0,
        halve_every: int = 20,
        max_iter: int = 100,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.learning_rate = learning_rate
        self.halve_every = halve_every
        self.max_iter = max_iter
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        skill = np.full(votes.n_annotators, 1 / votes.classes.n_classes + ABOVE_CHANCE)
        for step in range(1, self.max_iter + 1):
            self._weigh(votes, gold, skill)
            agreement = self._agreement(votes, gold)
            self.history_.append(_objective(votes, skill, agreement))
            if np.abs(agreement - skill).max() <= SETTLED:
                return
            rate = self.learning_rate * 0.5 ** (step // self.halve_every)
            skill = skill + rate * (agreement - skill)
        self._weigh(votes, gold, skill)
        self.converged_ = False
        warnings.warn(
            f"ZeroBasedSkill stopped after {self.max_iter} passes before the skills had settled. "
            "Raise max_iter.",
            ConvergenceWarning,
            stacklevel=3,
        )

    def _weigh(self, votes: Votes, gold: NDArray[np.int32], skill: NDArray[np.float64]) -> None:
        """Take these skills, and the shares of votes that follow."""
        self.skill_ = skill
        # Wawa's own would also write another objective into the history.
        MajorityVote._fit(self, _weighted(votes, skill), gold)


def _objective(votes: Votes, skill: NDArray[np.float64], agreement: NDArray[np.float64]) -> float:
    gains = skill * (2 * agreement - skill)
    return float(np.average(gains[votes.annotator], weights=votes.weight))
