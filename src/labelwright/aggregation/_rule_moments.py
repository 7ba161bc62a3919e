"""How often the votes of rules occur together, two by two and three by three."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._rule_columns import Columns
from labelwright.core.errors import CapabilityError

__all__ = ["Triples", "pair_shares", "three_groups", "triple_shares"]

Matrix = NDArray[np.float64]

# One-hot rows of a block are read by a matrix product; they should stay in the cache.
BLOCK_BYTES = 1 << 21
# The pairs of more columns would take gigabytes.
MAX_COLUMNS = 8192


class Triples(NamedTuple):
    """How three groups of rules vote on the same items.

    Attributes
    ----------
    votes_for : (3, d, K) float64
        Votes for each class that a column adds to those of its group; zero in other groups.
    share : (K, K, K) float64
        Mean over items of the product of the groups' numbers of votes for three classes.
    precision : (K, K, K) float64
        One over the variance of that product on an item, if the groups were independent.
    """

    votes_for: Matrix
    share: Matrix
    precision: Matrix


def pair_shares(columns: Columns, used: NDArray[np.int64], n_columns: int) -> Matrix:
    """Share (d, d) of items that fall into each two of the used columns; on the diagonal, in each.

    Parameters
    ----------
    columns : Columns
    used : (d,) int
        The columns that have votes, sorted.
    n_columns : int
        How many columns there are.
    """
    pairs = np.zeros((used.size, used.size))
    for rows in _one_hot_blocks(columns, used, n_columns):
        pairs += rows.T @ rows
    return pairs / (columns.indptr.size - 1)


def triple_shares(
    columns: Columns, used: NDArray[np.int64], n_columns: int, votes_for: Matrix
) -> Triples:
    """How three groups vote on the same items; ``votes_for`` is that of :class:`Triples`."""
    n_items, k = columns.indptr.size - 1, votes_for.shape[2]
    share, squares = np.zeros((k * k, k)), np.zeros((3, k))
    weights = votes_for.transpose(1, 0, 2).reshape(used.size, 3 * k)
    for rows in _one_hot_blocks(columns, used, n_columns):
        counts = (rows @ weights).reshape(len(rows), 3, k)
        squares += np.einsum("igk,igk->gk", counts, counts)
        both = counts[:, 0, :, None] * counts[:, 1, None, :]
        share += both.reshape(-1, k * k).T @ counts[:, 2]
    # A class that a group never votes for has no triples to be explained.
    spread = np.einsum("a,b,c->abc", *squares / n_items)
    precision = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    return Triples(votes_for, share.reshape(k, k, k) / n_items, precision)


def three_groups(unit: NDArray[np.int64], votes_for: Matrix, share: NDArray[np.float64]) -> Matrix:
    """Deal rules into three groups that vote about equally often for each class.

    Parameters
    ----------
    unit : (d,) int
        Columns of the same unit stay together.
    votes_for : (d, K)
        Share of the votes in a column that are for each class.
    share : (d,)
        Share of the items in each column.

    Returns
    -------
    (3, d, K) float64
        ``votes_for`` in the group of a column, zero in the others.
    """
    _, place = np.unique(unit, return_inverse=True)
    votes = np.zeros((int(place.max()) + 1, votes_for.shape[1]))
    np.add.at(votes, place, votes_for * share[:, None])
    group = np.empty(len(votes), dtype=np.int64)
    dealt = np.zeros((3, votes.shape[1]))
    for rule in np.argsort(-votes.sum(axis=1), kind="stable").tolist():
        group[rule] = dealt[:, votes[rule].argmax()].argmin()
        dealt[group[rule]] += votes[rule]
    return np.array([votes_for * (group[place] == number)[:, None] for number in range(3)])


def _one_hot_blocks(
    columns: Columns, used: NDArray[np.int64], n_columns: int
) -> Iterator[NDArray[np.float32]]:
    """Items as one-hot rows over the used columns, a block at a time, all in the same memory.

    Sums of products of ones are exact in float32 up to 16 million rows; a block has far fewer.
    """
    if used.size > MAX_COLUMNS:
        raise CapabilityError(
            f"There are {used.size:,} kinds of vote here, too many to look at all pairs of them.",
            hint="Label models are for rules. For a crowd of people take DawidSkene.",
        )
    place = np.zeros(n_columns, dtype=np.int64)
    place[used] = np.arange(used.size)
    n_items, d = columns.indptr.size - 1, used.size
    step = max(BLOCK_BYTES // (4 * d), 256)
    memory = np.empty((min(step, n_items), d), dtype=np.float32)
    for first in range(0, n_items, step):
        offsets = columns.indptr[first : first + step + 1]
        rows = memory[: offsets.size - 1]
        rows[:] = 0
        cell = place[columns.column[offsets[0] : offsets[-1]]]
        cell += np.repeat(np.arange(0, rows.size, d), np.diff(offsets))
        rows.ravel()[cell] = 1
        yield rows
