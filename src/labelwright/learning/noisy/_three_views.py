"""A class and how three labels of it err, from how often each three labels occur together.

If the labels err independently given the class, three of them have the chance
sum_y p_y T1[y, a] T2[y, b] T3[y, c]. What is sought is p and the three T, or the one T that all
share, such that these chances come out as counted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import linear_sum_assignment, minimize

from labelwright.core.errors import ConvergenceWarning, DataWarning
from labelwright.core.seeds import generator

__all__ = [
    "Misfit",
    "Noise",
    "best_noise",
    "divergence",
    "noise_starts",
    "squared_difference",
    "triple_shares",
    "warn_if_undetermined",
]

Matrix = NDArray[np.float64]
Tensor = NDArray[np.float64]
Misfit = Callable[[Tensor, Tensor], tuple[float, Tensor]]

# Labels are right with this chance where a search starts.
TRUST = 0.7
# Rows of a transition closer to dependent than this are told apart by noise alone.
NEARLY_SINGULAR = 0.05
# Labels that are as much alike as these by chance this often are taken to be unrelated.
CHANCE = 0.01
# Chances below this count as this in the divergence.
TINY = 1e-12


class Noise(NamedTuple):
    """Shares of the classes, and how labels err.

    Attributes
    ----------
    class_prior : (K,) float64
    transitions : (views, K, K) float64
        Chances [view, true, given]; one view where all three labels err alike.
    """

    class_prior: NDArray[np.float64]
    transitions: NDArray[np.float64]


def squared_difference(expected: Tensor, seen: Tensor) -> tuple[float, Tensor]:
    """Squared differences of chances of one, two and three labels; its gradient in ``expected``."""
    difference = expected - seen
    value, gradient = 0.0, np.zeros_like(difference)
    for summed in ((), (0,), (1,), (2,), (1, 2), (0, 2), (0, 1)):
        part = difference.sum(axis=summed, keepdims=True)
        value += float((part**2).sum())
        gradient += 2 * part
    return value, gradient


def divergence(expected: Tensor, seen: Tensor) -> tuple[float, Tensor]:
    """Kullback-Leibler divergence from what is seen, so that the least is maximum likelihood."""
    safe = expected.clip(min=TINY)
    value = float((seen * np.log(seen.clip(min=TINY) / safe)).sum())
    return value, -seen / safe


def best_noise(
    seen: Tensor, starts: Sequence[Noise], misfit: Misfit, *, tol: float, max_iter: int
) -> tuple[Noise, float, bool]:
    """The noise that explains shares (K, K, K) of three labels best.

    Parameters
    ----------
    seen : (K, K, K)
    starts : sequence of Noise
        All with as many views, one or three.
    misfit : function of expected and seen shares
    tol, max_iter
        Of the search (L-BFGS): it ends when a step lowers the misfit by no more than ``tol``.

    Returns
    -------
    noise : Noise
        With the classes in the order in which labels are mostly right.
    value : float
        Of the misfit.
    converged : bool
    """
    k, n_views = len(seen), len(starts[0].transitions)

    def objective(logits: Matrix) -> tuple[float, Matrix]:
        noise = _noise(logits, k, n_views)
        value, pull = misfit(_expected(noise), seen)
        return value, _gradient(noise, pull)

    ends = [
        minimize(
            objective,
            _logits(start),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": max_iter, "maxfun": 2 * max_iter, "ftol": tol, "gtol": 0.0},
        )
        for start in starts
    ]
    best = min(ends, key=lambda end: float(end.fun))
    noise = _in_order(_noise(best.x, k, n_views))
    # A search that can lower nothing any more ends with a status of its own.
    return noise, float(best.fun), bool(best.status != 1)


def _views(noise: Noise) -> tuple[Matrix, Matrix, Matrix]:
    one, two, three = noise.transitions if len(noise.transitions) == 3 else [*noise.transitions] * 3
    return one, two, three


def _expected(noise: Noise) -> Tensor:
    """Chances (K, K, K) of three labels."""
    k = noise.class_prior.size
    one, two, three = _views(noise)
    pairs = (noise.class_prior[:, None] * one)[:, :, None] * two[:, None, :]
    return (pairs.reshape(k, k * k).T @ three).reshape(k, k, k)


def _gradient(noise: Noise, pull: Tensor) -> Matrix:
    """Gradient in the logits, from that in the chances of three labels."""
    p = noise.class_prior
    one, two, three = _views(noise)
    # What each class would add if the label of a view were certain, by class and label.
    by_view = np.array(
        [
            np.einsum("abc,yb,yc->ya", pull, two, three, optimize=True),
            np.einsum("abc,ya,yc->yb", pull, one, three, optimize=True),
            np.einsum("abc,ya,yb->yc", pull, one, two, optimize=True),
        ]
    )
    to_p = (by_view[0] * one).sum(axis=1)
    slopes = by_view * p[:, None]
    if len(noise.transitions) == 1:
        slopes = slopes.sum(axis=0, keepdims=True)
    centre = (slopes * noise.transitions).sum(axis=2, keepdims=True)
    to_rows = noise.transitions * (slopes - centre)
    return np.concatenate([p * (to_p - to_p @ p), to_rows.ravel()])


def _in_order(noise: Noise) -> Noise:
    """The classes ordered such that labels are right as often as possible."""
    right = noise.class_prior[:, None] * noise.transitions.mean(axis=0)
    classes, labels = linear_sum_assignment(right, maximize=True)
    order = classes[np.argsort(labels)]
    return Noise(noise.class_prior[order], noise.transitions[:, order])


def _logits(noise: Noise) -> Matrix:
    chances = np.concatenate([noise.class_prior, noise.transitions.ravel()])
    return np.log(chances.clip(min=1e-6))


def _noise(logits: Matrix, k: int, n_views: int) -> Noise:
    return Noise(
        special.softmax(logits[:k]), special.softmax(logits[k:].reshape(n_views, k, k), axis=2)
    )


def triple_shares(codes: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """Shares (K, K, K) of items by their three labels (n, 3)."""
    k = n_classes
    cells = (codes[:, 0] * k + codes[:, 1]) * k + codes[:, 2]
    return np.bincount(cells, minlength=k**3).reshape(k, k, k) / len(codes)


def noise_starts(
    seen: NDArray[np.float64], n_views: int, n_starts: int, random_state: Any
) -> list[Noise]:
    """Labels that are right seven times in ten, and the same with rows drawn around that."""
    k = len(seen)
    prior = (seen.sum(axis=(1, 2)) + seen.sum(axis=(0, 2)) + seen.sum(axis=(0, 1))) / 3
    prior = (prior + 1e-3) / (prior + 1e-3).sum()
    mean = TRUST * np.eye(k) + (1 - TRUST) * (1 - np.eye(k)) / (k - 1)
    rng = generator(random_state, "starts")
    drawn = [
        np.array([[rng.dirichlet(k * row) for row in mean] for _ in range(n_views)])
        for _ in range(n_starts - 1)
    ]
    return [Noise(prior, rows) for rows in (np.tile(mean, (n_views, 1, 1)), *drawn)]


def warn_if_undetermined(model: Any, noise: Noise, seen: Tensor, n: int) -> None:
    """Say so if the search did not end, or labels hardly tell classes apart.

    Parameters
    ----------
    model : part
        With ``converged_`` and ``max_iter``.
    noise : Noise
        What was found.
    seen : (K, K, K)
        Shares of three labels on n items.
    """
    if not model.converged_:
        warnings.warn(
            f"{type(model).__name__} stopped after {model.max_iter} steps before it had settled. "
            "Raise max_iter.",
            ConvergenceWarning,
            stacklevel=3,
        )
    least = float(np.linalg.svd(noise.transitions, compute_uv=False).min())
    if least < NEARLY_SINGULAR or not _related(seen.sum(axis=2), n):
        warnings.warn(
            "The labels of an item hardly depend on each other, or labels of some class hardly "
            f"differ from those of others (least singular value of the transition: {least:.2g}). "
            "So the transition is nearly undetermined: many others would fit as well. Merge "
            "classes, or get gold for some items.",
            DataWarning,
            stacklevel=3,
        )


def _related(pairs: Matrix, n: int) -> bool:
    """Whether two labels with shares (K, K) on n items depend on each other, by chi square."""
    expected = np.outer(pairs.sum(axis=1), pairs.sum(axis=0))
    used = expected > 0
    chi_square = n * float(((pairs - expected)[used] ** 2 / expected[used]).sum())
    freedom = np.prod([np.count_nonzero(pairs.sum(axis=axis)) - 1 for axis in (0, 1)])
    return bool(special.chdtrc(float(freedom), chi_square) < CHANCE)
