"""How columns go with those of an external table, joined on a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelwright.core._factorize import factorize
from labelwright.core.errors import CapabilityError
from labelwright.core.params import Accepts, Int, Real
from labelwright.core.seeds import generator
from labelwright.report.nutrition._binning import bin_column
from labelwright.report.nutrition._kinds import COUNTED, MEASURED, column_kind
from labelwright.report.nutrition._markdown import table
from labelwright.report.nutrition.nutrition_data import NutritionData
from labelwright.report.nutrition.nutrition_module import Found, NutritionModule

if TYPE_CHECKING:
    import polars as pl

__all__ = ["GroundTruth"]

Floats = NDArray[np.float64]
FEWEST_KEYS = 10


class GroundTruth(NutritionModule):
    """Correlation, or Cramer's V, of columns with those of an external table.

    Both tables are joined on a key (a zip code, a day). Two columns of numbers get Pearson's
    correlation over the rows, any other two Cramer's V without its bias, with numbers in five
    ranges. Rows of one key share what the external table says, so the intervals come from
    resampling keys, not rows.

    Parameters
    ----------
    most_pairs : int
        The strongest pairs are kept.
    n_resamples : int
        Of the keys.
    level : float
        Of the intervals.

    Notes
    -----
    An external table is no truth: it has errors, gaps and a way of choosing whom it counts. Where
    many pairs are compared, some intervals exclude zero by chance.

    References
    ----------
    Bergsma (2013), A bias-correction for Cramer's V and Tschuprow's T.
    """

    name = "ground_truth"
    title = "Ground truth correlations"
    needs = ("ground_truth",)
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "most_pairs": Int(1),
        "n_resamples": Int(20),
        "level": Real(0.5, 0.999),
    }

    def __init__(self, most_pairs: int = 50, n_resamples: int = 200, level: float = 0.95) -> None:
        self.most_pairs = most_pairs
        self.n_resamples = n_resamples
        self.level = level

    def compute(self, data: NutritionData) -> Found:
        """The join, and the pairs, the strongest first."""
        keys, own, external = _join(data)
        n_keys = int(keys.max(initial=-1)) + 1
        if n_keys < FEWEST_KEYS:
            raise CapabilityError(f"only {n_keys} keys are in both tables")
        rng = generator(data.random_state, "nutrition", self.name)
        times = rng.multinomial(n_keys, np.full(n_keys, 1 / n_keys), self.n_resamples)
        pairs = [self._compare(a, b, keys, times.astype(float)) for a in own for b in external]
        return {
            "key": data.on,
            "keys": n_keys,
            "rows_matched": len(keys),
            "rows_not_matched": data.table.height - len(keys),
            "level": self.level,
            "compared": len(pairs),
            "pairs": sorted(pairs, key=lambda pair: -round(abs(pair["value"]), 9))[
                : self.most_pairs
            ],
        }

    def _compare(
        self, own: _Column, external: _Column, keys: NDArray[np.int64], times: Floats
    ) -> dict[str, Any]:
        """The measure of two columns, with its percentile interval over keys."""
        n_keys = times.shape[1]
        name, sums, measure = _prepared(own, external, keys, n_keys)
        value = measure(np.asarray(np.ones((1, n_keys)) @ sums))[0]
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        low, high = np.quantile(measure(np.asarray(times @ sums)), tails)
        return {
            "own": own.name,
            "external": external.name,
            "measure": name,
            "value": float(value),
            "low": float(low),
            "high": float(high),
        }

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """A table of the ten strongest pairs."""
        rows = [
            (
                f"{pair['own']}, {pair['external']}",
                pair["measure"],
                f"{pair['value']:.2f}",
                f"{pair['low']:.2f} to {pair['high']:.2f}",
            )
            for pair in found["pairs"][:10]
        ]
        return table(("columns", "measure", "value", "interval"), rows)


@dataclass(frozen=True, eq=False)
class _Column:
    """A column of the joined rows: codes of values or ranges, and numbers where it has them."""

    name: str
    codes: NDArray[np.int16]
    numbers: Floats | None

    @classmethod
    def read(cls, series: pl.Series, kind: str, name: str) -> _Column:
        codes, _ = bin_column(series, kind, 1)
        numbers = series.cast(float).fill_null(np.nan).to_numpy() if kind in MEASURED else None
        return cls(name, codes, numbers)


def _join(data: NutritionData) -> tuple[NDArray[np.int64], list[_Column], list[_Column]]:
    """Codes of the keys of the rows that are in both, and the columns of either table."""
    external: Any = data.ground_truth
    on: Any = data.on
    theirs = [
        (name, kind)
        for name in external.columns
        if name != on and (kind := column_kind(external[name])) in (*COUNTED, *MEASURED)
    ]
    ours = [name for name in data.of_kind(*COUNTED, *MEASURED) if name != on]
    if not ours or not theirs:
        raise CapabilityError("one of the tables has no column of categories or numbers")
    # Both may have columns of one name.
    places = external.select(on, *(external[n].alias(f"{i}\0") for i, (n, _) in enumerate(theirs)))
    both = data.table.join(places, on=on, how="inner", maintain_order="left")
    keys = factorize(both[on])[0].astype(np.int64)
    return (
        keys,
        [_Column.read(both[name], data.kinds[name], name) for name in ours],
        [_Column.read(both[f"{i}\0"], kind, name) for i, (name, kind) in enumerate(theirs)],
    )


def _prepared(
    own: _Column, external: _Column, keys: NDArray[np.int64], n_keys: int
) -> tuple[str, Any, Callable[[Floats], Floats]]:
    """The name of the measure, sums a key (n_keys, s), and the measure of rows of such sums."""
    if own.numbers is not None and external.numbers is not None:
        return "correlation", _moments(own.numbers, external.numbers, keys, n_keys), _correlations
    shape = int(own.codes.max()) + 1, int(external.codes.max()) + 1
    cells = own.codes.astype(np.int64) * shape[1] + external.codes
    sums = sparse.coo_array(
        (np.ones(len(keys)), (keys, cells)), shape=(n_keys, shape[0] * shape[1])
    )
    return "Cramer's V", sums.tocsr(), lambda rows: _cramers_v(rows.reshape(-1, *shape), n_keys)


def _moments(x: Floats, y: Floats, keys: NDArray[np.int64], n_keys: int) -> Floats:
    """Rows, sums, squares and products of each key (n_keys, 6), of the rows that have both."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y, keys = x[known], y[known], keys[known]
    if len(x):
        # Centred first: the differences of large sums would lose all digits.
        x, y = x - x.mean(), y - y.mean()
    columns = (np.ones_like(x), x, y, x * x, y * y, x * y)
    return np.column_stack([np.bincount(keys, values, minlength=n_keys) for values in columns])


