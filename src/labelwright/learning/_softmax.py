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
    """Minimise :class:`Objective`; ``start`` are the parameters of a similar fit."""
    objective = Objective(X, targets, weight, C)
    shape = (X.shape[1] + 1, objective.n_free)
    scale = np.repeat(_column_scale(X, weight, C), objective.n_free)
    begin = np.zeros(scale.size) if start is None else start.ravel() / scale
    options = {"maxiter": max_iter, "gtol": tol, "ftol": 64 * np.finfo(float).eps, "maxls": 50}

    def scaled(free: Floats) -> tuple[float, Floats]:
        value, gradient = objective(scale * free)
        return value, scale * gradient

    # The optimiser's vectors are short for BLAS: its threads would spin ten times longer than work.
    with threadpool_limits(1, user_api="blas"):
        found = minimize(scaled, begin, jac=True, method="L-BFGS-B", options=options)
    theta = (scale * found.x).reshape(shape)
    both = np.hstack([-0.5 * theta, 0.5 * theta]) if objective.n_free == 1 else theta
    return Fitted(both[:-1].T.copy(), both[-1].copy(), int(found.nit), found.status == 0, theta)


def _column_scale(X: Any, weight: Floats, C: float) -> Floats:
    """Factors (p + 1,) under which rare and frequent columns are about equally curved.

    The curvature of a column is at most a quarter of its mean square, plus the penalty. Its square
    root evens out too much, since most probabilities end near 0 or 1; its fourth root takes a third
    of the steps that unscaled columns take on text.
    """
    total = weight.sum()
    squares = X.multiply(X) if hasattr(X, "multiply") else X**2
    curvature = 0.25 * np.asarray(weight @ squares).ravel() / total + 1 / (C * total)
    return np.append(curvature, 0.25) ** -0.25
