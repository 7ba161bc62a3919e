"""The largest values of many rows at once, with ties broken by place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NARROW = 2048
"""Up to this width it is faster to sort many rows at once than to part each by itself."""


def largest(values: NDArray[Any], wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the ``wanted[t]`` largest of each row t (at least 1); of equal values the first ones.

    Examples
    --------
    >>> largest(np.array([[0.1, 0.7, 0.7, 0.2]]), np.array([1]))
    array([[False,  True, False, False]])
    """
    place = values.shape[1] - wanted
    if values.shape[1] < NARROW:
        limit = np.take_along_axis(np.sort(values, axis=1), place[:, None], axis=1)
    else:
        parted = [np.partition(row, at)[at] for row, at in zip(values, place, strict=True)]
        limit = np.array(parted)[:, None]
    marked = values >= limit
    surplus = np.count_nonzero(marked, axis=1) - wanted
    for row in np.flatnonzero(surplus):
        tied = np.flatnonzero(values[row] == limit[row])
        marked[row, tied[len(tied) - surplus[row] :]] = False
    return marked
