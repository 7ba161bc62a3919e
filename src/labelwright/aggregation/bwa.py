"""BWA, Bayesian weighted average: a vote weighs as its giver is close to the weighted average.

Votes are numbers, one for the class given and zero for the others, scattered around a truth between
zero and one. An annotator of high precision counts for much; a prior keeps the precision of those
who gave few votes near that of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._em import run_em
from labelwright.aggregation._starts import vote_shares
from labelwright.core.params import Accepts, Bool, Int, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["BWA"]

# Where all votes on all items agree, precisions would be infinite.
LEAST_VARIANCE = 1e-6

Floats = NDArray[np.float64]


class BWA(ClassAggregator):
    """Average of the votes, weighted by how precise annotators are about each class.

    Parameters
    ----------
    strength : float
        Pseudo-votes with which the precision of every annotator begins.
    pull : float
        Precision of the prior on truths, which draws items of few votes to the mean of all.
    correction : bool
        Let the prior precision follow the variance of votes times 4 (1 - 1/K), as the authors do,
        in place of the variance alone.
    max_iter, tol
        Stop when a step gains no more than ``tol`` in log density a vote, or after ``max_iter``.
    accelerate : bool
        Squared extrapolation between steps, kept only where the density did not fall.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
        The weighted averages, which sum to one; a share of weight, not a calibrated probability.
    precision_ : (n_annotators, K) float64
        How closely an annotator's votes for and against each class follow the averages.
    class_prior_ : (K,) float64
        ``means_`` as shares.
    means_ : (K,) float64
        Means of the averages.
    history_ : list of float
        Log density of votes, truths and precisions at each step; never falls.

    Notes
    -----
    Every class is a problem of its own, as in the authors' experiments; with two classes both say
    the same. Use it where each annotator gave few votes, or where confusion matrices would have
    too many cells: it learns one number an annotator and class. Do not use it where annotators are
    biased towards a class or mostly wrong (:class:`DawidSkene`, :class:`IBCC`): no vote weighs less
    than nothing, and which class was mistaken for which goes unused.

    References
    ----------
    Li, Rubinstein and Cohn, 2019, Truth inference at scale: a Bayesian model for adjudicating
    highly redundant crowd annotations.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = BWA().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.labels_, model.precision_[:, 0].round(1)
    ([0, 0, 1, 1], array([5.4, 5.4, 4.4]))
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "strength": Real(0, open_low=True),
        "pull": Real(0),
        "correction": Bool(),
        "max_iter": Int(1),
        "tol": Real(0),
        "accelerate": Bool(),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        strength: float = 15.0,
        pull: float = 1.0,
        correction: bool = True,
        max_iter: int = 500,
        tol: float = 1e-6,
        accelerate: bool = True,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.strength = strength
        self.pull = pull
        self.correction = correction
        self.max_iter = max_iter
        self.tol = tol
        self.accelerate = accelerate
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        data = NumericVotes(votes, gold)
        truths = vote_shares(votes, gold)
        rate = self.strength * self._variance(data, truths)
        shape = (votes.n_annotators, truths.shape[1])

        def refit(truths: Floats, squares: Floats) -> Floats:
            precision = (self.strength + data.totals[:, None]) / (rate + squares)
            return _pack(precision, truths[data.voted].mean(axis=0))

        def step(parameters: Floats) -> tuple[Floats, float]:
            precision, means = _unpack(parameters, shape)
            truths = data.truths(precision, means, self.pull)
            squares = data.squares(truths)
            on_votes = (self.strength + data.totals[:, None]) * np.log(precision)
            on_votes -= precision * (rate + squares)
            on_truths = self.pull * (truths[data.voted] - means) ** 2
            density = (float(on_votes.sum()) - float(on_truths.sum())) / 2
            return refit(truths, squares), density

        least = _pack(self.strength / (rate + data.totals[:, None]), np.zeros(shape[1]))
        most = _pack((self.strength + data.totals[:, None]) / rate, np.ones(shape[1]))
        found = run_em(
            step,
            refit(truths, data.squares(truths)),
            project=lambda parameters: np.clip(parameters, least, most),
            scale=float(data.totals.sum()),
            tol=self.tol,
            max_iter=self.max_iter,
            accelerate=self.accelerate,
            name=type(self).__name__,
        )
        self.history_, self.converged_ = found.history, found.converged
        self.precision_, self.means_ = _unpack(found.parameters, shape)
        self.class_prior_ = self.means_ / self.means_.sum()
        self.posterior_ = self._shares(data.truths(self.precision_, self.means_, self.pull))

    def _variance(self, data: NumericVotes, truths: Floats) -> Floats:
        """Mean squared distance (K,) of votes from the truths, with the authors' correction."""
        variance = data.squares(truths).sum(axis=0) / data.totals.sum()
        factor = 4 * (1 - 1 / variance.size) if self.correction else 1.0
        return (factor * variance).clip(min=LEAST_VARIANCE)

    def _posterior(self, votes: Votes) -> Floats:
        # The place -1 of an annotator never seen finds the mean at the end.
        known = np.concatenate([self.precision_, self.precision_.mean(axis=0, keepdims=True)])
        precision = known[self._learnt_places(votes)]
        return self._shares(NumericVotes(votes).truths(precision, self.means_, self.pull))

    def _shares(self, truths: Floats) -> Floats:
        """Truths as shares; an item without a vote has the prior."""
        totals = np.einsum("ij->i", truths)
        shares = truths / np.where(totals > 0, totals, 1)[:, None]
        shares[totals == 0] = self.class_prior_
        return shares


