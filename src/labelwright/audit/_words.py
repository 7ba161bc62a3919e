"""Which words or columns speak for one class rather than another, in a linear model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError

SHOWN = 3


def words_for(
    features: Any,
    coefficients: ArrayLike,
    names: Sequence[str],
    suggested: NDArray[np.int64],
    given: NDArray[np.int64],
) -> NDArray[Any]:
    """Names of the features (m, 3) that speak most for ``suggested`` over ``given``.

    A feature speaks by its value times the difference of its two weights. Where fewer than three
    speak for the suggestion, the rest is None.

    Parameters
    ----------
    features : (m, d) array or sparse matrix
    coefficients : (K, d) array-like
    names : d names
    suggested, given : (m,) codes
    """
    weights = np.asarray(coefficients)
    matrix = sp.csr_array(features)
    d = matrix.shape[1]
    if weights.ndim != 2 or weights.shape[1] != d or len(names) != d:
        raise DataError(
            f"{d} features do not go with {len(names)} names and {weights.shape} coefficients.",
            hint="Give a row of coefficients a class, and one column and one name a feature.",
        )
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    column = matrix.indices
    speaks = matrix.data * (weights[suggested[row], column] - weights[given[row], column])
    order = np.lexsort((column, -speaks, row))
    rank = np.arange(len(order)) - matrix.indptr[row[order]]
    kept = order[(rank < SHOWN) & (speaks[order] > 0)]
    found = np.full((matrix.shape[0], SHOWN), None, dtype=object)
    place = np.arange(len(kept)) - np.searchsorted(row[kept], row[kept])
    found[row[kept], place] = np.asarray(names, dtype=object)[column[kept]]
    return found
