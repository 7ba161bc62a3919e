"""GLAD: annotators differ in ability and items in difficulty.

Ability and ease multiply: on an item that is hard for all even the able may only guess, and their
errors there do not make them less able.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from labelwright.aggregation._ascent import ascend
from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._em import EMResult
from labelwright.aggregation._starts import vote_shares
from labelwright.aggregation._voted_classes import VotedClasses
from labelwright.core.params import Accepts, Int, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["GLAD"]

Vector = NDArray[np.float64]

# A vote is never taken to be surer than this, in log-odds, so that no logarithm is infinite.
SUREST = 500.0
# How far above chance, and below certainty, annotators are at the start.
ABOVE_CHANCE = 0.05


class GLAD(ClassAggregator):
    """Classes, abilities of annotators and difficulties of items, found together.

    An annotator of ability a gives the true class of an item of difficulty d with the probability
    expit(a / d), and otherwise any other class alike. Abilities are normal beforehand, and so are
    the logarithms of ease, 1 / d.

    Parameters
    ----------
    ability_mean, ability_sd : float
        Mean, above zero, and spread of abilities beforehand. An ability below zero is worse than
        one half.
    ease_mean, ease_sd : float
        Mean and spread of log ease beforehand. With a spread next to nothing all items are equally
        hard, which is the model of :class:`OneCoinDawidSkene`.
    max_iter, tol
        Stop when an iteration gains no more than ``tol`` in log posterior a vote, or after
        ``max_iter``.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    ability_ : (n_annotators,) float64
    difficulty_ : (n_items,) float64
        Above zero; that of an item without a vote is what the prior says, exp(-ease_mean).
    posterior_ : (n_items, K) float64
    class_prior_ : (K,) float64
        Uniform.
    history_ : list of float
        Log posterior density of abilities and log ease, up to a constant, at each iteration; never
        falls.

    Notes
    -----
    The paper alternates between beliefs and a numerical maximisation of what they expect. The
    gradient of that expectation is also the gradient of the log posterior itself, so that here
    L-BFGS climbs the latter at once, and every pass over the votes counts.

    With few votes an item, its difficulty is mostly what the prior says, and
    :class:`OneCoinDawidSkene` does without it. Annotators who confuse particular classes are beyond
    this model: see :class:`DawidSkene`. ``predict_proba`` keeps the abilities and finds the
    difficulties of its items anew; where an item can be seen in two ways, easy with one class or
    hard with another, that may be the other way.

    References
    ----------
    Whitehill, Ruvolo, Wu, Bergsma and Movellan, 2009, Whose vote should count more: optimal
    integration of labels from labelers of unknown expertise.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = GLAD().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.labels_, model.ability_.round(2)
    ([0, 0, 1, 1], array([1.26, 1.26, 0.21]))
    >>> model.difficulty_.round(2)
    array([0.4 , 0.26, 0.4 , 0.26])
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "ability_mean": Real(0, open_low=True),
        "ability_sd": Real(0, open_low=True),
        "ease_mean": Real(),
        "ease_sd": Real(0, open_low=True),
        "max_iter": Int(1),
        "tol": Real(0),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        ability_mean: float = 1.0,
        ability_sd: float = 1.0,
        ease_mean: float = 1.0,
        ease_sd: float = 1.0,
        max_iter: int = 500,
        tol: float = 1e-7,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.ability_mean = ability_mean
        self.ability_sd = ability_sd
        self.ease_mean = ease_mean
        self.ease_sd = ease_sd
        self.max_iter = max_iter
        self.tol = tol
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        data = _Likelihood(votes, gold)
        n = votes.n_annotators

        def likelihood(parameters: Vector) -> tuple[float, Vector]:
            value, *gradient = data.at(parameters[:n], parameters[n:])
            return value, np.concatenate(gradient)

        priors = self._priors(votes)
        prior = _Prior(*map(np.concatenate, zip(*priors, strict=True)))
        start = prior.mean.copy()
        start[:n] = self._first_abilities(votes, gold)
        best, found = self._maximise(likelihood, prior, data.votes.total_weight, start)
        self.history_, self.converged_ = found.history, found.converged
        self.ability_, log_ease = best[:n], best[n:]
        self.difficulty_ = np.exp(-log_ease)
        self.class_prior_ = np.full(votes.classes.n_classes, 1 / votes.classes.n_classes)
        self.posterior_ = data.posterior(self.ability_, log_ease)

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        # The place -1 of an annotator never seen finds the mean at the end.
        ability = np.append(self.ability_, self.ability_.mean())[self._learnt_places(votes)]
        data = _Likelihood(votes)

        def likelihood(log_ease: Vector) -> tuple[float, Vector]:
            value, _, by_log_ease = data.at(ability, log_ease)
            return value, by_log_ease

        _, prior = self._priors(votes)
        log_ease, _ = self._maximise(likelihood, prior, data.votes.total_weight, prior.mean)
        return data.posterior(ability, log_ease)

    def _priors(self, votes: Votes) -> tuple[_Prior, _Prior]:
        """Those of the abilities and of the log eases."""
        ease = np.exp(self.ease_mean)
        log_odds = self.ability_mean * ease
        variance = expit(log_odds) * expit(-log_odds)
        per_annotator, per_item = (
            np.bincount(codes, votes.weight, minlength=n)
            for codes, n in ((votes.annotator, votes.n_annotators), (votes.item, votes.n_items))
        )
        return (
            _prior(self.ability_mean, self.ability_sd, variance * ease**2 * per_annotator),
            _prior(self.ease_mean, self.ease_sd, variance * log_odds**2 * per_item),
        )

    def _first_abilities(self, votes: Votes, gold: NDArray[np.int32]) -> Vector:
        """Abilities (n_annotators,) by agreement with the shares of votes, all above chance.

        From the mean of the prior, which is far above poor annotators, the search could overshoot
        to where all are worse than chance and every label is wrong.
        """
        shares = vote_shares(votes, gold)
        agreed, given = (
            np.bincount(votes.annotator, each, minlength=votes.n_annotators)
            for each in (shares[votes.item, votes.label], np.ones(len(votes)))
        )
        rate = np.divide(
            agreed, given, out=np.full_like(agreed, agreed.sum() / len(votes)), where=given > 0
        )
        lowest = 1 / max(votes.classes.n_classes, 2) + ABOVE_CHANCE
        log_odds = logit(rate.clip(lowest, max(lowest, 1 - ABOVE_CHANCE)))
        first: Vector = log_odds / np.exp(self.ease_mean)
        return first

    def _maximise(
        self,
        likelihood: Callable[[Vector], tuple[float, Vector]],
        prior: _Prior,
        n_votes: float,
        start: Vector,
    ) -> tuple[Vector, EMResult]:
        """The likeliest parameters after the votes."""

        def objective(steps: Vector) -> tuple[float, Vector]:
            away = steps * prior.step
            value, gradient = likelihood(prior.mean + away)
            pull = away / prior.variance
            return value - 0.5 * float((away * pull).sum()), prior.step * (gradient - pull)

        found = ascend(
            objective,
            (start - prior.mean) / prior.step,
            scale=max(n_votes, 1.0),
            tol=self.tol,
            max_iter=self.max_iter,
            name=type(self).__name__,
        )
        return prior.mean + found.parameters * prior.step, found


