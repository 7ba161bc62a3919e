"""IBCC, independent Bayesian classifier combination: Dawid-Skene with its uncertainty.

Where Dawid-Skene finds the likeliest confusion matrices, IBCC finds an (approximate) posterior
distribution of them, so that every confusion has an interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from labelwright.aggregation._answers import AnswerModel, leaning
from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._confusion_em import check_size, warn_if_one_sided
from labelwright.aggregation._em import run_em
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.aggregation._starts import vote_shares
from labelwright.aggregation._variational import DirichletPosterior, expected_log
from labelwright.core.params import Accepts, Bool, Int, Nullable, OneOf, Real
from labelwright.core.stats import check_level
from labelwright.core.votes import Votes

__all__ = ["IBCC"]

# With fewer pseudo-votes, exp(E[log p]) of a cell without votes would underflow.
LEAST_PRIOR = 0.01


class IBCC(ClassAggregator):
    """Classes and how annotators confuse them, as posterior distributions by variational Bayes.

    Parameters
    ----------
    smoothing : float
        Pseudo-votes in every cell of a confusion matrix: the Dirichlet parameter.
    diagonal : float
        Further pseudo-votes for right answers: annotators are thought better than chance.
    class_smoothing : float or None
        Pseudo-items in every class; None takes as many as the class has by the shares of votes.
    max_iter, tol
        Stop when a step gains no more than ``tol`` in the bound a vote, or after ``max_iter``.
    accelerate : bool
        Squared extrapolation between steps, kept only where the bound did not fall.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
    confusion_counts_ : (n_annotators, K, K) float64
        Dirichlet parameters [annotator, true, given]: pseudo-votes and expected votes.
    confusion_ : (n_annotators, K, K) float64
        Posterior means of P(given | true).
    class_counts_ : (K,) float64
        Dirichlet parameters of the class prior.
    class_prior_ : (K,) float64
        Its posterior mean.
    history_ : list of float
        Lower bound of the log evidence at each step; never falls.

    Notes
    -----
    Use it in place of :class:`DawidSkene` where you want intervals of confusions. The labels are
    nearly the same: those of Dawid-Skene with half a pseudo-vote less in each cell, since
    exp(E[log p]) is smaller than E[p] by about that; beliefs are no more cautious. Do not use it
    where annotators err together (copies, models of one family, rules): like Dawid-Skene it takes
    errors to be independent given the truth. Mean field makes intervals too narrow, the more so the
    less certain the truth is; with gold for all items they are exact. A vote that leaves several
    classes open is taken as made with one of them in mind. The priors are those with which Li,
    Rubinstein and Cohn (2019) ran it.

    References
    ----------
    Kim and Ghahramani, 2012, Bayesian classifier combination. Simpson, Roberts, Psorakis and Smith,
    2013, Dynamic Bayesian combination of multiple imperfect classifiers, for variational Bayes.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = IBCC().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.labels_
    [0, 0, 1, 1]
    >>> low, high = model.confusion_interval()
    >>> [round(float(end[0, 0, 0]), 2) for end in (low, model.confusion_, high)]
    [0.53, 0.85, 1.0]
    """

    needs_people = True
    takes_open_answers = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "smoothing": Real(LEAST_PRIOR),
        "diagonal": Real(0),
        "class_smoothing": Nullable(Real(LEAST_PRIOR)),
        "max_iter": Int(1),
        "tol": Real(0),
        "accelerate": Bool(),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        smoothing: float = 1.0,
        diagonal: float = 3.0,
        class_smoothing: float | None = 1.0,
        max_iter: int = 500,
        tol: float = 1e-6,
        accelerate: bool = True,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.smoothing = smoothing
        self.diagonal = diagonal
        self.class_smoothing = class_smoothing
        self.max_iter = max_iter
        self.tol = tol
        self.accelerate = accelerate
        self.ties = ties
        self.random_state = random_state

    def confusion_interval(self, level: float = 0.95) -> tuple[NDArray, NDArray]:
        """Credible intervals of the confusions, equal tails.

        Parameters
        ----------
        level : float
            Posterior probability of each interval on its own.

        Returns
        -------
        low, high : (n_annotators, K, K) float64
        """
        tail = (1 - check_level(level)) / 2
        self._check_fitted()
        given = self.confusion_counts_
        # With a single class nothing else could be given, and the interval is from one to one.
        others = given.sum(axis=2, keepdims=True) - given
        certain = others <= 0
        safe = np.where(certain, 1.0, others)
        low, high = (betaincinv(given, safe, share) for share in (tail, 1 - tail))
        return np.where(certain, 1.0, low), np.where(certain, 1.0, high)

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        k = votes.classes.n_classes
        check_size((votes.n_annotators, k, k))
        warn_if_one_sided(votes)
        data, answers = OneHotVotes(votes, gold), AnswerModel(votes)

        def expect(log_confusion: NDArray, log_classes: NDArray) -> tuple[float, NDArray, NDArray]:
            confusion = np.exp(log_confusion)
            found = data.expect(answers.emission(confusion), np.exp(log_classes))
            return found[0], answers.share_out(found[1], confusion), found[2]

        beliefs = vote_shares(votes, gold)
        counts, items = data.counts(beliefs)
        model = DirichletPosterior(
            expect,
            votes.n_annotators,
            vote_prior=self.smoothing + self.diagonal * np.eye(k),
            class_prior=class_pseudo_items(self.class_smoothing, beliefs),
            subtype_prior=1.0,
            most=data.total_weight + votes.n_items,
        )
        found = run_em(
            model.step,
            model.pack(answers.share_out(counts, leaning(k)), items),
            project=model.project,
            scale=data.total_weight,
            tol=self.tol,
            max_iter=self.max_iter,
            accelerate=self.accelerate,
            name=type(self).__name__,
        )
        self.history_, self.converged_ = found.history, found.converged
        self.confusion_counts_, states = model.unpack(found.parameters)
        self.class_counts_ = model.class_parameters(states)
        self.confusion_ = self.confusion_counts_ / self.confusion_counts_.sum(axis=2, keepdims=True)
        self.class_prior_ = self.class_counts_ / self.class_counts_.sum()
        self.posterior_ = self._beliefs(votes, data, self.confusion_counts_)

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        prior = self.smoothing + self.diagonal * np.eye(votes.classes.n_classes)
        # The place -1 of an annotator never seen finds, at the end, all votes as if of one person.
        pooled = prior + (self.confusion_counts_ - prior).sum(axis=0)
        known = np.concatenate([self.confusion_counts_, pooled[None]])
        return self._beliefs(votes, OneHotVotes(votes), known[self._learnt_places(votes)])

    def _beliefs(
        self, votes: Votes, data: OneHotVotes, counts: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Belief (n_items, K) where annotators have these Dirichlet parameters."""
        beliefs = np.tile(self.class_prior_, (data.n_items, 1))
        emission = AnswerModel(votes).emission(np.exp(expected_log(counts)))
        data.expect(emission, np.exp(expected_log(self.class_counts_)), keep=beliefs)
        return beliefs


def class_pseudo_items(
    smoothing: float | None, beliefs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pseudo-items (K,): the same in every class, or what the beliefs (n_items, K) add up to."""
    if smoothing is not None:
        return np.full(beliefs.shape[1], float(smoothing))
    return np.einsum("ij->j", beliefs).clip(min=LEAST_PRIOR)
