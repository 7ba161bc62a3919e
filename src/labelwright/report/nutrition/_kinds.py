"""Which kind of variable a column holds: what may be counted and what may be averaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labelwright.core.errors import DataError
from labelwright.features._looks import looks_like_ids

if TYPE_CHECKING:
    import polars as pl

__all__ = ["COUNTED", "MEASURED", "column_kind"]

COUNTED = ("nominal", "ordinal")
MEASURED = ("discrete", "continuous")
FEWEST_IDS = 5
# Text of which most values are different, or that is long, is read and not counted.
MOST_VALUES = 20
LONGEST_NAME = 60


def column_kind(series: pl.Series, stated: str | None = None) -> str:
    """The kind of a column, by its type and values unless it is stated.

    One of nominal, ordinal, discrete, continuous, time, text, identifier, nested or empty. Ordinal
    is never guessed. NaN must have been made null.
    """
    if stated is not None:
        return _checked(series, stated)
    if series.null_count() == len(series):
        return "empty"
    dtype = series.dtype
    if dtype.is_temporal():
        return "time"
    if dtype.is_nested() or str(dtype) in ("Binary", "Object"):
        return "nested"
    if dtype.is_integer():
        return "identifier" if _counts_rows(series) else "discrete"
    if dtype.is_numeric():
        whole = bool((series.drop_nulls() % 1 == 0).all())
        return "discrete" if whole else "continuous"
    return "nominal" if str(dtype) == "Boolean" else _kind_of_text(series)


def _checked(series: pl.Series, stated: str) -> str:
    if stated in MEASURED and not series.dtype.is_numeric():
        raise DataError(
            f"Column {series.name!r} is said to be {stated} and holds {series.dtype}.",
            where={"column": series.name},
            hint="Convert it to numbers, or call it nominal or ordinal.",
        )
    if stated not in MEASURED and series.dtype.is_nested():
        raise DataError(
            f"Column {series.name!r} is said to be {stated} and holds {series.dtype}.",
            where={"column": series.name},
            hint="Leave its kind out.",
        )
    return stated


def _counts_rows(series: pl.Series) -> bool:
    """Whole numbers without a gap and without a repetition."""
    present = series.drop_nulls()
    span = present.max() - present.min()  # type: ignore[operator]
    return span == len(present) - 1 >= FEWEST_IDS - 1 and present.n_unique() == len(present)


def _kind_of_text(series: pl.Series) -> str:
    import polars as pl

    texts = series.cast(pl.String).drop_nulls()
    distinct = texts.n_unique()
    # The order of rows must change nothing, so all distinct values are looked at, in order.
    if distinct > len(texts) / 2 and looks_like_ids(texts.sort().to_list()):
        return "identifier"
    many = distinct > MOST_VALUES and distinct > len(texts) / 2
    return "text" if many or texts.str.len_chars().mean() > LONGEST_NAME else "nominal"  # type: ignore[operator]
