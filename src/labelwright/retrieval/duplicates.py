"""Records that are the same, or nearly so."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.params import Real
from labelwright.retrieval.neighbours import NeighbourGraph

__all__ = ["duplicate_groups", "exact_duplicates", "near_duplicates"]


def duplicate_groups(records: Any) -> NDArray[np.int64]:
    """Give identical records the same code, so that they can stay in one fold.

    Parameters
    ----------
    records : (n,) sequence of text or other keys, or (n, d) features (dense or scipy sparse)
        Text is compared up to case and white space. A missing or blank text is like no other.
        Features are identical when every number is.

    Returns
    -------
    (n,) int64
        0, 1, ... in order of first appearance.

    Examples
    --------
    >>> duplicate_groups(["Check this out", "hi", "check  this OUT ", None, None])
    array([0, 1, 0, 2, 3])
    """
    codes: dict[Hashable, int] = {}
    return np.array([codes.setdefault(key, len(codes)) for key in _keys(records)], dtype=np.int64)


def exact_duplicates(records: Any) -> list[NDArray[np.int64]]:
    """The sets of two and more identical records, as rows in ascending order.

    Parameters
    ----------
    records : (n,) sequence of text or other keys, or (n, d) features (dense or scipy sparse)
        Compared as in ``duplicate_groups``.

    Examples
    --------
    >>> exact_duplicates(["Check this out", "hi", "check  this OUT "])
    [array([0, 2])]
    """
    return _sets(duplicate_groups(records))


def near_duplicates(graph: NeighbourGraph, ratio: float = 0.13) -> list[NDArray[np.int64]]:
    """The sets of records that are linked by very small distances.

    Two records are linked if one is a neighbour of the other and their distance is 0 or below
    ``ratio`` times the median distance to the nearest neighbour; a set is what is linked, also
    through others.

    Parameters
    ----------
    graph : NeighbourGraph
        Neighbours of all records.
    ratio : float
        How small is very small.

    Returns
    -------
    list of arrays of int64
        Rows of each set, ascending; sets in the order of their first row.

    Examples
    --------
    >>> graph = NeighbourGraph.build([[0.0], [0.01], [1.0], [2.0], [3.1]], k=2)
    >>> near_duplicates(graph)
    [array([0, 1])]
    """
    if not Real(0).allows(ratio):
        raise ParameterError(f"ratio={ratio!r} is not accepted.", hint=f"ratio is {Real(0)}.")
    if graph.k == 0:
        return []
    limit = ratio * float(np.median(graph.distances[:, 0]))
    rows, place = np.nonzero((graph.distances < limit) | (graph.distances == 0))
    return _sets(_components(len(graph), rows, graph.indices[rows, place]))


def _keys(records: Any) -> Iterable[Hashable]:
    if sp.issparse(records):
        return _sparse_keys(records)
    first = next(iter(records), None) if isinstance(records, (list, tuple)) else None
    tabular = hasattr(records, "columns") or isinstance(first, (list, tuple, np.ndarray))
    array = np.asarray(records) if tabular else records
    if getattr(array, "ndim", 1) == 2:
        if array.dtype.kind not in "fiub":
            raise DataError(
                f"records has shape {array.shape} and type {array.dtype}.",
                hint="Give one text a record, or a matrix of numbers.",
            )
        # Adding 0 makes -0 and 0 the same number.
        return (row.tobytes() for row in np.ascontiguousarray(array) + 0)
    return (_text_key(value, place) for place, value in enumerate(records))


def _sparse_keys(records: Any) -> Iterable[Hashable]:
    matrix = sp.csr_array(records, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    for start, stop in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        part = slice(start, stop)
        yield matrix.indices[part].tobytes(), matrix.data[part].tobytes()


def _text_key(value: Any, place: int) -> Hashable:
    """What is compared; a missing or blank value is known by its place and equals no other."""
    if isinstance(value, str):
        return " ".join(value.casefold().split()) or ("blank", place)
    missing = value is None or value != value
    return ("blank", place) if missing else ("key", value)


def _sets(codes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows of each code that occurs more than once."""
    counts = np.bincount(codes)
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.cumsum(counts)[:-1]) if len(codes) else []
    found = [part.astype(np.int64) for part in parts if len(part) > 1]
    return sorted(found, key=lambda members: int(members[0]))


def _components(n: int, rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Codes of what is linked, in order of first appearance."""
    links = sp.coo_array((np.ones(len(rows), dtype=np.int8), (rows, others)), shape=(n, n))
    _, component = connected_components(links, directed=False)
    _, first, codes = np.unique(component, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes].astype(np.int64)