class _Prior(NamedTuple):
    """What is known of parameters (p,) beforehand, and in what steps they are searched."""

    mean: Vector
    variance: Vector
    step: Vector


def _prior(mean: float, sd: float, information: Vector) -> _Prior:
    """One normal prior for all; with these steps the curvature after the votes is about 1."""
    means, variances = np.full_like(information, mean), np.full_like(information, sd**2)
    return _Prior(means, variances, 1 / np.sqrt(1 / variances + information))


class _Likelihood:
    """Log-likelihood of votes at any abilities (n_annotators,) and log eases (n_items,)."""

    def __init__(self, votes: Votes, gold: NDArray[np.int32] | None = None) -> None:
        self.annotator = votes.annotator
        # A pass over a block also costs one over the abilities.
        self.votes = VotedClasses(votes, gold, at_least=votes.n_annotators)
        self.log_others = float(np.log(max(votes.classes.n_classes - 1, 1)))

    def at(
        self, ability: Vector, log_ease: Vector, keep: NDArray[np.float64] | None = None
    ) -> tuple[float, Vector, Vector]:
        """The value, and its gradients by abilities and by log eases; beliefs go to ``keep``."""
        value, by_ability, by_log_ease = 0.0, np.zeros_like(ability), np.zeros_like(log_ease)
        for block in self.votes.blocks:
            annotator = self.annotator[block.votes]
            ease = np.exp(log_ease[block.items]).repeat(block.votes_per_item)
            log_odds = (ability[annotator] * ease).clip(-SUREST, SUREST)
            wrong = expit(-log_odds)
            beliefs = block.believe(block.weighted(log_odds + self.log_others), keep)
            value += beliefs.log_evidence
            value += float(block.weighted(np.log(wrong) - self.log_others).sum())
            slope = block.weighted(beliefs.vote - 1 + wrong)
            slope *= ease
            by_ability += np.bincount(annotator, slope, minlength=ability.size)
            slope *= ability[annotator]
            by_log_ease[block.items] = block.sum_by_item(slope)
        return value, by_ability, by_log_ease

    def posterior(self, ability: Vector, log_ease: Vector) -> NDArray[np.float64]:
        """Belief (n_items, K)."""
        beliefs = np.empty((self.votes.n_items, self.votes.n_classes))
        self.at(ability, log_ease, keep=beliefs)
        return beliefs
