"""Ways to divide items into groups that might do badly: clusters, given groups, table columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from labelwright.core._factorize import factorize
from labelwright.retrieval import NeighbourGraph

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Crossing", "Division", "clusters", "table_slices"]

MOST_VALUES = 50
"""A column of more distinct values is no way to divide items, unless it is numeric."""
MOST_COLUMNS = 30
"""Up to so many columns are also crossed with each other."""
N_BINS = 4
MIN_NEIGHBOURS = 5
LEVELS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False)
class Division:
    """Disjoint groups of items.

    Attributes
    ----------
    kind : str
    codes : (n,) integers
        -1 for items in no group.
    names : sequence of str
        What the group of each code is called.
    """

    kind: str
    codes: NDArray[np.signedinteger]
    names: Sequence[str]

    def name(self, code: int) -> str:
        """What a group is called."""
        return self.names[code]


@dataclass(frozen=True, eq=False)
class Crossing:
    """The groups that two divisions make together; its codes are worked out when asked for."""

    one: Division
    other: Division
    kind: str = "slice"

    @property
    def codes(self) -> NDArray[np.int64]:
        """Codes (n,), -1 for items in no group."""
        first, second = self.one.codes, self.other.codes
        cells = first.astype(np.int64) * len(self.other.names) + second
        return np.where((first >= 0) & (second >= 0), cells, -1)

    def name(self, code: int) -> str:
        """What a group is called."""
        first, second = divmod(code, len(self.other.names))
        return f"{self.one.names[first]} and {self.other.names[second]}"


def clusters(graph: NeighbourGraph, eps: float | None = None) -> Iterator[Division]:
    """Dense regions of the neighbour graph (DBSCAN), by default at three widths.

    The widths are quartiles of the distance to the fifth neighbour, so that they need no scale.
    """
    from sklearn.cluster import DBSCAN

    reach = graph.distances[:, min(MIN_NEIGHBOURS, graph.k) - 1]
    widths = [eps] if eps is not None else np.unique(np.quantile(reach, LEVELS)).tolist()
    indptr = np.arange(len(graph) + 1) * graph.k
    for width in widths:
        # A copy each time, since DBSCAN writes into the matrix.
        table = sp.csr_matrix(
            (graph.distances.ravel().copy(), graph.indices.ravel(), indptr),
            shape=(len(graph), len(graph)),
        )
        # Where most records have equal ones the width is zero, which DBSCAN refuses.
        width = max(width, np.finfo(np.float64).tiny)
        model = DBSCAN(eps=width, min_samples=MIN_NEIGHBOURS, metric="precomputed")
        found = model.fit_predict(table)
        names = [f"cluster {code}" for code in range(int(found.max(initial=-1)) + 1)]
        yield Division("cluster", found.astype(np.int64), names)


def table_slices(table: pl.DataFrame) -> Iterator[Division | Crossing]:
    """Values of each column that has few, quarters of each numeric one, and crossings of two."""
    single = [found for name in table.columns if (found := _column(table[name])) is not None]
    yield from single
    if len(single) <= MOST_COLUMNS:
        yield from (Crossing(one, other) for one, other in combinations(single, 2))


def _column(column: pl.Series) -> Division | None:
    if column.dtype.is_nested():
        return None
    codes, values = factorize(column)
    if len(values) > MOST_VALUES and column.dtype.is_numeric():
        return _quarters(column)
    if not 2 <= len(values) <= MOST_VALUES:
        return None
    names = [f"{column.name} = {value}" for value in values.tolist()]
    return Division("slice", codes.astype(np.int8), names)


def _quarters(column: pl.Series) -> Division | None:
    import polars as pl

    values = column.cast(pl.Float64).fill_nan(None).to_numpy()
    known = np.isfinite(values)
    edges = np.unique(np.quantile(values[known], np.arange(1, N_BINS) / N_BINS))
    codes = np.where(known, np.searchsorted(edges, values, side="left"), -1).astype(np.int8)
    shown = [f"{edge:.4g}" for edge in edges]
    names = [f"{column.name} <= {shown[0]}"]
    names += [f"{low} < {column.name} <= {high}" for low, high in pairwise(shown)]
    return Division("slice", codes, [*names, f"{column.name} > {shown[-1]}"])
