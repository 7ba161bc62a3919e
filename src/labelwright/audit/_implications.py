"""Implications and exclusions between tags, as sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

__all__ = ["Edges", "closure", "collapse", "inherited_exclusions"]

Edges = Sequence[tuple[int, int]]


def collapse(n: int, edges: Edges) -> NDArray[np.int64]:
    """The group of each tag (n,): tags in a circle of edges share the place of their first."""
    _, component = connected_components(_matrix(n, edges), connection="strong")
    first = np.full(n, n)
    np.minimum.at(first, component, np.arange(n))
    return first[component].astype(np.int64)


def closure(group: NDArray[np.int64], edges: Edges) -> sp.csr_array:
    """What follows from each tag (n, n): itself, its group, and all that edges lead to."""
    n = len(group)
    reached = sp.csr_array(_matrix(n, edges) + sp.eye_array(n)) > 0
    while True:
        # Squaring doubles the length of the paths, so this ends after log2 of the longest.
        further = sp.csr_array(reached.astype(np.float64) @ reached.astype(np.float64) > 0)
        if further.nnz == reached.nnz:
            return further
        reached = further


def inherited_exclusions(implied: sp.csr_array, excluded: Edges) -> sp.csr_array:
    """Which tags cannot go together (n, n): two exclude each other if what they imply does."""
    n = implied.shape[0]
    apart = _matrix(n, excluded)
    apart = apart + apart.T
    below = implied.astype(np.float64)
    return sp.csr_array(below @ apart @ below.T > 0)


def _matrix(n: int, edges: Edges) -> sp.csr_array:
    rows, columns = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    return sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))
