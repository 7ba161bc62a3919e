"""From the parts of a corrected mean to an estimate with its interval."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy import special

from labelwright.core.errors import DataError
from labelwright.core.stats import check_level, normal_quantile, wilson_interval
from labelwright.estimation._rectify import LEAST_GOLD, Floats, Rectified, with_unseen_errors
from labelwright.estimation.estimate import Estimate


def rate_of_gold(part: Rectified, n: int, level: float, clustered: bool) -> Estimate:
    """A rate from gold alone: Wilson's interval at the sample size that the design is worth."""
    size = _design_size(part, clustered)
    low, high = _wilson(part.gold, size, part, level, clustered)
    method = "Wilson interval of the gold alone"
    return Estimate(part.gold, low, high, level, part.n_gold, n, size, method)


def believable(part: Rectified) -> bool:
    """Whether there is gold enough, and of both kinds, to see how far a judge can be believed."""
    return part.n_gold >= LEAST_GOLD and part.spread > 0 and part.vv > 0


def why_gold_only(part: Rectified) -> tuple[str, ...]:
    """In words, why the judge is not used; nothing if it is."""
    if part.n_gold < LEAST_GOLD:
        return (f"With fewer than {LEAST_GOLD} gold labels the judge is not used.",)
    if part.spread == 0:
        return ("All gold labels are alike, so the judge is not used.",)
    if part.vv == 0:
        return ("The judge says nothing beyond the gold, so it is not used.",)
    return ()


def corrected_rate_of(
    part: Rectified, scores: Floats, n: int, level: float, clustered: bool, lam: float | None = None
) -> Estimate:
    """A rate from gold and a judge, at the best ``lam`` or at a given one.

    Wilson's interval is taken at the effective sample size: the number of gold rows times what the
    judge makes them worth.
    """
    padded = with_unseen_errors(part, scores)
    lam = padded.best_lam() if lam is None else lam
    size = _design_size(part, clustered)
    if part.spread > 0:
        size *= padded.uu / padded.variance(lam)
    value = min(max(part.value(lam), 0.0), 1.0)
    low, high = _wilson(value, size, part, level, clustered)
    return Estimate(value, low, high, level, part.n_gold, n, size, "prediction-powered")


def mean_of(part: Rectified, n: int, level: float, lam: float | None = None) -> Estimate:
    """A mean from gold and predictions, with Student's interval; ``lam=0`` is gold alone."""
    chosen = part.best_lam() if lam is None else lam
    freedom = part.units - (1 if lam is not None else 2)
    if freedom < 1:
        raise DataError(
            f"{part.units} gold values are too few for an interval of a mean.",
            hint="Have at least ten records looked at, drawn at random.",
        )
    # Choosing lam uses up one more observation, as in a regression.
    variance = part.variance(chosen) * (part.units - 1) / freedom
    quantile = float(special.stdtrit(freedom, (1 + check_level(level)) / 2))
    half, value = quantile * math.sqrt(variance), part.value(chosen)
    size = part.design_n() * part.uu / variance
    method = "prediction-powered" if lam is None else "Student interval of the gold alone"
    return Estimate(
        value, value - half, value + half, level, part.n_gold, n, size, method, unit="number"
    )


def described(
    estimate: Estimate,
    gold_only: Estimate,
    words: str,
    *,
    what: str,
    naive: float,
    notes: tuple[str, ...],
) -> Estimate:
    """The estimate with its name, its design in words, and the labels and the gold alone beside."""
    beside = replace(gold_only, method=gold_only.method + words, what=what)
    return replace(
        estimate,
        method=estimate.method + words,
        gold_only=beside,
        what=what,
        naive=naive,
        notes=notes,
    )


def _design_size(part: Rectified, clustered: bool) -> float:
    size = part.design_n()
    return min(size, float(part.n_gold)) if clustered else size


def _wilson(
    share: float, size: float, part: Rectified, level: float, clustered: bool
) -> tuple[float, float]:
    tail = (1 + check_level(level)) / 2
    quantile = special.stdtrit(part.units - 1, tail) if clustered else normal_quantile(tail)
    low, high = wilson_interval(np.float64(share) * size, size, level, quantile=float(quantile))
    return float(low), float(high)
