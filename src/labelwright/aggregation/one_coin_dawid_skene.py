"""One-coin Dawid-Skene: every annotator is right with one probability, whatever the class.

Far fewer parameters than :class:`DawidSkene`: right for annotators of a few votes each, wrong for
annotators who lean towards a class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._confusion_em import ConfusionEM
from labelwright.core.params import Accepts, Bool, Real

__all__ = ["OneCoinDawidSkene"]


class OneCoinDawidSkene(ConfusionEM):
    """Classes and one accuracy an annotator, found together by EM.

    Parameters
    ----------
    right, wrong : float
        Pseudo-votes for and against each annotator. Zero is maximum likelihood.
    learn_class_prior : bool
        Learn how common the classes are. Off by default: annotators who lean towards a class
        otherwise drag all items there, since this model cannot see the leaning.
    max_iter, tol, accelerate, warm_start, ties, random_state
        As in :class:`DawidSkene`.

    Attributes
    ----------
    accuracy_ : (n_annotators,) float64
        Probability that an annotator gives the true class.
    posterior_, confusion_, class_prior_, history_
        As in :class:`DawidSkene`.

    References
    ----------
    Zhang, Chen, Zhou and Jordan, 2014, for the name; a special case of Dawid and Skene, 1979.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = OneCoinDawidSkene().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.accuracy_.round(2)
    array([0.83, 0.83, 0.58])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        **ConfusionEM._accepts,
        "right": Real(0),
        "wrong": Real(0),
        "learn_class_prior": Bool(),
    }

    def __init__(
        self,
        *,
        right: float = 2.0,
        wrong: float = 1.0,
        learn_class_prior: bool = False,
        max_iter: int = 500,
        tol: float = 1e-6,
        accelerate: bool = True,
        warm_start: bool = False,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.right = right
        self.wrong = wrong
        self.learn_class_prior = learn_class_prior
        self.max_iter = max_iter
        self.tol = tol
        self.accelerate = accelerate
        self.warm_start = warm_start
        self.ties = ties
        self.random_state = random_state

    @property
    def accuracy_(self) -> NDArray[np.float64]:
        """Probability (n_annotators,) that an annotator gives the true class."""
        self._check_fitted()
        return self.confusion_[:, 0, 0]

    def _maximise(self, counts: NDArray, classes: NDArray) -> tuple[NDArray, NDArray]:
        k = classes.size
        hits = np.trace(counts, axis1=1, axis2=2) + self.right
        votes = counts.sum(axis=(1, 2)) + self.right + self.wrong
        accuracy = np.divide(hits, votes, out=np.full_like(hits, 1 / k), where=votes > 0)
        wrong = (1 - accuracy) / max(k - 1, 1)
        confusion = np.where(np.eye(k, dtype=bool), accuracy[:, None, None], wrong[:, None, None])
        prior = classes / classes.sum() if self.learn_class_prior else np.full(k, 1 / k)
        return confusion, prior

    def _log_prior_density(self, confusion: NDArray, prior: NDArray) -> float:
        del prior
        accuracy = confusion[:, 0, 0]
        wrong = (1 - accuracy).clip(min=np.finfo(float).tiny)
        return float((self.right * np.log(accuracy) + self.wrong * np.log(wrong)).sum())
