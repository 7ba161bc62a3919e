"""Columns as a few bins or values each, and how far they tell about one another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from labelwright.report.nutrition._kinds import COUNTED, MEASURED
from labelwright.report.nutrition.nutrition_data import NutritionData

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Binned", "bin_column", "bin_columns", "information", "joint_counts", "worth"]

MOST_VALUES = 7
N_BINS = 5
MISSING, OTHER = "(missing)", "(other)"
BLOCK_ROWS = 1 << 14

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Binned:
    """Columns whose values repeat, each as codes 0..C-1.

    Attributes
    ----------
    columns : list of str
    names : list of list of str
        What each code of a column stands for.
    codes : (n, d) int16
    """

    columns: list[str]
    names: list[list[str]]
    codes: NDArray[np.int16]

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where the codes of each column begin once all stand side by side."""
        sizes = [len(names) for names in self.names]
        return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)

    @property
    def width(self) -> int:
        """The number of codes of all columns."""
        return sum(len(names) for names in self.names)

    def rows(self, chosen: Any) -> Binned:
        """Some of the rows."""
        return Binned(self.columns, self.names, self.codes[chosen])


def bin_columns(data: NutritionData, most_columns: int) -> Binned:
    """The first columns that hold categories, numbers or times and are not constant.

    Numbers become five bins of equal size (or their values, if there are no more), categories the
    seven most frequent values and the rest; what is missing has a code of its own.
    """
    columns: list[str] = []
    names: list[list[str]] = []
    codes: list[NDArray[np.int16]] = []
    for name in data.of_kind(*COUNTED, *MEASURED, "time", votes=True):
        if len(columns) == most_columns:
            break
        found, of = bin_column(data.table[name], data.kinds[name], data.smallest)
        if len(of) > 1:
            columns.append(name)
            names.append(of)
            codes.append(found)
    matrix = np.column_stack(codes) if codes else np.empty((data.table.height, 0), np.int16)
    return Binned(columns, names, matrix)


def joint_counts(binned: Binned, weights: Floats | None = None) -> Floats:
    """How often each two codes come together (B, B), over all columns side by side."""
    total = np.zeros((binned.width, binned.width))
    places = binned.codes + binned.starts
    times = None if weights is None else weights.astype(np.float32)[:, None]
    for first in range(0, len(places), BLOCK_ROWS):
        rows = slice(first, first + BLOCK_ROWS)
        # Counts of a block are whole numbers that single precision holds exactly.
        ones = np.zeros((len(places[rows]), binned.width), dtype=np.float32)
        np.put_along_axis(ones, places[rows], 1.0, axis=1)
        total += (ones if times is None else ones * times[rows]).T @ ones
    return total


def information(binned: Binned, joint: Floats) -> tuple[Floats, Floats]:
    """Mutual information (d, d) in nats, and how many codes of each column (d,) occur.

    The diagonal of the first holds the entropies.
    """
    starts = binned.starts
    surprise = -xlogy(joint / len(binned.codes), joint / len(binned.codes))
    together = np.add.reduceat(np.add.reduceat(surprise, starts, axis=0), starts, axis=1)
    alone = np.diagonal(together)
    used = np.add.reduceat((np.diagonal(joint) > 0).astype(np.float64), starts)
    shared = alone[:, None] + alone - together
    np.fill_diagonal(shared, alone)
    return np.maximum(shared, 0.0), used


def worth(binned: Binned, joint: Floats) -> Floats:
    """What the table of each two columns explains, less its BIC penalty (d, d), in nats.

    The upper triangle is filled; what is not above zero is no better than independence.
    """
    shared, used = information(binned, joint)
    n = len(binned.codes)
    return np.triu(n * shared - np.outer(used - 1, used - 1) * np.log(n) / 2, 1)


def bin_column(series: pl.Series, kind: str, smallest: int) -> tuple[NDArray[np.int16], list[str]]:
    """Codes (n,) of one column, and what they stand for; codes that do not occur are left out."""
    codes, names = (
        _values(series, smallest) if kind in COUNTED else _ranges(series, times=kind == "time")
    )
    codes = np.where(series.is_null().to_numpy(), len(names), codes)
    used, compact = np.unique(codes, return_inverse=True)
    return compact.astype(np.int16), [[*names, MISSING][code] for code in used.tolist()]


def _values(series: pl.Series, smallest: int) -> tuple[NDArray[np.int64], list[str]]:
    import polars as pl

    text = series.cast(pl.String).alias("value")
    counts = text.drop_nulls().value_counts(name="rows").filter(pl.col("rows") >= smallest)
    top = counts.sort(["rows", "value"], descending=[True, False])["value"].head(MOST_VALUES)
    place = {value: code for code, value in enumerate(top.to_list())}
    codes = text.replace_strict(place, default=len(place), return_dtype=pl.Int64)
    return codes.to_numpy(), [*place, OTHER]


def _ranges(series: pl.Series, *, times: bool) -> tuple[NDArray[np.int64], list[str]]:
    import polars as pl

    numbers = series.to_physical().cast(pl.Float64).to_numpy()
    known = np.sort(numbers[np.isfinite(numbers)])
    ends = np.unique(known)
    if len(ends) > N_BINS:
        quantiles = known[np.arange(1, N_BINS) * len(known) // N_BINS]
        ends = np.unique([*quantiles, known[-1]])
    # Missing and infinite numbers: the first are set apart later, the others go to either end.
    codes = np.minimum(np.searchsorted(ends, np.nan_to_num(numbers), side="left"), len(ends) - 1)
    shown = [_shown(end, series.dtype if times else None) for end in ends.tolist()]
    if len(ends) < 2 or np.array_equal(ends, np.unique(known)):
        return codes, shown
    return codes, [f"up to {shown[0]}", *(f"{a} to {b}" for a, b in pairwise(shown))]


def _shown(value: float, dtype: pl.DataType | None) -> str:
    import polars as pl

    if dtype is None:
        return f"{value:.4g}"
    physical = pl.Int32 if dtype == pl.Date else pl.Int64
    return str(pl.Series([int(value)], dtype=physical).cast(dtype)[0])
