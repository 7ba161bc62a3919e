"""Penalised multinomial logistic regression on soft targets, by L-BFGS on dense or sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Objective:
    """Weighted cross entropy of soft targets plus ``|coef|^2 / (2 C)``, as a mean over the weight.

    With two classes only one vector of coefficients is free (the other is its negative), so that
    the penalty is the one of binary logistic regression. The intercept is not penalised.

    Parameters
    ----------
    X : array or CSR matrix of shape (n, p)
    targets : array of shape (n, K)
        Rows that sum to one.
    weight : array of shape (n,)
    C : float
        Inverse strength of the penalty.
    """

    X: Any
    targets: Floats
    weight: Floats
    C: float

    @property
    def n_free(self) -> int:
        """How many vectors of coefficients are free."""
        K = self.targets.shape[1]
        return 1 if K == 2 else K

    def __call__(self, free: Floats) -> tuple[float, Floats]:
        """Value and gradient at the free parameters, flattened from (p + 1, n_free)."""
        theta = free.reshape(-1, self.n_free)
        logits = scores(self.X, theta)
        log_norm = logsumexp(logits, axis=1)
        total, p = self.weight.sum(), self.X.shape[1]
        loss = self.weight @ (log_norm - np.einsum("nk,nk->n", self.targets, logits)) / total
        penalty = 0.5 / (self.C * total)
        value = loss + penalty * np.einsum("pk,pk->", theta[:p], theta[:p])

        residual = np.exp(logits - log_norm[:, None]) - self.targets
        residual *= (self.weight / total)[:, None]
        if self.n_free == 1:
            residual = residual[:, 1:]
        gradient = np.empty_like(theta)
        gradient[:p] = self.X.T @ residual + 2 * penalty * theta[:p]
        gradient[p] = residual.sum(axis=0)
        return float(value), gradient.ravel()


def scores(X: Any, theta: Floats) -> Floats:
    """Logits (n, K) from free parameters (p + 1, K), or (p + 1, 1) for two classes."""
    logits = X @ theta[:-1] + theta[-1]
    if theta.shape[1] == 1:
        return np.hstack([-0.5 * logits, 0.5 * logits])
    return logits


@dataclass(frozen=True)
class Fitted:
    """Coefficients (K, p), intercepts (K,), the steps taken and whether they settled."""

    coef: Floats
    intercept: Floats
    n_iter: int
    converged: bool
    theta: Floats


def fit_softmax(
    X: Any,
    targets: Floats,
    weight: Floats,
    *,
    C: float,
    max_iter: int,
    tol: float,
    start: Floats | None = None,
) -> Fitted:
    """Minimise :class:`Objective`; ``start`` are the parameters of a fit with another ``C``."""
    objective = Objective(X, targets, weight, C)
    theta = np.zeros((X.shape[1] + 1, objective.n_free)) if start is None else start
    options = {"maxiter": max_iter, "gtol": tol, "ftol": 64 * np.finfo(float).eps, "maxls": 50}
    # The optimiser's vectors are short for BLAS: its threads would spin ten times longer than work.
    with threadpool_limits(1, user_api="blas"):
        found = minimize(objective, theta.ravel(), jac=True, method="L-BFGS-B", options=options)
    theta = found.x.reshape(theta.shape)
    both = np.hstack([-0.5 * theta, 0.5 * theta]) if objective.n_free == 1 else theta
    return Fitted(both[:-1].T.copy(), both[-1].copy(), int(found.nit), found.status == 0, theta)
