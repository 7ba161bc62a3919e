"""Variational Bayes of models in which an annotator errs by a confusion matrix.

The truth and the parameters are taken to be independent a posteriori (mean field). Every row of a
confusion matrix, and the class prior, then has a Dirichlet posterior; the E-step is that of EM with
``exp(E[log p])`` in place of ``p``, and the M-step adds the expected counts to the prior. Each step
raises a lower bound of the log evidence.

A class may be divided into subtypes with confusions of their own. A *state* is a class and a
subtype, class by class; without subtypes states are classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

__all__ = ["DirichletPosterior", "expected_log"]

Floats = NDArray[np.float64]
Expect = Callable[[Floats, Floats], tuple[float, Floats, Floats]]


@dataclass(frozen=True)
class DirichletPosterior:
    """The Dirichlet posteriors as one vector of logs, the coordinate step, and the bound.

    Attributes
    ----------
    expect : function
        The E-step: from expected logs of confusions (n_annotators, S, K) and of states (S,) to the
        log-likelihood, the expected votes (n_annotators, S, K) and the expected items (S,).
    n_annotators : int
    vote_prior : (S, K)
        Pseudo-votes [state, given].
    class_prior : (K,)
        Pseudo-items.
    subtype_prior : float
        Pseudo-items in every subtype of a class.
    most : float
        No parameter exceeds its prior by more than this: the total weight of votes and items.
    """

    expect: Expect
    n_annotators: int
    vote_prior: Floats
    class_prior: Floats
    subtype_prior: float
    most: float

    def step(self, logs: Floats) -> tuple[Floats, float]:
        """Posteriors after one step, and the bound **at the old ones**."""
        votes, states = self.unpack(logs)
        log_confusion = expected_log(votes)
        log_states, divergence = self._about_states(states)
        divergence += _divergence(votes, self.vote_prior, log_confusion)
        log_likelihood, counts, items = self.expect(log_confusion, log_states)
        return self.pack(counts, items), log_likelihood - divergence

    def pack(self, counts: Floats, items: Floats) -> Floats:
        """Expected votes and items, with the prior added, as one vector of logs."""
        votes, states = counts + self.vote_prior, items + self.subtype_prior
        return np.log(np.concatenate([votes.ravel(), states]))

    def unpack(self, logs: Floats) -> tuple[Floats, Floats]:
        """Dirichlet parameters of confusions (n_annotators, S, K) and of subtypes (S,)."""
        parameters = np.exp(logs)
        cut = self.n_annotators * self.vote_prior.size
        return parameters[:cut].reshape(self.n_annotators, *self.vote_prior.shape), parameters[cut:]

    def project(self, logs: Floats) -> Floats:
        """Back to what can be reached: no less than the prior, no more than all votes."""
        least = self.pack(np.zeros((self.n_annotators, *self.vote_prior.shape)), self._no_items())
        return np.clip(logs, least, np.logaddexp(least, np.log(self.most)))

    def class_parameters(self, states: Floats) -> Floats:
        """Dirichlet parameters (K,) of the class prior."""
        by_class = states.reshape(self.class_prior.size, -1) - self.subtype_prior
        return self.class_prior + by_class.sum(axis=1)

    def expected_log_states(self, states: Floats) -> Floats:
        """Expected logs (S,) of the probabilities of states."""
        return self._about_states(states)[0]

    def _about_states(self, states: Floats) -> tuple[Floats, float]:
        classes = self.class_parameters(states)
        subtypes = states.reshape(classes.size, -1)
        log_classes, log_subtypes = expected_log(classes), expected_log(subtypes)
        divergence = _divergence(classes, self.class_prior, log_classes)
        divergence += _divergence(subtypes, self.subtype_prior, log_subtypes)
        return (log_classes[:, None] + log_subtypes).ravel(), divergence

    def _no_items(self) -> Floats:
        return np.zeros(len(self.vote_prior))


def expected_log(parameters: Floats) -> Floats:
    """E[log p] of Dirichlet distributions along the last axis."""
    return digamma(parameters) - digamma(parameters.sum(axis=-1, keepdims=True))


def _divergence(parameters: Floats, prior: Floats | float, logs: Floats) -> float:
    """Sum of the Kullback-Leibler divergences of Dirichlet distributions from their priors."""
    prior = np.broadcast_to(prior, parameters.shape[-2:])
    away = np.einsum("...k,...k->...", parameters - prior, logs)
    return float((away + _log_beta(prior) - _log_beta(parameters)).sum())


def _log_beta(parameters: Floats) -> Floats:
    """Log normaliser of Dirichlet distributions along the last axis."""
    return gammaln(parameters).sum(axis=-1) - gammaln(parameters.sum(axis=-1))
