"""Scalar properties of records, as codes of a few bins or values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import factorize

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Property", "binned", "column_properties", "text_properties"]

N_BINS = 32
# What is counted in a text, as a regular expression; the last three as a share of its characters.
COUNTED = {
    "words": r"\S+",
    "capital letters": r"\p{Lu}",
    "digits": r"\p{Nd}",
    "punctuation": r"\p{P}",
}


@dataclass(frozen=True, eq=False)
class Property:
    """A property of every record.

    Attributes
    ----------
    kind, name : str
    codes : (n,) int64
        Codes 0..C-1 of values or of bins of equal size; what is missing has a code of its own.
    """

    kind: str
    name: str
    codes: NDArray[np.int64]


def text_properties(texts: Sequence[str | None]) -> Iterator[Property]:
    """Length, words, and the shares of capitals, digits and punctuation."""
    import polars as pl

    column = pl.Series("text", texts, dtype=pl.String).fill_null("")
    length = column.str.len_chars()
    yield binned("text property", "length in characters", length)
    for name, pattern in COUNTED.items():
        count = column.str.count_matches(pattern)
        if name == "words":
            yield binned("text property", "length in words", count)
        else:
            share = (count / length).fill_nan(0.0)
            yield binned("text property", f"share of {name}", share)


def column_properties(table: pl.DataFrame) -> Iterator[Property]:
    """Every column that holds numbers, or values that repeat."""
    for column in table:
        if column.dtype.is_nested():
            continue
        distinct = column.n_unique()
        if column.dtype.is_numeric() and distinct > N_BINS:
            yield binned("column", column.name, column)
        elif 2 <= distinct <= table.height / 2:
            codes = factorize(column)[0].astype(np.int64)
            yield Property("column", column.name, codes - codes.min())


def binned(kind: str, name: str, values: pl.Series) -> Property:
    """A property of numbers, in bins of equal size; equal numbers share a bin."""
    import polars as pl

    numbers = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = np.isfinite(numbers)
    edges = np.arange(0.0)
    if known.any():
        edges = np.unique(np.quantile(numbers[known], np.arange(1, N_BINS) / N_BINS))
    codes = np.searchsorted(edges, numbers, side="left")
    return Property(kind, name, np.where(known, codes, len(edges) + 1))
