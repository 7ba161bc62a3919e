"""CATD: annotators weigh by how small their error surely is, so few votes weigh little."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from labelwright.aggregation._truth_discovery import TruthDiscovery
from labelwright.core.params import Accepts, Real

__all__ = ["CATD"]


class CATD(TruthDiscovery):
    """Weighted majority; a weight is one over the upper confidence limit of the annotator's error.

    Parameters
    ----------
    level : float
        Confidence, between 0 and 1: the limit is the upper end of a two-sided interval.
    smoothing : float
        Pseudo-votes of every annotator, half of them wrong, so that nobody is believed without
        limit. As it goes to zero, the published method is reached, in which an annotator who has
        never been contradicted outweighs all others.
    max_iter : int
        Stop when the weights stay, or after so many iterations.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    weight_ : (n_annotators,) float64
        The (1 - level) / 2 quantile of the chi-squared distribution with as many degrees of freedom
        as votes, divided by the number of votes that differ from the weighted majority (or gold). A
        vote for one of m tied classes differs by 1 - 1/m. Annotators without votes, or never seen,
        have the mean of the others.
    posterior_ : (n_items, K) float64
        Weighted shares of the votes.
    history_ : list of float
        Minus the sum of quantiles times log losses at each iteration; never falls.

    Notes
    -----
    Use it where most annotators gave few votes and some gave many. Some descriptions of the method
    take the upper quantile, with which few votes would weigh more than many at the same share of
    errors, against its purpose. An error is an error, whatever the class; the end depends on the
    majority vote, from which it begins.

    References
    ----------
    Li, Li, Gao, Su, Zhao, Demirbas, Fan and Han, 2014, A confidence-aware approach for truth
    discovery on long-tail data.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = CATD().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.weight_.round(2), model.labels_
    (array([0.97, 0.97, 0.19]), [0, 0, 1, 1])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {**TruthDiscovery._accepts, "level": Real(0, 1)}

    def __init__(
        self,
        *,
        level: float = 0.95,
        smoothing: float = 1.0,
        max_iter: int = 100,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.level = level
        self.smoothing = smoothing
        self.max_iter = max_iter
        self.ties = ties
        self.random_state = random_state

    def _weigh(
        self, losses: NDArray[np.float64], n_votes: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], float]:
        # The quantile of a chi-squared distribution, without the cost of loading scipy.stats.
        quantile = 2 * gammaincinv(n_votes / 2, (1 - self.level) / 2)
        return quantile / losses, float((quantile * np.log(losses)).sum())
