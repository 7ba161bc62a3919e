"""Dawid-Skene: every annotator errs by a confusion matrix of their own.

Truth and confusions are found together by EM (Dawid and Skene, 1979), here with a mild prior that
keeps an annotator of a few votes from being believed too well or too badly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._confusion_em import ConfusionEM
from labelwright.core.params import Accepts, Real

__all__ = ["DawidSkene"]


class DawidSkene(ConfusionEM):
    """Classes, and how each annotator confuses them, found together by EM.

    Parameters
    ----------
    smoothing : float
        Pseudo-votes in every cell of a confusion matrix; where the classes have an order or
        distances, near errors get more of them and far ones fewer. Zero with ``diagonal=0`` and
        ``class_smoothing=0`` is maximum likelihood.
    diagonal : float
        Further pseudo-votes for right answers: annotators are thought better than chance.
    class_smoothing : float
        Pseudo-items in every class.
    max_iter, tol
        Stop when a step gains no more than ``tol`` in log posterior a vote, or after ``max_iter``.
    accelerate : bool
        Squared extrapolation between steps: the same end in about half the steps.
    warm_start : bool
        Begin a further ``fit`` from what was learnt before, also with other votes.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
    confusion_ : (n_annotators, K, K) float64
        P(given | true) as [annotator, true, given].
    mean_confusion_ : (K, K) float64
        That of the average annotator, used for annotators never seen.
    class_prior_ : (K,) float64
    history_ : list of float
        Log posterior density at each step; never falls.

    Notes
    -----
    Annotators are taken to err independently given the truth. Copies of one annotator, or rules
    that share their mistakes, are believed too much. A vote for a parent class, or for an open
    answer of the space, is taken as made with one of the classes in mind that it leaves open. The
    classes are identified by annotators being
    better than chance on average; groups of annotators who share no items cannot be compared.

    References
    ----------
    Dawid and Skene, 1979, Maximum likelihood estimation of observer error-rates using the EM
    algorithm. Varadhan and Roland, 2008, for the acceleration.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = DawidSkene().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.labels_
    [0, 0, 1, 1]
    >>> model.confusion_[0].round(2)
    array([[0.89, 0.11],
           [0.11, 0.89]])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        **ConfusionEM._accepts,
        "smoothing": Real(0),
        "diagonal": Real(0),
        "class_smoothing": Real(0),
    }

    def __init__(
        self,
        *,
        smoothing: float = 0.5,
        diagonal: float = 2.0,
        class_smoothing: float = 1.0,
        max_iter: int = 500,
        tol: float = 1e-6,
        accelerate: bool = True,
        warm_start: bool = False,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.smoothing = smoothing
        self.diagonal = diagonal
        self.class_smoothing = class_smoothing
        self.max_iter = max_iter
        self.tol = tol
        self.accelerate = accelerate
        self.warm_start = warm_start
        self.ties = ties
        self.random_state = random_state

    def _maximise(self, counts: NDArray, classes: NDArray) -> tuple[NDArray, NDArray]:
        votes = counts + self._pseudo_votes()
        totals = votes.sum(axis=2, keepdims=True)
        # Without a prior, a class that an annotator never met says nothing about them.
        uniform = np.full_like(votes, 1 / classes.size)
        confusion = np.divide(votes, totals, out=uniform, where=totals > 0)
        items = classes + self.class_smoothing
        return confusion, items / items.sum()

    def _log_prior_density(self, confusion: NDArray, prior: NDArray) -> float:
        logs = np.log(confusion)
        on_votes = float((self._pseudo_votes() * logs).sum())
        return on_votes + self.class_smoothing * float(np.log(prior).sum())

    def _pseudo_votes(self) -> NDArray[np.float64]:
        k = len(self._error_shape)
        right = self.smoothing + self.diagonal
        return right * np.eye(k) + self.smoothing * (k - 1) * self._error_shape
