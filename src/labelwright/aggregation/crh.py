"""CRH, also called PM: annotators weigh by the log of how few of all errors are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._truth_discovery import TruthDiscovery
from labelwright.core.params import Accepts

__all__ = ["CRH"]

Vector = NDArray[np.float64]


class CRH(TruthDiscovery):
    """Weighted majority and weights that together make the weighted number of errors least.

    Parameters
    ----------
    smoothing : float
        Pseudo-votes of every annotator, half of them wrong, so that nobody is believed without
        limit. As it goes to zero, the published method is reached.
    max_iter : int
        Stop when the weights stay, or after so many iterations.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    weight_ : (n_annotators,) float64
        Where all gave equally many votes, -log(loss / sum of losses); a loss is the number of votes
        that differ from the weighted majority (or gold), a vote for one of m tied classes by
        1 - 1/m. In general, what makes the sum of weight times loss least while the sum of votes
        times exp(-weight) stays the mean number of votes: an error rate takes the place of the
        loss. Annotators without votes, or never seen, have the mean of the others.
    posterior_ : (n_items, K) float64
        Weighted shares of the votes.
    history_ : list of float
        Minus the sum of weight times loss at each iteration; never falls.

    Notes
    -----
    Among n annotators, weights are about log n and a little more or less: with hundreds of them it
    hardly differs from the majority vote, and :class:`CATD` or :class:`OneCoinDawidSkene` tell them
    apart better. An error is an error, whatever the class. The end depends on the majority vote,
    from which it begins.

    References
    ----------
    Li, Li, Gao, Zhao, Fan and Han, 2014, Resolving conflicts in heterogeneous data by truth
    discovery and source reliability estimation. Aydin, Yilmaz, Li, Li, Gao and Demirbas, 2014,
    Crowdsourcing for multiple-choice question answering.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = CRH().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.weight_.round(2), model.labels_
    (array([1.95, 1.95, 0.34]), [0, 0, 1, 1])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = TruthDiscovery._accepts

    def __init__(
        self,
        *,
        smoothing: float = 1.0,
        max_iter: int = 100,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.smoothing = smoothing
        self.max_iter = max_iter
        self.ties = ties
        self.random_state = random_state

    def _weigh(self, losses: Vector, n_votes: Vector) -> tuple[Vector, float]:
        n = n_votes + self.smoothing
        weight = -np.log(np.minimum(_errors_by_weight(losses, n), 1))
        return weight, float((weight * losses).sum())


def _errors_by_weight(losses: Vector, n: Vector) -> Vector:
    """Error rates times the factor with which the sum of n min(1, rate) is the mean of n.

    Unlimited, the rates of annotators with few votes could pass 1 and their weights fall below 0.
    """
    rate, limited = losses / n, np.zeros(n.size, dtype=bool)
    while True:
        factor = (n.mean() - n[limited].sum()) / losses[~limited].sum()
        beyond = factor * rate > 1 + 1e-12
        if np.array_equal(beyond, limited):
            return factor * rate
        limited = beyond
