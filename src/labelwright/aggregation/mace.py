"""MACE, multi-annotator competence estimation: on each item an annotator either knows or spams.

Who knows gives the true class; who spams answers from a habit of their own, whatever the item. So
errors say something about the annotator's habits, and a frequent habit says little about an item.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, entr, gammaln

from labelwright.aggregation._base import TIE, TIE_RULES, ClassAggregator
from labelwright.aggregation._em import EMResult, run_em
from labelwright.aggregation._voted_classes import VotedClasses
from labelwright.core.params import Accepts, Bool, Int, OneOf, Real
from labelwright.core.seeds import generator
from labelwright.core.votes import Votes

__all__ = ["MACE"]

# Numbers of votes stay between these on the way, so that every logarithm is finite.
LEAST_VOTES, MOST_VOTES = 1e-10, 1e12


class MACE(ClassAggregator):
    """Classes, how often each annotator spams, and with what answers, found together.

    Parameters
    ----------
    method : {"vb", "em"}
        Variational Bayes with priors on what is learnt, or EM with ``smoothing`` only.
    spamming_prior : float
        With "vb": pseudo-votes of an annotator that know, and as many that spam. Below 1, most are
        thought to do nearly always the one or the other.
    strategy_prior : float
        With "vb": pseudo-votes of a spamming annotator for each class.
    smoothing : float
        With "em": pseudo-votes, divided by the number of classes and added to every count.
    n_init : int
        Number of starts; the one that ends highest is kept. The first takes all annotators to spam
        half the time, the others draw how often each does.
    max_iter, tol
        Stop when a step gains no more than ``tol`` in the objective a vote, or after ``max_iter``.
    accelerate : bool
        Squared extrapolation between steps: the same end in fewer steps.
    entropy_threshold : float
        Share of the items, the surest, that get a label; those whose belief has a higher entropy
        get none (``codes_`` is -1). Equally sure items stay together, so it may be a few more.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For the starts, and for ``ties="random"``.

    Attributes
    ----------
    spamming_ : (n_annotators,) float64
        Probability that an annotator spams.
    strategy_ : (n_annotators, K) float64
        Probability of each answer when spamming.
    pseudo_votes_ : (n_annotators, 2 + K) float64
        Expected votes of an annotator, with those of the prior: spammed, known, and spammed with
        each class. With "vb" these are the parameters of the Beta and Dirichlet posteriors, whose
        means stand above.
    mean_pseudo_votes_ : (2 + K,) float64
        Those of all annotators together, used for annotators never seen.
    posterior_ : (n_items, K) float64
    class_prior_ : (K,) float64
        Uniform.
    history_ : list of float
        Evidence lower bound ("vb") or log posterior density ("em") at each step of the start that
        was kept; never falls.

    Notes
    -----
    Spamming is told from knowing by answers that do not depend on the item. An annotator who takes
    one class for another is neither: :class:`DawidSkene` learns that, from more votes. Whoever only
    ever gives one class is taken for a spammer.

    References
    ----------
    Hovy, Berg-Kirkpatrick, Vaswani and Hovy, 2013, Learning whom to trust with MACE.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = MACE().fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.labels_, model.spamming_.round(2)
    ([0, 0, 1, 1], array([0.12, 0.12, 0.81]))
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "method": OneOf("vb", "em"),
        "spamming_prior": Real(0, open_low=True),
        "strategy_prior": Real(0, open_low=True),
        "smoothing": Real(0),
        "n_init": Int(1),
        "max_iter": Int(1),
        "tol": Real(0),
        "accelerate": Bool(),
        "entropy_threshold": Real(0, 1, open_low=True),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        method: str = "vb",
        spamming_prior: float = 0.5,
        strategy_prior: float = 10.0,
        smoothing: float = 0.01,
        n_init: int = 10,
        max_iter: int = 500,
        tol: float = 1e-7,
        accelerate: bool = True,
        entropy_threshold: float = 1.0,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.method = method
        self.spamming_prior = spamming_prior
        self.strategy_prior = strategy_prior
        self.smoothing = smoothing
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.accelerate = accelerate
        self.entropy_threshold = entropy_threshold
        self.ties = ties
        self.random_state = random_state

    @property
    def spamming_(self) -> NDArray[np.float64]:
        """Probability (n_annotators,) that an annotator spams."""
        self._check_fitted()
        return self.pseudo_votes_[:, 0] / self.pseudo_votes_[:, :2].sum(axis=1)

    @property
    def strategy_(self) -> NDArray[np.float64]:
        """Probability (n_annotators, K) of each answer when spamming."""
        self._check_fitted()
        spammed = self.pseudo_votes_[:, 2:]
        return spammed / spammed.sum(axis=1, keepdims=True)

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        data = _SpamVotes(votes, gold)
        runs = (self._climb(data, number) for number in range(self.n_init))
        best = max(runs, key=lambda run: run.history[-1])
        self.history_, self.converged_ = best.history, best.converged
        self.pseudo_votes_ = np.exp(best.parameters).reshape(votes.n_annotators, -1)
        self.posterior_ = np.empty((votes.n_items, votes.classes.n_classes))
        weights = self._log_weights(self.pseudo_votes_)
        _, known, spammed = data.expect(weights, keep=self.posterior_)
        everybody = (counts.sum(axis=0, keepdims=True) for counts in (known, spammed))
        self.pooled_pseudo_votes_ = self._pseudo_votes(*everybody)[0]
        self.class_prior_ = np.full(votes.classes.n_classes, 1 / votes.classes.n_classes)

    def _climb(self, data: _SpamVotes, number: int) -> EMResult:
        """Go uphill from one of the starts."""

        def step(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
            pseudo_votes = np.exp(logs).reshape(len(data.totals), -1)
            weights = self._log_weights(pseudo_votes)
            log_likelihood, known, spammed = data.expect(weights)
            objective = log_likelihood + self._log_prior(pseudo_votes)
            return _logs(self._pseudo_votes(known, spammed)), objective

        n = len(data.totals)
        random = generator(self.random_state, "start", number)
        spamming = (random.random(n) if number else np.full(n, 0.5))[:, None]
        start = self._pseudo_votes((1 - spamming) * data.totals, spamming * data.totals)
        return run_em(
            step,
            _logs(start),
            project=lambda logs: logs.clip(np.log(LEAST_VOTES), np.log(MOST_VOTES)),
            scale=data.votes.total_weight,
            tol=self.tol,
            max_iter=self.max_iter,
            accelerate=self.accelerate,
            name=type(self).__name__,
        )

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        # The place -1 of an annotator never seen finds all annotators together at the end.
        learnt = np.vstack([self.pseudo_votes_, self.pooled_pseudo_votes_])
        weights = self._log_weights(learnt[self._learnt_places(votes)])
        posterior = np.empty((votes.n_items, votes.classes.n_classes))
        _SpamVotes(votes).expect(weights, keep=posterior)
        return posterior

    def _decide(self, known: NDArray[np.bool_]) -> None:
        super()._decide(known)
        judged = np.flatnonzero((self.item_votes_ > 0) & ~known)
        n_kept = int(np.ceil(self.entropy_threshold * judged.size - TIE))
        if n_kept < judged.size:
            entropy = entr(self.posterior_[judged]).sum(axis=1)
            highest = np.partition(entropy, n_kept - 1)[n_kept - 1]
            self.codes_[judged[entropy > highest + TIE]] = -1

    def _pseudo_votes(
        self, known: NDArray[np.float64], spammed: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The M-step: (n, 2 + K), from expected votes (n, K) that were known and spammed."""
        choices = np.column_stack([spammed.sum(axis=1), known.sum(axis=1)])
        if self.method == "em":
            return np.hstack([choices, spammed]) + self.smoothing / spammed.shape[1]
        return np.hstack([choices + self.spamming_prior, spammed + self.strategy_prior])

    def _log_weights(self, pseudo_votes: NDArray[np.float64]) -> _LogWeights:
        """Log probabilities to know, and to spam with each class; their expectations for "vb"."""
        expected = np.log if self.method == "em" else digamma
        choices, spammed = (
            expected(part) - expected(part.sum(axis=1, keepdims=True))
            for part in (pseudo_votes[:, :2], pseudo_votes[:, 2:])
        )
        return _LogWeights(choices[:, 1:], choices[:, :1] + spammed)

    def _log_prior(self, pseudo_votes: NDArray[np.float64]) -> float:
        """What the objective has beside the log-likelihood."""
        parts = pseudo_votes[:, :2], pseudo_votes[:, 2:]
        if self.method == "em":
            logs = (np.log(part / part.sum(axis=1, keepdims=True)).sum() for part in parts)
            return self.smoothing / parts[1].shape[1] * float(sum(logs))
        priors = self.spamming_prior, self.strategy_prior
        return -sum(_divergence(part, prior) for part, prior in zip(parts, priors, strict=True))


class _LogWeights(NamedTuple):
    """Logs of how likely annotators are to know (n, 1), and to spam with each class (n, K)."""

    know: NDArray[np.float64]
    spam: NDArray[np.float64]


class _SpamVotes:
    """Votes, and the E-step on them."""

    def __init__(self, votes: Votes, gold: NDArray[np.int32] | None = None) -> None:
        n, k = votes.n_annotators, votes.classes.n_classes
        answer = votes.annotator.astype(np.intp) * k + votes.label
        self.totals = np.bincount(answer, votes.weight, minlength=n * k).reshape(n, k)
        # A pass over a block also costs one over this table.
        self.votes = VotedClasses(votes, gold, at_least=n * k)
        self.answers = [answer[block.votes] for block in self.votes.blocks]

    def expect(
        self, weights: _LogWeights, keep: NDArray[np.float64] | None = None
    ) -> tuple[float, NDArray, NDArray]:
        """Log-likelihood, and expected votes (n_annotators, K) that were known and spammed.

        Beliefs about the items go to ``keep`` (n_items, K).
        """
        right_anyhow = np.logaddexp(weights.know, weights.spam)
        ahead = (right_anyhow - weights.spam).ravel()
        log_likelihood = float((self.totals * weights.spam).sum())
        right = np.zeros(ahead.size)
        for block, answer in zip(self.votes.blocks, self.answers, strict=True):
            beliefs = block.believe(block.weighted(ahead[answer]), keep)
            log_likelihood += beliefs.log_evidence
            right += np.bincount(answer, block.weighted(beliefs.vote), minlength=right.size)
        known = right.reshape(self.totals.shape) * np.exp(weights.know - right_anyhow)
        return log_likelihood, known, (self.totals - known).clip(min=0)


def _logs(pseudo_votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parameters as one vector of logs, in which an extrapolation makes sense."""
    return np.log(pseudo_votes.ravel().clip(min=LEAST_VOTES))


def _divergence(parameters: NDArray[np.float64], prior: float) -> float:
    """From symmetric Dirichlet distributions to those with these parameters, a row each."""
    totals, size = parameters.sum(axis=1), parameters.shape[1]
    expected = digamma(parameters) - digamma(totals)[:, None]
    normalisers = gammaln(totals) - gammaln(parameters).sum(axis=1)
    prior_normaliser = gammaln(size * prior) - size * gammaln(prior)
    moved = ((parameters - prior) * expected).sum(axis=1)
    return float((normalisers - prior_normaliser + moved).sum())
