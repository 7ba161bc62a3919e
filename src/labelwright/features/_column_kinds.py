"""What is learnt from a column of each kind, and how it becomes numbers.

A plan is a plain dict, so that it goes into a model file as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError

if TYPE_CHECKING:
    import polars as pl

OTHER = "(other)"
MISSING = "(missing)"

Plan = dict[str, Any]


class Kind(Protocol):
    """How columns of one kind are read."""

    def learn(self, series: pl.Series, min_records: int, max_categories: int) -> Plan | None:
        """What there is to know about the column; None if it tells nothing."""

    def names(self, plan: Plan) -> list[str]:
        """The names of its features."""

    def apply(self, series: pl.Series, plan: Plan) -> Any:
        """Its features, a row a record."""


class Numbers:
    """Numbers and booleans: filled, standardised, and whether they were missing."""

    def learn(self, series: pl.Series, min_records: int, max_categories: int) -> Plan | None:
        """Median, mean and standard deviation, and whether any value was missing."""
        del min_records, max_categories
        return learn_numbers(series.name, _floats(series))

    def names(self, plan: Plan) -> list[str]:
        """The column, and its missing values if there were any."""
        return [plan["column"]] + ([f"{plan['column']} {MISSING}"] if plan["gaps"] else [])

    def apply(self, series: pl.Series, plan: Plan) -> NDArray[np.float64]:
        """One or two columns."""
        return apply_numbers(_floats(series), plan)


class Categories:
    """A column a category, one for all others, one for missing."""

    def learn(self, series: pl.Series, min_records: int, max_categories: int) -> Plan | None:
        """The categories that are frequent enough, in order of their names."""
        import polars as pl

        text = series.cast(pl.String).drop_nulls().alias("category")
        frequent = text.value_counts(name="times").filter(pl.col("times") >= min_records)
        largest = frequent.sort(["times", "category"], descending=[True, False])
        categories = sorted(largest["category"].head(max_categories))
        if not categories:
            return None
        gaps = series.null_count() > 0
        return {"kind": "categories", "column": series.name, "categories": categories, "gaps": gaps}

    def names(self, plan: Plan) -> list[str]:
        """``column = category``."""
        gaps = [MISSING] if plan["gaps"] else []
        return [f"{plan['column']} = {name}" for name in [*plan["categories"], OTHER, *gaps]]

    def apply(self, series: pl.Series, plan: Plan) -> Any:
        """Sparse, with a single one a row."""
        import polars as pl
        from scipy import sparse

        categories = plan["categories"]
        other = len(categories)
        known = {name: place for place, name in enumerate(categories)}
        text = series.cast(pl.String)
        place = text.replace_strict(known, default=other, return_dtype=pl.Int32).to_numpy().copy()
        place[text.is_null().to_numpy()] = other + 1 if plan["gaps"] else other
        n, width = len(series), other + 1 + plan["gaps"]
        return sparse.csr_array((np.ones(n), (np.arange(n), place)), shape=(n, width))


class Dates:
    """When, and where in the year, the week and the day."""

    def learn(self, series: pl.Series, min_records: int, max_categories: int) -> Plan | None:
        """Median, mean and spread of the days, and whether there is a time of day."""
        import polars as pl

        del min_records, max_categories
        plan = learn_numbers(series.name, _days(series))
        clock = series.dtype == pl.Datetime
        return None if plan is None else plan | {"kind": "dates", "clock": clock}

    def names(self, plan: Plan) -> list[str]:
        """The column and the part."""
        parts = ["year", "week"] + (["day"] if plan["clock"] else [])
        circles = [f"{plan['column']} in {p} ({f})" for p in parts for f in ("sin", "cos")]
        return Numbers().names(plan) + circles

    def apply(self, series: pl.Series, plan: Plan) -> NDArray[np.float64]:
        """The standardised time, and two columns a circle; zero where missing."""
        days = _days(series)
        rounds = [series.dt.ordinal_day().to_numpy() / 366, series.dt.weekday().to_numpy() / 7]
        if plan["clock"]:
            rounds.append(days % 1.0)
        turns = 2 * np.pi * np.column_stack(rounds).astype(np.float64)
        circles = np.stack([np.sin(turns), np.cos(turns)], axis=2).reshape(len(days), -1)
        return np.hstack([apply_numbers(days, plan), np.nan_to_num(circles)])


KINDS: dict[str, Kind] = {"numbers": Numbers(), "categories": Categories(), "dates": Dates()}


def kind_of(series: pl.Series) -> str:
    """The kind of a column by its type; a column without any value counts as numbers."""
    import polars as pl

    dtype = series.dtype
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.Null):
        return "numbers"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "categories"
    if dtype in (pl.Date, pl.Datetime):
        return "dates"
    raise DataError(
        f"Column {series.name!r} holds {dtype} values, which ColumnFeatures cannot read.",
        where={"column": series.name},
        hint="It reads numbers, booleans, text categories, dates and times of a date. "
        "Use EmbeddingFeatures for vectors.",
    )


def learn_numbers(column: str, values: NDArray[np.float64]) -> Plan | None:
    """How to fill and standardise numbers; None if there are none."""
    present = values[~np.isnan(values)]
    if not present.size:
        return None
    median = float(np.median(present))
    filled = np.where(np.isnan(values), median, values)
    # Rounding gives equal numbers a mean and a spread that are not quite theirs.
    spread = float(filled.std())
    constant = bool(np.ptp(filled) == 0 or spread < np.finfo(np.float64).tiny)
    return {
        "kind": "numbers",
        "column": column,
        "median": median,
        "mean": median if constant else float(filled.mean()),
        "scale": 1.0 if constant else spread,
        "gaps": bool(present.size < values.size),
    }


def apply_numbers(values: NDArray[np.float64], plan: Plan) -> NDArray[np.float64]:
    """Filled and standardised, beside whether they were missing if the plan has gaps."""
    gap = np.isnan(values)
    filled = np.where(gap, plan["median"], values)
    standard = (filled - plan["mean"]) / plan["scale"]
    return np.column_stack([standard, gap] if plan["gaps"] else [standard]).astype(np.float64)


def _floats(series: pl.Series) -> NDArray[np.float64]:
    import polars as pl

    values = series.cast(pl.Float64).to_numpy()
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        row = int(infinite[0])
        raise DataError(
            f"Column {series.name!r} is infinite in row {row}.",
            where={"column": series.name, "row": row},
            hint="Make it a missing value, or a large number.",
        )
    return values


def _days(series: pl.Series) -> NDArray[np.float64]:
    """Days since 1970 with their fraction, as the clock on the wall shows them; NaN if missing."""
    import polars as pl

    naive = series.dt.replace_time_zone(None) if series.dtype == pl.Datetime else series
    return naive.cast(pl.Datetime("us")).dt.timestamp("us").cast(pl.Float64).to_numpy() / 86_400e6
