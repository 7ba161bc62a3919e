"""The forest of columns that explains a table best, and rows drawn from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from labelwright.report.nutrition._binning import Binned, Floats, joint_counts, worth

__all__ = ["bootstrap_frequencies", "draw_rows", "fit_forest"]

Edges = list[tuple[int, int]]


def fit_forest(binned: Binned, joint: Floats) -> Edges:
    """The forest of greatest likelihood, less the BIC penalty of its tables (Chow and Liu's tree).

    An edge is left out where its table costs more than it explains, so columns that depend on no
    other stand alone.
    """
    gain = worth(binned, joint)
    # A minimum spanning tree takes zero for no edge, so costs begin above it.
    costs = np.where(gain > 0, gain.max(initial=0.0) + 1 - gain, 0.0)
    tree = sparse.coo_array(csgraph.minimum_spanning_tree(sparse.csr_array(costs)))
    return sorted(zip(tree.row.tolist(), tree.col.tolist(), strict=True))


def bootstrap_frequencies(
    binned: Binned, edges: Edges, n_resamples: int, rng: np.random.Generator
) -> list[float]:
    """In which share of forests from resampled rows each edge stands."""
    n = len(binned.codes)
    found = np.zeros(len(edges))
    for _ in range(n_resamples):
        times = rng.multinomial(n, np.full(n, 1 / n)).astype(np.float64)
        drawn = set(fit_forest(binned, joint_counts(binned, times)))
        found += [edge in drawn for edge in edges]
    return (found / n_resamples).tolist() if n_resamples else []


def draw_rows(
    binned: Binned, joint: Floats, edges: Edges, n_rows: int, rng: np.random.Generator
) -> list[dict[str, str]]:
    """Rows from the model: each column given its neighbour in the forest."""
    order, parent = _from_the_roots(len(binned.columns), edges)
    codes = np.zeros((n_rows, len(order)), dtype=np.int64)
    for column in order:
        above = parent[column]
        tables = _tables(binned, joint, column, column if above < 0 else above)
        # A root's table with itself is diagonal; its sum is the distribution of the column.
        tables = tables.sum(axis=0, keepdims=True) if above < 0 else tables
        given = np.zeros(n_rows, dtype=np.int64) if above < 0 else codes[:, above]
        codes[:, column] = _draw(tables, given, rng)
    names = dict(zip(binned.columns, binned.names, strict=True))
    return [
        {name: of[code] for (name, of), code in zip(names.items(), row, strict=True)}
        for row in codes.tolist()
    ]


def _from_the_roots(n: int, edges: Edges) -> tuple[list[int], NDArray[np.int64]]:
    """All columns, each after its parent, and the parents (-1 for a root)."""
    rows, columns = zip(*edges, strict=True) if edges else ((), ())
    graph = sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)).tocsr()
    order: list[int] = []
    parent = np.full(n, -1)
    for root in range(n):
        if root not in order:
            reached, above = csgraph.breadth_first_order(graph, root, directed=False)
            parent[reached] = np.where(above[reached] < 0, -1, above[reached])
            order += reached.tolist()
    return order, parent


def _tables(binned: Binned, joint: Floats, column: int, above: int) -> Floats:
    rows, columns = (
        slice(binned.starts[place], binned.starts[place] + len(binned.names[place]))
        for place in (above, column)
    )
    return joint[rows, columns]


def _draw(tables: Floats, given: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """A code a row, from the line of the table that is given."""
    heights = np.cumsum(tables, axis=1)[given]
    levels = rng.random(len(given)) * heights[:, -1]
    return (heights <= levels[:, None]).sum(axis=1)
