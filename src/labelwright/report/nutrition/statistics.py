"""Figures of each column, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelwright.core.params import Accepts, Int
from labelwright.report.nutrition._drawing import figure
from labelwright.report.nutrition._kinds import COUNTED, MEASURED
from labelwright.report.nutrition._markdown import table
from labelwright.report.nutrition.nutrition_data import NutritionData
from labelwright.report.nutrition.nutrition_module import Found, NutritionModule

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Statistics"]


class Statistics(NutritionModule):
    """Counts, and what a kind of column allows beyond them.

    - *Nominal, ordinal*: the most and the least frequent values.
    - *Discrete, continuous*: least, median, greatest, mean, standard deviation (n - 1), zeros,
      negative and infinite ones, and a histogram.
    - *Time*: first and last.
    - *Text, identifier*: lengths; no value is shown, since each may be a record.

    Values that fewer rows have than the label's ``smallest`` are counted but not named. Least and
    greatest numbers are shown whoever has them: leave a column out if that must not be.

    Parameters
    ----------
    most_values : int
        How many frequent values are named.
    n_bins : int
        Of a histogram.
    """

    name = "statistics"
    title = "Statistics"
    _accepts: ClassVar[Mapping[str, Accepts]] = {"most_values": Int(1), "n_bins": Int(1)}

    def __init__(self, most_values: int = 10, n_bins: int = 20) -> None:
        self.most_values = most_values
        self.n_bins = n_bins

    def compute(self, data: NutritionData) -> Found:
        """A record a column, in the order of the table."""
        return {"variables": [self._of(data, name, kind) for name, kind in data.kinds.items()]}

    def _of(self, data: NutritionData, name: str, kind: str) -> dict[str, Any]:
        series, missing = data.table[name], data.table[name].null_count()
        present = series.drop_nulls()
        found = {
            "name": name,
            "kind": kind,
            "count": len(present),
            "missing": missing,
            "distinct": data.comparable[name].drop_nulls().n_unique(),
        }
        if not len(present):
            return found
        if kind in COUNTED:
            return found | self._values(present, data.smallest)
        if kind in MEASURED:
            return found | self._numbers(present)
        if kind == "time":
            return found | {"first": str(present.min()), "last": str(present.max())}
        return found | (_lengths(present) if kind in ("text", "identifier") else {})

    def _values(self, present: pl.Series, smallest: int) -> dict[str, Any]:
        import polars as pl

        counts = present.cast(pl.String).alias("value").value_counts(name="rows")
        counts = counts.sort(["rows", "value"], descending=[True, False])
        named = counts.filter(pl.col("rows") >= smallest)
        rare = counts.filter(pl.col("rows") < smallest)
        least = named.sort(["rows", "value"]).head(1).to_dicts()
        return {
            "most_frequent": named.head(self.most_values).to_dicts(),
            "least_frequent": least[0] if least else None,
            "rare_values": rare.height,
            "rare_rows": int(rare["rows"].sum()),
        }

    def _numbers(self, present: pl.Series) -> dict[str, Any]:
        import polars as pl

        # Rows are in the order of other columns; sums are to depend on the numbers alone.
        numbers = present.cast(pl.Float64).sort()
        present = present if present.dtype.is_integer() else numbers
        finite = numbers.filter(numbers.is_finite()).to_numpy()
        edges = self._edges(finite) if finite.size else np.zeros(1)
        counts, _ = np.histogram(finite, edges) if finite.size else (np.zeros(0, int), edges)
        return {
            "min": present.min(),
            "median": numbers.median(),
            "max": present.max(),
            "mean": numbers.mean(),
            "sd": numbers.std() if len(numbers) > 1 else None,
            "zeros": int((numbers == 0).sum()),
            "negative": int((numbers < 0).sum()),
            "infinite": len(numbers) - finite.size,
            "histogram": {"edges": edges.tolist(), "rows": counts.tolist()},
        }

    def _edges(self, finite: Any) -> Any:
        low, high = finite[0], finite[-1]
        width = high / self.n_bins - low / self.n_bins
        # Bins that are too narrow for numbers of this size are one bin.
        edges = low + width * np.arange(self.n_bins + 1)
        edges[-1] = high
        return edges if (np.diff(edges) > 0).all() else np.array([low, high])

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """A table with a row a column."""
        rows = [
            (v["name"], v["kind"], figure(v["missing"]), figure(v["distinct"]), _gist(v))
            for v in found["variables"]
        ]
        return table(("name", "kind", "missing", "distinct", "figures"), rows)


def _lengths(present: pl.Series) -> dict[str, Any]:
    import polars as pl

    lengths = present.cast(pl.String).str.len_chars()
    return {
        "shortest": lengths.min(),
        "median_length": lengths.median(),
        "longest": lengths.max(),
    }


def _gist(variable: Mapping[str, Any]) -> str:
    """The figures of one column in a few words."""
    if "mean" in variable:
        spread = f"mean {figure(variable['mean'])}, sd {figure(variable['sd'])}"
        return f"{figure(variable['min'])} to {figure(variable['max'])}, {spread}"
    if "first" in variable:
        return f"{variable['first']} to {variable['last']}"
    if "longest" in variable:
        ends = f"{figure(variable['shortest'])} to {figure(variable['longest'])}"
        return f"{ends} characters"
    top = variable.get("most_frequent") or []
    return ", ".join(f"{row['value']} ({row['rows']:,})" for row in top[:3])
