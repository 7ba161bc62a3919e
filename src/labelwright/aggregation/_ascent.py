"""Climb a smooth objective of many parameters by its gradient (L-BFGS)."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from threadpoolctl import threadpool_limits

from labelwright.aggregation._em import EMResult
from labelwright.core.errors import ConvergenceWarning

__all__ = ["ascend"]

Vector = NDArray[np.float64]
Objective = Callable[[Vector], tuple[float, Vector]]


def ascend(
    objective: Objective,
    start: Vector,
    *,
    scale: float,
    tol: float,
    max_iter: int,
    name: str,
) -> EMResult:
    """Climb until an iteration gains next to nothing; the objective never falls.

    Parameters
    ----------
    objective : function of parameters
        The value and the gradient (p,).
    start : (p,) array
        Parameters scaled so that their curvatures are alike.
    scale : float
        What the objective is divided by (the number of votes) before it is held against ``tol``.
    tol, max_iter
        Stop when an iteration gains no more than ``tol``, or after ``max_iter``.
    name : str
        Who is asking, for the warning.

    References
    ----------
    Byrd, Lu, Nocedal and Zhu, 1995, for the optimiser, which is scipy's.
    """
    history = [objective(start)[0]]

    def below(point: Vector) -> tuple[float, Vector]:
        value, gradient = objective(point)
        return -value / scale, -gradient / scale

    def after_iteration(intermediate_result: OptimizeResult) -> None:
        history.append(-float(intermediate_result.fun) * scale)
        if history[-1] - history[-2] <= tol * scale:
            raise StopIteration

    options = {"maxiter": max_iter, "maxfun": 20 * max_iter, "gtol": 0.0, "ftol": 0.0}
    # Vectors of this length are handed to the threads of BLAS, and to wake those takes far longer.
    with threadpool_limits(1, user_api="blas"):
        found = minimize(
            below, start, jac=True, method="L-BFGS-B", callback=after_iteration, options=options
        )
    converged = len(history) <= max_iter or history[-1] - history[-2] <= tol * scale
    if not converged:
        warnings.warn(
            f"{name} stopped after {max_iter} iterations while one still gained "
            f"{(history[-1] - history[-2]) / scale:.1e} a vote (tol is {tol:.1e}). Raise max_iter, "
            "or tol if that is close enough.",
            ConvergenceWarning,
            stacklevel=5,
        )
    return EMResult(found.x, history, converged)
