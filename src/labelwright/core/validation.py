"""Checks of arrays. Every error names the first bad row and says what would be accepted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError

__all__ = ["check_codes", "check_probabilities", "check_same_length", "first_row"]

SUM_TOLERANCE = 1e-4


def first_row(bad: NDArray[np.bool_]) -> int | None:
    """The first row where ``bad`` holds, or None."""
    rows = np.flatnonzero(bad if bad.ndim == 1 else bad.any(axis=1))
    return int(rows[0]) if rows.size else None


def check_same_length(**named: Any) -> int:
    """The common length of several arrays; None entries are passed over.

    Examples
    --------
    >>> check_same_length(labels=[0, 1], probabilities=[[0.1, 0.9], [0.8, 0.2]])
    2
    """
    lengths = {
        name: value.shape[0] if hasattr(value, "shape") else len(value)
        for name, value in named.items()
        if value is not None
    }
    (first, n), *others = lengths.items()
    for name, m in others:
        if m != n:
            raise DataError(
                f"{first} has {n:,} rows and {name} has {m:,}.",
                hint="Give both for the same items, in the same order.",
            )
    return int(n)


def check_probabilities(
    probabilities: ArrayLike, *, n_classes: int | None = None, name: str = "probabilities"
) -> NDArray[Any]:
    """Check a matrix of class probabilities and return it as a float array (float32 stays).

    Parameters
    ----------
    probabilities : array-like of shape (n, K)
        Each row in [0, 1], summing to 1 up to 1e-4.
    n_classes : int, optional
        The K that is expected.

    Raises
    ------
    DataError
        Naming the first row that is missing, outside [0, 1] or does not sum to one.
    """
    array = np.asarray(probabilities)
    if array.dtype.kind not in "fiub" or array.ndim != 2:
        raise DataError(
            f"{name} has shape {array.shape} and type {array.dtype}.",
            hint="Give a matrix of numbers: a row an item, a column a class.",
        )
    if array.dtype.kind != "f" or array.dtype == np.float16:
        array = array.astype(np.float64)
    if n_classes is not None and array.shape[1] != n_classes:
        raise DataError(
            f"{name} has {array.shape[1]} columns for {n_classes} classes.",
            hint="Give one column a class, in the order of the classes.",
        )
    # One pass finds that all is well, which it nearly always is; only then look for the row.
    sums = array.sum(axis=1)
    fine = array.size and (
        array.min() >= 0
        and array.max() <= 1 + SUM_TOLERANCE
        and np.abs(sums - 1).max() <= SUM_TOLERANCE
    )
    if not fine:
        _explain_probabilities(array, sums, name)
    return array


def _explain_probabilities(array: NDArray[Any], sums: NDArray[Any], name: str) -> None:
    inside = (array >= 0) & (array <= 1 + SUM_TOLERANCE)
    row = first_row(~(inside.all(axis=1) & (np.abs(sums - 1) <= SUM_TOLERANCE)))
    if row is None:
        return
    if inside[row].all():
        raise DataError(
            f"Row {row} of {name} sums to {sums[row]:.6g}, not to 1.",
            where={"row": row},
            hint="Give probabilities (after softmax), not scores or logits.",
        )
    place = int(np.argmin(inside[row]))
    finite = np.isfinite(array[row, place])
    raise DataError(
        f"{name}[{row}, {place}] = {array[row, place]} "
        f"{'lies outside 0 to 1' if finite else 'is missing or infinite'}.",
        where={"row": row, "column": place},
        hint="Every entry must be a number from 0 to 1.",
    )


def check_codes(
    codes: ArrayLike, n_classes: int, *, name: str = "labels", missing: bool = False
) -> NDArray[np.int64]:
    """Check class codes 0..K-1 (with ``missing``, also -1) and return them as int64."""
    array = np.asarray(codes)
    if array.dtype.kind == "f" and np.all(np.isfinite(array)) and np.all(array == np.floor(array)):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise DataError(
            f"{name} has shape {array.shape} and type {array.dtype}.",
            hint="Give one code 0..K-1 an item, or labels together with classes=.",
        )
    low = -1 if missing else 0
    row = first_row((array < low) | (array >= n_classes))
    if row is not None:
        raise DataError(
            f"{name}[{row}] = {array[row]} is no class: there are {n_classes} classes.",
            where={"row": row},
            hint=f"Codes run from {low} to {n_classes - 1}.",
        )
    return array.astype(np.int64, copy=False)
