"""Reading a large matrix of probabilities in blocks of rows, checked while it passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.validation import SUM_TOLERANCE, check_probabilities

BLOCK_BYTES = 1 << 20
"""A block of this size stays in the processor's cache while several passes go over it."""


def rows_per_block(n_columns: int, itemsize: int = 8, block_bytes: int | None = None) -> int:
    """How many rows of ``n_columns`` make one block."""
    return max(1, (block_bytes or BLOCK_BYTES) // max(1, n_columns * itemsize))


def matrix(probabilities: ArrayLike) -> NDArray[Any]:
    """The probabilities as a matrix of numbers; its entries are not looked at."""
    array = np.asarray(probabilities)
    check_probabilities(array[:0] if array.ndim else array)
    return array


def blocks(
    probabilities: NDArray[Any], rows: NDArray[np.intp] | None = None
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield (slice, block): contiguous float blocks of all rows, or of those asked for."""
    kept = probabilities.dtype in (np.float32, np.float64)
    dtype = probabilities.dtype if kept else np.dtype(np.float64)
    n = len(probabilities) if rows is None else len(rows)
    step = rows_per_block(probabilities.shape[1], dtype.itemsize)
    for start in range(0, n, step):
        part = slice(start, min(start + step, n))
        block = probabilities[part] if rows is None else probabilities.take(rows[part], axis=0)
        yield part, np.ascontiguousarray(block, dtype=dtype)


def checked_blocks(probabilities: NDArray[Any]) -> Iterator[tuple[slice, NDArray[Any]]]:
    """The blocks of all rows; an entry or sum that is wrong is an error naming its row.

    Raises
    ------
    DataError
        As ``check_probabilities``.
    """
    ones = np.ones(probabilities.shape[1])
    for part, block in blocks(probabilities):
        off = np.abs(block @ ones.astype(block.dtype) - 1)
        # NaN fails both comparisons. The whole matrix is looked at so that the row is its own.
        if not (off.max() <= SUM_TOLERANCE and block.min() >= 0):
            check_probabilities(probabilities)
        yield part, block
