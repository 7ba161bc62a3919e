"""Top two: the answer to each question, the answer it is taken for, and how often.

Stage 1 finds how reliable annotators are from how they agree beyond chance, stage 2 how likely
each pair of answers is, given that. The difficulty of an item is not plugged in but summed over a
few levels, whose shares among the items are learnt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator, eigsh

from labelwright.aggregation._base import TIE, TIE_RULES, ClassAggregator
from labelwright.aggregation._em import run_em
from labelwright.core.params import Accepts, Int, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["TopTwo"]

# How often who knows gives the answer and not the runner-up: the middles of bins from 1/2 to 1.
N_LEVELS = 10
LEVELS = 0.5 + (np.arange(N_LEVELS) + 0.5) / (2 * N_LEVELS)
MOST_RELIABLE = 0.999
# Of people with whom the leading direction has nothing to do, the votes count by their number.
LEAST_WEIGHT = 1e-3
# Likelihoods of a block of items have so many cells.
BLOCK_CELLS = 1 << 20


class TopTwo(ClassAggregator):
    """For every item the best answer, the second best, and how often the two are confused.

    An annotator knows the item with one probability, the ``reliability_``, and then gives the
    answer or, less often, the runner-up of that item; otherwise any class at random.

    Parameters
    ----------
    prior_votes : float
        So many votes of the mean annotator are added to those of each annotator: who voted a few
        times is near the mean.
    max_iter, tol
        The shares of levels of difficulty are learnt until a step gains no more than ``tol`` in
        log likelihood an item, or for ``max_iter`` steps.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
        Belief that a class is the answer.
    runner_up_codes_ : (n_items,) int32
        Code of the likeliest second answer; -1 where nobody gave another answer than the best.
    runner_up_ : list
        The same, decoded.
    confusion_probability_ : (n_items,) float64
        How often annotators who know such items give the second answer, at most 1/2; NaN without a
        vote.
    soft_labels_ : (n_items, K) float64
        That probability on the runner-up and the rest on the answer, to train models on.
    reliability_ : (n_annotators,) float64
        Probability to know an item.
    level_shares_ : (10,) float64
        Shares of the items that the first answer gets 52.5, 57.5, ... 97.5 % from who knows.
    history_ : list of float
        Log posterior density of these shares; never falls.

    Notes
    -----
    For multiple choice of three classes and more, where wrong answers are mostly one plausible
    wrong answer, and which one depends on the item. It learns nothing about pairs of classes, or
    about people who lean towards a class: see :class:`DawidSkene`. With two classes only the
    product of reliability and difficulty shows in the votes; reliabilities are then as if nothing
    was ever confused. Few votes on an item tell little of its confusion: with five, expect errors
    of 0.1 to 0.2.

    This differs from the publication, which it equals in expectation. There the leading directions
    of K - 1 matrices, each with the order of the classes cut in two, are averaged; here all classes
    are taken at once, so that no order matters. Annotators do unequal amounts of work, so their
    rows are scaled; and nobody's votes bear witness to themselves, which with few votes an item
    makes all look reliable. And difficulty is summed over, not estimated first.

    References
    ----------
    Jeong and Chung, 2022, Recovering top-two answers and confusion probability in multi-choice
    crowdsourcing.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": ["a", "b", "c"], "bo": ["a", "b", "c"], "cy": ["a", "c", "c"]}
    >>> model = TopTwo().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.labels_, model.runner_up_
    (['a', 'b', 'c'], [None, 'c', None])
    >>> model.confusion_probability_.round(2)
    array([0.17, 0.24, 0.17])
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "prior_votes": Real(0),
        "max_iter": Int(1),
        "tol": Real(0),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        prior_votes: float = 2.0,
        max_iter: int = 500,
        tol: float = 1e-6,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.prior_votes = prior_votes
        self.max_iter = max_iter
        self.tol = tol
        self.ties = ties
        self.random_state = random_state

    def fit(self, votes: Votes, gold: Mapping[Any, Any] | Sequence[Any] | None = None) -> Self:
        """Learn from votes; as for every aggregator, and then find the runners-up.

        Parameters
        ----------
        votes : Votes
            On :class:`Classes`.
        gold : mapping of item to label, or sequence (n_items,), optional
            Labels taken as true; None or -1 where there is none. These items keep that label.
        """
        super().fit(votes, gold)
        self._find_runners_up(votes)
        return self

    @property
    def runner_up_(self) -> list[Any]:
        """Second answer of each item, None where nobody gave another than the best."""
        self._check_fitted()
        return self.space_.decode(self.runner_up_codes_)

    @property
    def soft_labels_(self) -> NDArray[np.float64]:
        """Shares (n_items, K) of the two answers among those who know; rows sum to one.

        What belongs to a second answer that nobody gave goes evenly to all other classes; an item
        without a vote has its belief.
        """
        self._check_fitted()
        n, k = self.posterior_.shape
        second = np.nan_to_num(self.confusion_probability_)
        soft = np.repeat(second[:, None] / max(k - 1, 1), k, axis=1)
        known = np.flatnonzero(self.runner_up_codes_ >= 0)
        soft[known] = 0
        soft[known, self.runner_up_codes_[known]] = second[known]
        soft[np.arange(n), self._answers()] = 1 - second
        nothing = np.isnan(self.confusion_probability_)
        soft[nothing] = self.posterior_[nothing]
        return soft

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        k = votes.classes.n_classes
        self.class_prior_ = np.full(k, 1 / k)
        self.reliability_ = self._reliability(votes, gold)
        self.level_shares_ = self._learn_shares(votes, gold)
        self.posterior_ = self._beliefs(votes, self.reliability_)

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        # The place -1 of an annotator never seen finds the mean at the end.
        known = np.append(self.reliability_, self.reliability_.mean())
        return self._beliefs(votes, known[self._learnt_places(votes)])

    def _reliability(self, votes: Votes, gold: NDArray[np.int32]) -> NDArray[np.float64]:
        """Reliabilities (n_annotators,): how often a vote is one of the two best of the others."""
        k, n = votes.classes.n_classes, votes.n_annotators
        # Two of two are no choice, so there the first alone is counted.
        n_best = min(2, k - 1)
        weight = np.ones(len(votes)) if votes.weight is None else votes.weight
        # Where nobody else voted there is nothing to compare with.
        told = (np.diff(votes.indptr) > 1) | (gold >= 0)
        weight = weight * told[votes.item]
        among = among_best_of_others(votes, leading_weights(votes), gold, n_best)
        hits = np.bincount(votes.annotator, weight * among, minlength=n)
        totals = np.bincount(votes.annotator, weight, minlength=n)
        mean = hits.sum() / totals.sum() if totals.sum() > 0 else (1 + n_best / k) / 2
        counted = totals + self.prior_votes
        share = np.full(n, mean)
        np.divide(hits + self.prior_votes * mean, counted, out=share, where=counted > 0)
        return ((share - n_best / k) / (1 - n_best / k)).clip(0, MOST_RELIABLE)

    def _learn_shares(self, votes: Votes, gold: NDArray[np.int32]) -> NDArray[np.float64]:
        """Shares of the levels among the items that have votes."""
        blocks = [
            _shifted(_answers_over_pairs(first, second, gold[items]))
            for items, first, second in _likelihoods(votes, self.reliability_)
        ]
        voted = np.diff(votes.indptr) > 0
        likelihood = np.concatenate([one.sum(axis=1) for one, _ in blocks])[voted]
        shift = float(np.concatenate([other for _, other in blocks])[voted].sum())

        def step(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
            shares = np.exp(logs)
            totals = likelihood @ shares
            # One item more at every level: a level is rare, never impossible.
            counts = shares * (likelihood.T @ (1 / totals)) + 1
            return np.log(counts / counts.sum()), float(np.log(totals).sum() + logs.sum()) + shift

        found = run_em(
            step,
            np.full(N_LEVELS, -np.log(N_LEVELS)),
            project=lambda logs: logs - np.log(np.exp(logs).sum()),
            scale=len(likelihood),
            tol=self.tol,
            max_iter=self.max_iter,
            accelerate=True,
            name=type(self).__name__,
        )
        self.history_, self.converged_ = found.history, found.converged
        return np.exp(found.parameters)

    def _beliefs(self, votes: Votes, reliability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Belief (n_items, K) in each class as the answer, over all second answers and levels."""
        beliefs = np.empty((votes.n_items, votes.classes.n_classes))
        for items, first, second in _likelihoods(votes, reliability):
            joint = _shifted(_answers_over_pairs(first, second))[0] @ self.level_shares_
            beliefs[items] = joint / np.einsum("ij->i", joint)[:, None]
        return beliefs

    def _find_runners_up(self, votes: Votes) -> None:
        """The likeliest second answer beside the answer, and the confusion of the two."""
        n, k = votes.n_items, votes.classes.n_classes
        self.runner_up_codes_ = np.full(n, -1, dtype=np.int32)
        self.confusion_probability_ = np.full(n, np.nan)
        if k < 2:
            return
        answers = self._answers()
        for items, first, second in _likelihoods(votes, self.reliability_):
            best = answers[items]
            rows = np.arange(best.size)
            pairs = first[rows, best][:, None] + second
            pairs[rows, best] = -np.inf
            joint = _shifted(pairs)[0] * self.level_shares_
            next_best = joint.sum(axis=2).argmax(axis=1)
            level = joint[rows, next_best]
            given = second[rows, next_best].any(axis=1)
            self.runner_up_codes_[items] = np.where(given, next_best, -1)
            self.confusion_probability_[items] = level @ (1 - LEVELS) / level.sum(axis=1)
        self.confusion_probability_[self.item_votes_ == 0] = np.nan

    def _answers(self) -> NDArray[np.int64]:
        """The answer of each item; where a tie abstained, the first of the best."""
        return np.where(self.codes_ >= 0, self.codes_, self.posterior_.argmax(axis=1))


def leading_weights(votes: Votes) -> NDArray[np.float64]:
    """How far each annotator follows what most agree on beyond chance, (n_annotators,).

    A vote is its class as an indicator minus 1/K. Between two annotators the products of these add
    up to the agreements on common items beyond chance. Expected is a matrix of rank one, the
    products of their reliabilities, times a number of common items taken to be in proportion to
    that of either's votes: scaled by these, the leading eigenvector tells the reliabilities.
    """
    n, k = votes.n_annotators, votes.classes.n_classes
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    totals = np.bincount(votes.annotator, weight, minlength=n)
    with_oneself = np.bincount(votes.annotator, weight**2, minlength=n) * (1 - 1 / k)
    scale = np.sqrt(np.divide(1, totals, out=np.zeros(n), where=totals > 0))

    def apply(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        x = vector.ravel() * scale
        scores = votes.counts(x[votes.annotator])
        scores -= np.einsum("ij->i", scores)[:, None] / k
        agreed = np.bincount(votes.annotator, weight * scores[votes.item, votes.label], minlength=n)
        return scale * (agreed - with_oneself * x)

    start = np.sqrt(totals)
    if not np.abs(apply(start)).max() > 0:
        return np.ones(n)
    operator = LinearOperator((n, n), matvec=apply, dtype=np.float64)
    _, vectors = eigsh(operator, k=1, which="LA", v0=start)
    found = vectors[:, 0] * scale
    found = (found * np.sign(found.sum())).clip(min=0)
    return found + LEAST_WEIGHT * found.max()


def among_best_of_others(
    votes: Votes, weights: NDArray[np.float64], gold: NDArray[np.int32], n_best: int
) -> NDArray[np.float64]:
    """Chance (n_votes,) that a vote is for one of the best classes of its item.

    Classes are ranked by the weights (n_annotators,) of those who voted for them, without the vote
    in question: with few votes an item, whoever dissents would else name a second best class
    always. Equal classes come in any order. Gold is the best class of its item.
    """
    own = weights[votes.annotator]
    scores = votes.counts(own)
    scores[gold >= 0, gold[gold >= 0]] = np.inf
    if votes.weight is not None:
        own = own * votes.weight
    among = np.empty(len(votes))
    for _, part in votes.blocks(max(BLOCK_CELLS // scores.shape[1], 1)):
        label = votes.label[part][:, None]
        others = scores[votes.item[part]]
        score = np.take_along_axis(others, label, axis=1) - own[part][:, None]
        np.put_along_axis(others, label, score, axis=1)
        above = np.count_nonzero(others > score + TIE, axis=1)
        equal = np.count_nonzero(others >= score - TIE, axis=1) - above
        among[part] = ((n_best - above) / equal).clip(0, 1)
    return among


def _likelihoods(
    votes: Votes, reliability: NDArray[np.float64]
) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64]]]:
    """Blocks of items, and log likelihoods (n, K, n_levels) against votes at random.

    The first of these are the parts of the votes for a class if it is the answer, the second if it
    is the runner-up. Votes for other classes say nothing.
    """
    k = votes.classes.n_classes
    odds = k * (reliability / (1 - reliability))[:, None]
    terms = np.log1p(np.hstack([odds * LEVELS, odds * (1 - LEVELS)]))
    for items, part in votes.blocks(max(BLOCK_CELLS // (k * N_LEVELS), 1)):
        n = items.stop - items.start
        weight = np.ones(part.stop - part.start) if votes.weight is None else votes.weight[part]
        cell = (votes.item[part] - items.start) * np.int64(k) + votes.label[part]
        given = csr_array((weight, (cell, votes.annotator[part])), shape=(n * k, len(terms)))
        first, second = np.split((given @ terms).reshape(n, k, -1), 2, axis=2)
        yield items, first, second


def _answers_over_pairs(
    first: NDArray[np.float64], second: NDArray[np.float64], gold: NDArray[np.int32] | None = None
) -> NDArray[np.float64]:
    """Log likelihoods (n, K, n_levels) of answers, summed over their runners-up."""
    answers = first + _sum_of_others(second)
    if gold is not None:
        known = np.flatnonzero(gold >= 0)
        wrong = np.arange(answers.shape[1]) != gold[known, None]
        answers[known] = np.where(wrong[:, :, None], -np.inf, answers[known])
    return answers


def _shifted(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exponentials of logs (n, K, n_levels) minus the highest (n,) of each item; and that."""
    highest = logs.max(axis=(1, 2))
    return np.exp(logs - highest[:, None, None]), highest


def _sum_of_others(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each class (axis 1), the log of the sum over the other classes; of a single one, 0."""
    if logs.shape[1] == 1:
        return np.zeros_like(logs)
    largest = logs.argmax(axis=1)[:, None]
    rest = logs.copy()
    np.put_along_axis(rest, largest, -np.inf, axis=1)
    # Without its largest term the sum is taken by itself: as a difference it might be lost.
    highest, next_highest = logs.max(axis=1)[:, None], rest.max(axis=1)[:, None]
    without = next_highest + np.log(np.exp(rest - next_highest).sum(axis=1)[:, None])
    surplus = np.exp(without - highest) - np.exp(logs - highest)
    sums = highest + np.log1p(surplus.clip(min=0))
    np.put_along_axis(sums, largest, without, axis=1)
    return sums