def _correlations(sums: Floats) -> Floats:
    """Pearson's correlation of each row of sums; 0 where a column does not vary."""
    n = np.maximum(sums[:, 0], 1)
    x, y, xx, yy, xy = (sums[:, 1:] / n[:, None]).T
    spread = np.sqrt(np.maximum(xx - x * x, 0) * np.maximum(yy - y * y, 0))
    return np.divide(xy - x * y, spread, out=np.zeros_like(xy), where=spread > 1e-300)


def _cramers_v(counts: Floats, n_keys: int) -> Floats:
    """Bias-corrected V of each table (m, r, c); rows of a key are one case to the correction."""
    n = counts.sum(axis=(1, 2))
    rows, columns = counts.sum(axis=2), counts.sum(axis=1)
    expected = rows[:, :, None] * columns[:, None, :] / n[:, None, None]
    off = np.divide(
        (counts - expected) ** 2, expected, out=np.zeros_like(counts), where=expected > 0
    )
    r, c = (rows > 0).sum(axis=1) - 1.0, (columns > 0).sum(axis=1) - 1.0
    excess = np.maximum(off.sum(axis=(1, 2)) / n - r * c / (n_keys - 1), 0)
    least = np.minimum(r - r**2 / (n_keys - 1), c - c**2 / (n_keys - 1))
    return np.sqrt(np.divide(excess, least, out=np.zeros_like(excess), where=least > 0))