class NumericVotes:
    """Votes as numbers: one for the class given, zero for the others.

    Parameters
    ----------
    votes : Votes
        On classes.
    gold : (n_items,) class codes, optional
        Items with a code of 0 or more are clamped to it.
    """

    def __init__(self, votes: Votes, gold: NDArray[np.int32] | None = None) -> None:
        k = votes.classes.n_classes
        self.n_classes = k
        self.weight = np.ones(len(votes)) if votes.weight is None else votes.weight.astype(float)
        shape = (votes.n_items, votes.n_annotators)
        self.presence = csr_array((self.weight, votes.annotator, votes.indptr), shape=shape)
        self.by_item = votes.item * np.int64(k) + votes.label
        self.by_annotator = votes.annotator * np.int64(k) + votes.label
        self.voted = np.diff(votes.indptr) > 0
        self.known = np.zeros(0, dtype=int) if gold is None else np.flatnonzero(gold >= 0)
        self.certain = np.zeros((0, k)) if gold is None else np.eye(k)[gold[self.known]]
        n_cells = votes.n_annotators * k
        given = np.bincount(self.by_annotator, self.weight, minlength=n_cells)
        self.given = given.reshape(-1, k)
        self.totals = self.given.sum(axis=1)

    def truths(self, precision: Floats, means: Floats, pull: float) -> Floats:
        """Best truths (n_items, K) at these precisions (n_annotators, K) and means (K,).

        An item without a vote has zeros.
        """
        shape = (self.voted.size, self.n_classes)
        weight = self.weight * precision.ravel()[self.by_annotator]
        truths = pull * means + np.bincount(
            self.by_item, weight, minlength=self.voted.size * self.n_classes
        ).reshape(shape)
        truths /= (self.presence @ precision + pull).clip(min=np.finfo(float).tiny)
        truths[self.known] = self.certain
        truths[~self.voted] = 0
        return truths

    def squares(self, truths: Floats) -> Floats:
        """Sums (n_annotators, K) over votes of the squared distances from the truths."""
        hits = self.weight * truths.ravel()[self.by_item]
        hits = np.bincount(self.by_annotator, hits, minlength=self.given.size)
        squares = self.presence.T @ truths**2 + self.given - 2 * hits.reshape(self.given.shape)
        return squares.clip(min=0)


def _pack(precision: Floats, means: Floats) -> Floats:
    return np.concatenate([np.log(precision).ravel(), means])


def _unpack(parameters: Floats, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    return np.exp(parameters[: -shape[1]]).reshape(shape), parameters[-shape[1] :]
