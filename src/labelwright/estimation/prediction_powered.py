"""Prediction-powered means: many predictions and a few gold values, with a valid interval.

References
----------
Angelopoulos, Bates, Fannjiang, Jordan and Zrnic (2023), Prediction-powered inference.
Angelopoulos, Duchi and Zrnic (2023), PPI++: efficient prediction-powered inference.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError
from labelwright.core.params import Accepts, Bool, OneOf, Params, Real
from labelwright.core.stats import check_level, normal_quantile
from labelwright.core.validation import check_same_length
from labelwright.estimation._design import read_design
from labelwright.estimation._rectify import Rectified

__all__ = ["PPIMean"]


class _Lam(Accepts):
    def allows(self, value: object) -> bool:
        return (isinstance(value, str) and value == "auto") or Real().allows(value)

    def __str__(self) -> str:
        return "'auto' or a number"


class PPIMean(Params):
    """Mean of an outcome from its predictions on many rows and its gold values on a few.

    The estimate is ``mean(y) - lam * (mean(f_gold) - mean(f_more))``, unbiased for every fixed
    ``lam`` if the gold rows are a random part of the rows.

    Parameters
    ----------
    lam : "auto" or float
        How much predictions count: 0 is the mean of the gold values, 1 is plain
        prediction-powered inference. "auto" takes the value of least estimated variance, in each
        stratum on its own.
    clip : bool
        Keep the automatic ``lam`` between 0 and 1. For predictions on another scale than the
        outcome, give False.
    convention : "separate" or "pooled"
        "separate" estimates the variance of predictions in gold and other rows apart, so that the
        estimated variance at the chosen ``lam`` is never above that at 0 or 1. "pooled" uses the
        formulas of the Python package ppi_py (neither strata nor groups).

    Attributes
    ----------
    value_, variance_ : float
        The estimate and its variance.
    lam_ : float or (n_strata,) array
        The ``lam`` that was used.
    effective_n_ : float
        How many gold values alone would give the same variance.

    Examples
    --------
    >>> y, f_gold = [1, 0, 1, 1, 0, 1], [1, 0, 1, 1, 1, 1]
    >>> model = PPIMean(lam=1.0).fit(y, f_gold, f_more=[1, 0, 1, 1, 1, 0, 1, 1])
    >>> round(model.value_, 4)
    0.5833
    >>> [round(end, 3) for end in model.interval(0.9)]
    [0.199, 0.968]
    """

    _accepts: ClassVar[dict[str, Accepts]] = {
        "lam": _Lam(),
        "clip": Bool(),
        "convention": OneOf("separate", "pooled"),
    }

    value_: float
    variance_: float
    lam_: float | NDArray[np.float64]
    effective_n_: float

    def __init__(
        self, lam: str | float = "auto", clip: bool = True, convention: str = "separate"
    ) -> None:
        self.lam = lam
        self.clip = clip
        self.convention = convention

    def fit(
        self,
        y: ArrayLike,
        f_gold: ArrayLike,
        f_more: ArrayLike,
        *,
        strata: tuple[Any, Any] | None = None,
        groups: tuple[Any, Any] | None = None,
    ) -> PPIMean:
        """Estimate.

        Parameters
        ----------
        y, f_gold : array-like of shape (n,)
            Gold values and the predictions of the same rows.
        f_more : array-like of shape (N,)
            Predictions of the other rows.
        strata : pair of array-like of shapes (n,) and (N,), optional
            Within each stratum the gold rows are a random part; at least two in each.
        groups : pair of array-like of shapes (n,) and (N,), optional
            Rows of a group may err together; the variance is robust to that. A group lies in one
            stratum.
        """
        self._check_params()
        gold, predicted, looked = _stack(y, f_gold, f_more)
        separate = self.convention == "separate"
        if not separate and (strata is not None or groups is not None):
            raise DataError("convention='pooled' knows neither strata nor groups.")
        design = read_design(looked, groups=_joined(groups), strata=_joined(strata))
        parts, shares = design.parts(gold, predicted, looked, unbiased=separate)
        lams = np.array([self._lam(part, predicted) for part in parts])
        self.value_ = float(shares @ [p.value(lam) for p, lam in zip(parts, lams, strict=True)])
        of_parts = [p.variance(lam) for p, lam in zip(parts, lams, strict=True)]
        self.variance_ = float(shares**2 @ of_parts)
        self.lam_ = float(lams[0]) if strata is None else lams
        of_gold = float(shares**2 @ [part.uu for part in parts])
        n_gold = sum(part.n_gold for part in parts)
        self.effective_n_ = n_gold * of_gold / self.variance_ if self.variance_ > 0 else math.nan
        return self

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The confidence interval that the normal distribution gives."""
        self._check_fitted()
        half = float(normal_quantile((1 + check_level(level)) / 2)) * math.sqrt(self.variance_)
        return self.value_ - half, self.value_ + half

    def _lam(self, part: Rectified, predicted: NDArray[np.float64]) -> float:
        if not isinstance(self.lam, str):
            return float(self.lam)
        lam = part.best_lam()
        if self.convention == "pooled":
            n, more = part.n_gold, predicted.size - part.n_gold
            spread = float(predicted.var(ddof=1)) * (1 / n + 1 / more)
            lam = part.uv / spread if spread > 0 else 0.0
        return min(max(lam, 0.0), 1.0) if self.clip else lam


def _stack(
    y: ArrayLike, f_gold: ArrayLike, f_more: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Gold values, predictions and which rows are gold, over gold rows and then the others."""
    columns = {"y": y, "f_gold": f_gold, "f_more": f_more}
    n_gold = check_same_length(y=y, f_gold=f_gold)
    y, f_gold, f_more = (_finite(name, values) for name, values in columns.items())
    if n_gold < 2 or not f_more.size:
        raise DataError("A prediction-powered mean needs two gold rows and one other row.")
    looked = np.arange(n_gold + f_more.size) < n_gold
    padded = np.concatenate([y, np.zeros(f_more.size)])
    return padded, np.concatenate([f_gold, f_more]), looked


def _finite(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise DataError(f"{name} must be one column of numbers without missing values.")
    return array


def _joined(pair: tuple[Any, Any] | None) -> NDArray[Any] | None:
    return None if pair is None else np.concatenate([np.asarray(p, dtype=object) for p in pair])
