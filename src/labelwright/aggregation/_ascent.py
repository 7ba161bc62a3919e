"""Climb a smooth objective of many parameters by its gradient (L-BFGS).

scipy's ``minimize(method="L-BFGS-B")`` does the same, but hands vectors of this length to the
threads of BLAS, whose waking costs several times the CPU seconds of all the rest.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._em import EMResult
from labelwright.core.errors import ConvergenceWarning

__all__ = ["ascend"]

Vector = NDArray[np.float64]
Objective = Callable[[Vector], tuple[float, Vector]]

MEMORY = 10
# A step is taken if it gains at least this share of what the slope promises.
ENOUGH = 1e-4
MAX_CUTS = 30


class _Move(NamedTuple):
    """A step that was taken, by how much it lowered the gradient, and the product of the two."""

    step: Vector
    drop: Vector
    product: float


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
        Parameters scaled so that their curvature is about 1: the first step is the gradient.
    scale : float
        What the objective is divided by (the number of votes) before it is held against ``tol``.
    tol, max_iter
        Stop when an iteration gains no more than ``tol``, or after ``max_iter``.
    name : str
        Who is asking, for the warning.

    References
    ----------
    Nocedal, 1980, Updating quasi-Newton matrices with limited storage.
    """
    point, (value, gradient) = start, objective(start)
    history, gain = [value], np.inf
    moves: deque[_Move] = deque(maxlen=MEMORY)
    for _ in range(max_iter):
        found = _search(objective, point, value, gradient, _direction(moves, gradient))
        if found is None:
            return EMResult(point, history, converged=True)
        step, higher, flatter = found
        drop = gradient - flatter
        product = _dot(step, drop)
        if product > np.finfo(float).eps * _dot(drop, drop):
            moves.append(_Move(step, drop, product))
        gain = (higher - value) / scale
        point, value, gradient = point + step, higher, flatter
        history.append(value)
        if gain <= tol:
            return EMResult(point, history, converged=True)
    warnings.warn(
        f"{name} stopped after {max_iter} iterations while one still gained {gain:.1e} a vote "
        f"(tol is {tol:.1e}). Raise max_iter, or tol if that is close enough.",
        ConvergenceWarning,
        stacklevel=5,
    )
    return EMResult(point, history, converged=False)


def _direction(moves: deque[_Move], gradient: Vector) -> Vector:
    """The gradient times the inverse curvature that the last moves have shown."""
    direction = gradient.copy()
    shares = []
    for move in reversed(moves):
        share = _dot(move.step, direction) / move.product
        direction -= share * move.drop
        shares.append(share)
    if moves:
        direction *= moves[-1].product / _dot(moves[-1].drop, moves[-1].drop)
    for move, share in zip(moves, reversed(shares), strict=True):
        direction += (share - _dot(move.drop, direction) / move.product) * move.step
    return direction


def _search(
    objective: Objective, point: Vector, value: float, gradient: Vector, direction: Vector
) -> tuple[Vector, float, Vector] | None:
    """A step along the direction with its value and gradient; None if all that helps is too short.

    A step that gains too little is cut to where the parabola through what is known is highest.
    """
    slope, length = _dot(direction, gradient), 1.0
    for _ in range(MAX_CUTS):
        step = length * direction
        reached, there = objective(point + step)
        if reached >= value + ENOUGH * length * slope:
            return step, reached, there
        short = length * slope - (reached - value)
        peak = 0.5 * length * slope / short if np.isfinite(short) else 0.0
        length *= min(max(peak, 0.1), 0.5)
    return None


def _dot(one: Vector, other: Vector) -> float:
    return float(np.einsum("i,i->", one, other))
