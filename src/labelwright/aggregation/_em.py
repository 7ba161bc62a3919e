"""The EM loop: steps, acceleration, tolerance, history."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import ConvergenceWarning

__all__ = ["EMResult", "run_em"]

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class EMResult:
    """Parameters at the end, the objective at every point kept, and whether it had settled."""

    parameters: Vector
    history: list[float]
    converged: bool


def run_em(
    step: Callable[[Vector], tuple[Vector, float]],
    start: Vector,
    *,
    project: Callable[[Vector], Vector],
    scale: float,
    tol: float,
    max_iter: int,
    accelerate: bool,
    name: str,
) -> EMResult:
    """Climb an objective by EM steps, with squared extrapolation (SQUAREM) between them.

    Parameters
    ----------
    step : function of parameters
        One EM step: the new parameters, and the objective **at the old ones**.
    start : (p,) array
        Unconstrained (log) parameters.
    project : function of parameters
        Back to valid parameters after an extrapolation.
    scale : float
        What the objective is divided by (the number of votes) before it is held against ``tol``.
    tol, max_iter
        Stop when one plain EM step gains no more than ``tol``, or after ``max_iter`` steps.
    accelerate : bool
        Extrapolate from every two steps; the point is kept only if the objective did not fall, so
        the history never does.
    name : str
        Who is asking, for the warning.

    References
    ----------
    Varadhan and Roland, 2008; the step length is theirs, -norm(r) / norm(v).
    """
    x0 = start
    x1, value = step(x0)
    n_steps, history = 1, [value]
    gain = np.inf
    while n_steps < max_iter:
        x2, higher = step(x1)
        n_steps += 1
        history.append(higher)
        gain = (higher - value) / scale
        if gain <= tol:
            return EMResult(x2, history, converged=True)
        jump = project(_extrapolate(x0, x1, x2)) if accelerate else None
        x0, x1, value = x1, x2, higher
        if jump is not None and n_steps < max_iter:
            beyond, reached = step(jump)
            n_steps += 1
            if reached >= value:
                x0, x1, value = jump, beyond, reached
                history.append(value)
    warnings.warn(
        f"{name} stopped after {n_steps} steps while a step still gained {gain:.1e} a vote "
        f"(tol is {tol:.1e}). Raise max_iter, or tol if that is close enough.",
        ConvergenceWarning,
        stacklevel=5,
    )
    return EMResult(x1, history, converged=False)


def _extrapolate(x0: Vector, x1: Vector, x2: Vector) -> Vector:
    r = x1 - x0
    v = (x2 - x1) - r
    curvature = _norm(v)
    length = max(_norm(r) / curvature, 1.0) if curvature > 0 else 1.0
    return x0 + 2 * length * r + length**2 * v


def _norm(x: Vector) -> float:
    # np.linalg.norm hands long vectors to the threads of BLAS, and to wake those takes longer.
    return float(np.sqrt(np.square(x).sum()))
