"""How far annotators agree, pair by pair, for all pairs who share items."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from labelwright.core.errors import CapabilityError
from labelwright.core.votes import Votes

__all__ = ["pair_agreement"]

# At about 40 bytes a pair while they are counted, the most takes some 2.5 GiB.
MAX_PAIRS = 2**26
# Rows are looked up in dense blocks of so many cells, which stay in the cache.
BLOCK_CELLS = 1 << 18


def pair_agreement(votes: Votes, gold: NDArray[np.int32]) -> csr_array:
    """Agreement of pairs of annotators who share items, on a scale from chance 0 to certainty 1.

    Gold counts as one more annotator, the last.

    Returns
    -------
    agreement : (n_annotators + 1, n_annotators + 1) csr_array
        Without a diagonal; every pair that shares an item is stored, also where it is 0.

    Raises
    ------
    CapabilityError
        If there are too many pairs. There are at most n_annotators ** 2, and at most the sum over
        items of the squared number of votes.
    """
    _check_pairs(votes)
    k = votes.classes.n_classes
    known = np.flatnonzero(gold >= 0)
    item = np.concatenate([votes.item, known])
    who = np.concatenate([votes.annotator, np.full(known.size, votes.n_annotators, np.int32)])
    label = np.concatenate([votes.label, gold[known]]).astype(np.int64)
    weight = np.ones(item.size)
    if votes.weight is not None:
        weight[: len(votes)] = votes.weight
    together = _products(item, who, weight, votes.n_annotators + 1)
    agreed = _products(item * np.int64(k) + label, who, weight, votes.n_annotators + 1)
    chance = 1 / max(k, 2)
    for rows in _row_blocks(np.diff(together.indptr)):
        own = slice(together.indptr[rows.start], together.indptr[rows.stop])
        row = np.repeat(np.arange(rows.stop - rows.start), np.diff(together.indptr)[rows])
        right = agreed[rows].toarray()[row, together.indices[own]]
        together.data[own] = (right / together.data[own] - chance) / (1 - chance)
    return together


def _check_pairs(votes: Votes) -> None:
    n = min(votes.n_annotators**2, int(np.square(np.diff(votes.indptr)).sum()))
    if n > MAX_PAIRS:
        raise CapabilityError(
            f"Up to {n:,} pairs of annotators share items; {MAX_PAIRS:,} fit.",
            hint="OneCoinDawidSkene learns the same skills without pairs. Or select the "
            "annotators with most votes.",
        )


def _products(cell: NDArray, who: NDArray, weight: NDArray[np.float64], n: int) -> csr_array:
    """Weighted numbers of cells (items, or items and labels) that pairs of annotators share."""
    _, row = np.unique(cell, return_inverse=True)
    given = csr_array((weight, (row, who)), shape=(int(row.max()) + 1, n))
    shared = (given.T @ given).tocsr()
    shared.setdiag(0)
    shared.eliminate_zeros()
    shared.sort_indices()
    return shared


def _row_blocks(degree: NDArray[np.int64]) -> Iterator[slice]:
    """Successive rows whose dense blocks hold about ``BLOCK_CELLS`` cells."""
    step = max(BLOCK_CELLS // degree.size, 1)
    for first in range(0, degree.size, step):
        yield slice(first, min(first + step, degree.size))
