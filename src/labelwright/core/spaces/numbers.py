"""Numbers, exact or known only to lie in a range."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import as_array, plain_scalar
from labelwright.core.errors import SpaceError
from labelwright.core.spaces._base import Space
from labelwright.core.validation import first_row

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Numbers"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_CENSORED = re.compile(rf"\s*([<>]=?|≤|≥)\s*({_NUMBER})\s*")
_RANGE = re.compile(rf"\s*({_NUMBER})\s*(?:-|–|\.\.)\s*({_NUMBER})\s*")


@dataclass(frozen=True)
class Numbers(Space):
    """Numbers; a censored one is a pair (low, high) with infinite ends allowed.

    Text such as ``">10000"``, ``"<0.1"`` and ``"5-8"`` is read as censored.

    Examples
    --------
    >>> space = Numbers(low=0, unit="nM")
    >>> space.encode([2.5, ">10000", None])
    array([[2.5e+00, 2.5e+00],
           [1.0e+04,     inf],
           [    nan,     nan]])
    >>> space.decode(space.encode([2.5, "5-8"]))
    [2.5, (5.0, 8.0)]
    """

    kind: ClassVar[str] = "numbers"

    low: float | None = None
    high: float | None = None
    unit: str = ""

    def canonical(self, value: Any) -> float | tuple[float, float]:
        """A float, or a pair (low, high) where only a range is known."""
        value = plain_scalar(value)
        low, high = _bounds(value)
        if not low <= high:
            raise SpaceError(f"{value!r} is a range that ends before it begins.")
        if self._outside(low, high) or (low == high and math.isinf(low)):
            least = "-inf" if self.low is None else f"{self.low:g}"
            most = "inf" if self.high is None else f"{self.high:g}"
            raise SpaceError(
                f"{value!r} lies outside {least} to {most}.",
                hint="Check the unit and the codebook.",
            )
        return low if low == high else (low, high)

    def encode(self, values: Any) -> NDArray[np.float64]:
        """Lower and upper bound (n, 2); equal where the number is exact, NaN without a label."""
        array = as_array(values)
        if array.dtype.kind not in "iuf":
            ends = [v if isinstance(v, tuple) else (v, v) for v in self.validate(array)]
            return np.array(ends, dtype=np.float64).reshape(-1, 2)
        numbers = array.astype(np.float64)
        row = first_row(np.isinf(numbers) | self._outside(numbers, numbers))
        if row is not None:
            self.validate(array[: row + 1])
        return np.column_stack([numbers, numbers])

    def decode(self, encoded: Any) -> list[Any]:
        """Floats, pairs where censored, None where there is no label."""
        return [
            None if math.isnan(low) else low if low == high else (low, high)
            for low, high in np.asarray(encoded, dtype=np.float64).tolist()
        ]

    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Labels as a column of floats, or of structs (low, high) if any is censored."""
        import polars as pl

        if not any(isinstance(value, tuple) for value in values):
            return pl.Series(name, values, dtype=pl.Float64)
        bounds = pl.Struct({"low": pl.Float64, "high": pl.Float64})
        rows = [
            None
            if value is None
            else dict(
                zip(
                    ("low", "high"),
                    value if isinstance(value, tuple) else (value, value),
                    strict=True,
                )
            )
            for value in values
        ]
        return pl.Series(name, rows, dtype=bounds)

    def _outside(self, low: Any, high: Any) -> Any:
        """Whether no number between ``low`` and ``high`` is one of this space."""
        least = -math.inf if self.low is None else self.low
        most = math.inf if self.high is None else self.high
        return (high < least) | (low > most)


def _bounds(value: Any) -> tuple[float, float]:
    if isinstance(value, dict):
        value = tuple(value.get(end) for end in ("low", "high"))
    if isinstance(value, str):
        return _read_text(value)
    ends = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(ends) != 2 or not all(type(plain_scalar(end)) in (int, float) for end in ends):
        raise SpaceError(
            f"{value!r} is not a number.",
            hint="Give numbers, pairs (low, high), or text such as '>10000'.",
        )
    return float(ends[0]), float(ends[1])


def _read_text(text: str) -> tuple[float, float]:
    if censored := _CENSORED.fullmatch(text):
        sign, number = censored[1], float(censored[2])
        return (-math.inf, number) if sign in ("<", "<=", "≤") else (number, math.inf)
    if span := _RANGE.fullmatch(text):
        return float(span[1]), float(span[2])
    if re.fullmatch(rf"\s*{_NUMBER}\s*", text):
        return float(text), float(text)
    raise SpaceError(
        f"{text!r} is not a number.",
        hint="Accepted: 2.5, >10000, <0.1, 5-8; units in the codebook.",
    )
