"""Distinct values and codes of long columns, in order of first appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["as_array", "factorize", "missing", "plain_scalar"]


def factorize(values: Any) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Codes (n,) int32 into the distinct values, in order of first appearance; missing is -1.

    Takes numpy arrays, columns of dataframes and sequences of hashable values. Integers, booleans
    and text keep their type; None and NaN are missing.
    """
    array = values if isinstance(values, np.ndarray) else _series_or_array(values)
    if not isinstance(array, np.ndarray):
        if array.dtype.is_integer() and not array.null_count():
            return _factorize_integers(array.to_numpy())
        if not (array.dtype.is_nested() or array.dtype.is_object()):
            return _factorize_series(array)
        array = _objects(array.to_list())
    if array.ndim != 1:
        raise DataError(f"A column of shape {array.shape} was given.", hint="Give one value a row.")
    if array.dtype.kind in "iub":
        return _factorize_integers(array)
    if array.dtype.kind == "O":
        return _factorize_objects(array)
    return _factorize_series(_series(array))


def as_array(values: Any) -> NDArray[Any]:
    """A one-dimensional numpy array; whole columns of integers and booleans keep their type."""
    array = values if isinstance(values, np.ndarray) else _series_or_array(values)
    if not isinstance(array, np.ndarray):
        # Integers with gaps would come out as floats, which changes the type of an id.
        gaps = array.null_count() and not array.dtype.is_float()
        plain = not (gaps or array.dtype.is_nested())
        array = array.to_numpy() if plain else _objects(array.to_list())
    if array.ndim != 1:
        raise DataError(f"A column of shape {array.shape} was given.", hint="Give one value a row.")
    return array


def missing(value: Any) -> bool:
    """Whether a value stands for 'no label': None, NaN or the like of pandas."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def plain_scalar(value: Any) -> Any:
    """A Python value in place of a numpy scalar."""
    return value.item() if isinstance(value, np.generic) else value


def _series_or_array(values: Any) -> pl.Series | NDArray[Any]:
    """A polars series where a column of a dataframe was given, else an array of the sequence."""
    if not hasattr(values, "to_numpy"):
        return _narrowed(_objects(values))
    if type(values).__module__.startswith("polars."):
        return values
    import polars as pl

    try:
        return pl.Series(values)
    except (TypeError, ValueError):  # pandas lets a column mix types
        return _objects(values.tolist())


def _objects(values: Any) -> NDArray[Any]:
    return np.fromiter(values, dtype=object, count=len(values))


def _narrowed(array: NDArray[Any]) -> NDArray[Any]:
    """Turn objects that are all whole numbers (or all booleans) into a typed array."""
    kinds = {type(value) for value in array}
    if kinds and kinds <= {bool, np.bool_}:
        return array.astype(bool)
    if kinds and all(issubclass(kind, (int, np.integer)) and kind is not bool for kind in kinds):
        try:
            return array.astype(np.int64)
        except OverflowError as error:
            raise DataError(
                "A whole number does not fit into 64 bits.", hint="Give such ids as text."
            ) from error
    if kinds and all(issubclass(kind, (float, np.floating)) for kind in kinds):
        return array.astype(np.float64)
    return array


def _factorize_integers(array: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[Any]]:
    if not array.size:
        return np.empty(0, np.int32), array
    kind = array.dtype
    if kind.kind == "b":
        array = array.view(np.uint8)
    low, high = int(array.min()), int(array.max())
    if high - low > 4 * array.size + 1000 or high > np.iinfo(np.int64).max:
        return _factorize_series(_series(array))
    # Few enough possible values for a table of first appearances: no sorting, no hashing.
    offset = (array.astype(np.int64) - low) if low else array
    first = np.full(high - low + 1, -1, dtype=np.int64)
    first[offset[::-1]] = np.arange(array.size - 1, -1, -1)
    present = np.flatnonzero(first >= 0)
    present = present[np.argsort(first[present], kind="stable")]
    code_of = np.empty(high - low + 1, dtype=np.int32)
    code_of[present] = np.arange(present.size, dtype=np.int32)
    return code_of[offset], (present + low).astype(kind)


def _factorize_objects(array: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[Any]]:
    if all(value is None or type(value) is str for value in array):
        return _factorize_series(_series(array))
    table: dict[Any, int] = {}
    codes = np.empty(array.size, dtype=np.int32)
    for row, value in enumerate(map(plain_scalar, array)):
        # 1, 1.0 and True are equal to Python, but they are different answers.
        key = (type(value), value)
        try:
            codes[row] = -1 if missing(value) else table.setdefault(key, len(table))
        except TypeError:
            kind = type(value).__name__
            raise DataError(f"A {kind} stands where one value is needed.").in_row(row) from None
    distinct = np.empty(len(table), dtype=object)
    distinct[:] = [value for _, value in table]
    return codes, _narrowed(distinct)


def _factorize_series(series: pl.Series) -> tuple[NDArray[np.int32], NDArray[Any]]:
    import polars as pl

    if series.dtype in (pl.Categorical, pl.Enum):
        series = series.cast(pl.String)
    if series.dtype.is_float():
        series = series.fill_nan(None)
    series = series.alias("value")
    distinct = series.drop_nulls().unique(maintain_order=True)
    table = distinct.to_frame().with_row_index("code")
    found = series.to_frame().join(table, on="value", how="left", maintain_order="left")
    codes = found["code"].cast(pl.Int32).fill_null(-1).to_numpy()
    return codes, distinct.to_numpy()


def _series(array: NDArray[Any]) -> pl.Series:
    import polars as pl

    return pl.Series("value", array.tolist() if array.dtype.kind in "OU" else array)
