"""Skills from how pairs of annotators agree: a robust rank-one completion of a sparse matrix.

If annotators err independently and evenly over the other classes, the agreement of two of them,
scaled so that chance is 0 and certainty 1, is the product of their skills. Each observed pair thus
states a skill as a ratio, agreement over the skill of the other, and an annotator's skill is the
mean of these ratios without the most extreme ones (Ma and Olshevsky, 2020).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

__all__ = ["Completion", "complete", "signs"]

Vector = NDArray[np.float64]

# Pairs are handled in blocks that stay in the cache.
BLOCK_PAIRS = 1 << 18
# No ratio is taken to a skill nearer to chance than this.
LEAST_SKILL = 1e-6
SIGN_STEPS = 50
# Which ratios are left out may go to and fro for ever; after so many steps it stays as it is.
CHOICE_STEPS = 50

Kept = list[NDArray[Any]] | None


class Completion(NamedTuple):
    """Sizes of the skills (n,), how much the last step changed them, and whether that is little."""

    sizes: Vector
    change: float
    settled: bool


class _Block(NamedTuple):
    """Pairs of some annotators: a row an annotator, and where it is filled; the rest is 0."""

    rows: NDArray[np.int64]
    others: NDArray[np.int32]
    sizes: Vector
    filled: NDArray[np.bool_]
    trim: NDArray[np.int64]


def complete(
    agreement: csr_array,
    trim: NDArray[np.int64],
    *,
    known: Vector,
    tol: float,
    max_iter: int,
) -> Completion:
    """Sizes of the skills, from the sizes of agreements.

    Parameters
    ----------
    agreement : (n, n) csr_array
        Symmetric. A row without pairs has the size 0.
    trim : (n,) int64
        How many of an annotator's ratios are left out at either end: the largest of those above
        the present skill, and the smallest of those below.
    known : (n,)
        Skills that are given; NaN elsewhere.
    tol, max_iter
        Stop when no skill changes by more than ``tol``, or after ``max_iter`` steps.
    """
    blocks = _blocks(agreement, trim)
    given = ~np.isnan(known)
    degree = np.diff(agreement.indptr)
    total = np.asarray(abs(agreement).sum(axis=1))
    start = total / np.maximum(degree, 1) / np.sqrt(max(total.sum() / degree.sum(), LEAST_SKILL))
    left = right = sizes = np.where(given, known, start)
    kept: tuple[Kept, Kept] = (None, None)
    change = np.inf
    for step in range(max_iter):
        means, right_kept = _mean_ratios(blocks, left, right, kept[0])
        right = np.where(given, known, means)
        means, left_kept = _mean_ratios(blocks, right, left, kept[1])
        left = np.where(given, known, means)
        if step + 1 >= CHOICE_STEPS:
            kept = (right_kept, left_kept)
        # Only the product is determined: one side may be large and the other small.
        before, sizes = sizes, np.sqrt(left * right)
        change = float(np.abs(sizes - before).max())
        if change <= tol:
            return Completion(sizes, change, settled=True)
    return Completion(sizes, change, settled=False)


def _blocks(agreement: csr_array, trim: NDArray[np.int64]) -> list[_Block]:
    degree = np.diff(agreement.indptr)
    order = np.argsort(degree, kind="stable")
    order = order[degree[order] > 0]
    found, first = [], 0
    while first < order.size:
        # The widest row is the last, so the block is made a little smaller than it could be.
        width = degree[order[min(first + BLOCK_PAIRS // degree[order[first]], order.size - 1)]]
        rows = order[first : first + max(BLOCK_PAIRS // width, 1)]
        first += rows.size
        filled = np.arange(degree[rows[-1]]) < degree[rows, None]
        part = agreement[rows]
        others = np.zeros(filled.shape, dtype=np.int32)
        sizes = np.zeros(filled.shape)
        others[filled], sizes[filled] = part.indices, np.abs(part.data)
        found.append(_Block(rows, others, sizes, filled, trim[rows]))
    return found


def _mean_ratios(
    blocks: list[_Block], skill: Vector, own: Vector, kept: Kept
) -> tuple[Vector, list[NDArray[Any]]]:
    """Mean ratio of each annotator to the skills of the others, and which ratios were kept.

    Extremes are left out, unless it is given what to keep.
    """
    means, used = own.copy(), []
    inverse = 1 / np.maximum(skill, LEAST_SKILL)
    for number, block in enumerate(blocks):
        ratios = block.sizes * inverse[block.others]
        now = own[block.rows]
        keep = _without_extremes(block, ratios, now) if kept is None else kept[number]
        n = keep.sum(axis=1)
        sums = np.einsum("ij,ij->i", ratios, keep)
        means[block.rows] = np.divide(sums, n, out=now, where=n > 0)
        used.append(keep)
    return means, used


def _without_extremes(block: _Block, ratios: Vector, now: Vector) -> NDArray[Any]:
    """Which ratios are kept: True or False, or the share of those that tie at a limit."""
    if not block.trim.any():
        return block.filled
    # Filled with the present skill, a row has the same extremes as before it was filled.
    ordered = np.where(block.filled, ratios, now[:, None])
    ordered.sort(axis=1)
    row, last = np.arange(len(ratios)), ratios.shape[1] - 1
    low, high = ordered[row, block.trim], ordered[row, last - block.trim]
    within = (ratios >= np.minimum(low, now)[:, None]) & (ratios <= np.maximum(high, now)[:, None])
    keep: NDArray[Any] = within & block.filled
    before = np.maximum(block.trim - 1, 0)
    for limit, outer, sign in (
        (low, ordered[row, before], 1),
        (high, ordered[row, last - before], -1),
    ):
        tied = (block.trim > 0) & (outer == limit) & (sign * limit < sign * now)
        if tied.any():
            keep = _with_tied_shares(keep, block, ratios, limit, sign, np.flatnonzero(tied))
    return keep


def _with_tied_shares(
    keep: NDArray[Any],
    block: _Block,
    ratios: Vector,
    limit: Vector,
    sign: int,
    rows: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Of the ratios that equal the limit in some rows, keep only as large a share as is left."""
    filled, found, limit = block.filled[rows], ratios[rows], limit[rows, None]
    at = filled & (found == limit)
    beyond = (filled & (sign * found < sign * limit)).sum(axis=1)
    share = 1 - (block.trim[rows] - beyond) / at.sum(axis=1)
    shared = keep.astype(float)
    shared[rows] = np.where(at, share[:, None], shared[rows])
    return shared


def signs(agreement: csr_array, sizes: Vector) -> Vector:
    """Signs (n,) of the skills; the last row stands for gold, which is above zero.

    From all above zero, agreements are followed until they settle on the leading direction of the
    signed graph. So in every group of linked annotators the majority, by skill, is above zero,
    unless gold says otherwise.
    """
    total = np.asarray(abs(agreement).sum(axis=1))
    scale = np.divide(1, total, out=np.zeros_like(total), where=total > 0)
    found = np.minimum(sizes, 1)
    for _ in range(SIGN_STEPS):
        found = 0.5 * (found + scale * (agreement @ found))
    if found[-1] < 0:
        _, group = connected_components(agreement, directed=False)
        found[group == group[-1]] *= -1
    return np.where(found < 0, -1.0, 1.0)
