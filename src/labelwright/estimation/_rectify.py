"""The arithmetic under every corrected mean.

The estimate is ``gold - lam * gap``: the mean of the gold rows, less ``lam`` times what the
predictions of the gold rows exceed those of the others by. A row adds ``u - lam * v`` to its error,
so the variance is the quadratic ``uu - 2 lam uv + lam^2 vv`` of sums of squares over rows, or over
clusters of rows. Strata add up, and the best ``lam`` is a ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# With fewer gold rows than this, no judge is believed.
LEAST_GOLD = 10


@dataclass(frozen=True)
class Rectified:
    """The parts of one corrected mean.

    Attributes
    ----------
    gold, gap : float
        The mean of the gold rows; how much predictions of gold rows exceed those of all.
    uu, uv, vv : float
        Coefficients of the variance.
    spread : float
        Variance of a gold value.
    n_gold, units : int
        Gold rows, and the clusters that they come from.
    """

    gold: float
    gap: float
    uu: float
    uv: float
    vv: float
    spread: float
    n_gold: int
    units: int

    def value(self, lam: float) -> float:
        """The estimate."""
        return self.gold - lam * self.gap

    def variance(self, lam: float) -> float:
        """Its variance, never below zero by rounding."""
        return max(self.uu - 2 * lam * self.uv + lam**2 * self.vv, 0.0)

    def best_lam(self) -> float:
        """The ``lam`` of least variance; 0 where predictions say nothing."""
        return self.uv / self.vv if self.vv > 0 else 0.0

    def design_n(self) -> float:
        """How many gold rows drawn simply at random would be as good as these, judge aside."""
        return self.spread / self.uu if self.spread > 0 and self.uu > 0 else float(self.units)


def rectify(
    gold: Floats,
    predicted: Floats,
    looked: NDArray[np.bool_],
    *,
    clusters: NDArray[np.int64] | None = None,
    inclusion: Floats | None = None,
    unbiased: bool = True,
) -> Rectified:
    """The parts of a corrected mean over rows of which ``looked`` have a gold value.

    Parameters
    ----------
    gold, predicted : (n,) arrays
        ``gold`` counts only where ``looked``.
    looked : (n,) bool
        The gold rows, at least one.
    clusters : (n,) int codes, optional
        Rows of one cluster may err together.
    inclusion : (n,) array, optional
        The probability with which a row was to become gold; read where ``looked``. Gold rows then
        weigh by its inverse (Hajek), and predictions are averaged over all rows, not over the rest.
    unbiased : bool
        Variances with n - 1 (clusters: G - 1) below.
    """
    y = np.where(looked, gold, 0.0)
    weight = looked / (1.0 if inclusion is None else np.where(looked, inclusion, 1.0))
    weight = weight / weight.sum()
    rest = ~looked if inclusion is None else np.ones_like(looked)
    mean, units = _mean(y, weight), _count(looked, clusters)
    inflate = _inflation(units) if unbiased else 1.0
    u = weight * (y - mean) * inflate
    spread = float(weight @ (y - mean) ** 2)
    gap, v = 0.0, np.zeros_like(u)
    if rest.any():
        others = rest / rest.sum()
        inflate_rest = _inflation(_count(rest, clusters)) if unbiased else 1.0
        of_gold, of_rest = _mean(predicted, weight), _mean(predicted, others)
        gap = of_gold - of_rest
        v = weight * (predicted - of_gold) * inflate - others * (predicted - of_rest) * inflate_rest
    if clusters is not None:
        u, v = np.bincount(clusters, u), np.bincount(clusters, v)
    n_gold = int(looked.sum())
    if unbiased:
        spread *= _inflation(n_gold) ** 2
    return Rectified(mean, gap, float(u @ u), float(u @ v), float(v @ v), spread, n_gold, units)


def _count(rows: NDArray[np.bool_], clusters: NDArray[np.int64] | None) -> int:
    return int(rows.sum()) if clusters is None else np.unique(clusters[rows]).size


def _mean(values: Floats, weight: Floats) -> float:
    # Equal values must have exactly their own mean, or their spread would not be zero.
    some = values[weight > 0]
    return float(some[0]) if (some == some[0]).all() else float(weight @ values)


def _inflation(n: int) -> float:
    return float(np.sqrt(n / (n - 1))) if n > 1 else 1.0


def add_strata(parts: Sequence[Rectified], shares: Floats) -> Rectified:
    """One corrected mean from those of strata that hold the given shares of all rows."""

    def total(name: str, power: int) -> float:
        return float(shares**power @ [getattr(part, name) for part in parts])

    gold = total("gold", 1)
    between = float(shares @ [(part.gold - gold) ** 2 for part in parts])
    return Rectified(
        gold=gold,
        gap=total("gap", 1),
        uu=total("uu", 2),
        uv=total("uv", 2),
        vv=total("vv", 2),
        spread=total("spread", 1) + between,
        n_gold=sum(part.n_gold for part in parts),
        units=sum(part.units for part in parts),
    )


def with_unseen_errors(part: Rectified, scores: Floats, weight: float = 0.5) -> Rectified:
    """The part of a rate as if one further gold row had been half of each opposite kind.

    Few gold rows may show no error of a judge that errs at times, and the variance would then be
    nearly zero. Half a row that is positive with the score of a negative one, and half the
    contrary, enter the variance, not the value. So the interval keeps its level from fifteen gold
    rows on, and the change is lost among a few hundred (the same idea as adding a row to each
    discordant cell when paired proportions are compared: Bonett and Price, 2012).

    Parameters
    ----------
    part : Rectified
        Of gold values 0 and 1.
    scores : array
        Predictions of the gold rows.
    weight : float
        How much of a row each kind counts.
    """
    ends = [scores.min(), scores.max()]
    opposite = ends if part.uv >= 0 else ends[::-1]
    u = (np.array([1.0, 0.0]) - part.gold) / part.n_gold
    v = (np.array(opposite) - scores.mean()) / part.n_gold
    return Rectified(
        **vars(part)
        | {
            "uu": part.uu + weight * float(u @ u),
            "uv": part.uv + weight * float(u @ v),
            "vv": part.vv + weight * float(v @ v),
        }
    )
