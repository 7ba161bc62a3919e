"""An interval for coefficients of the form 1 - observed / expected disagreement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from labelwright.core.stats import check_level, wilson_interval

__all__ = ["agreement_interval"]

# Disagreement below this is what rounding leaves of none.
NOTHING = 1e-12


def agreement_interval(
    value: float,
    without: NDArray[np.float64],
    most: float,
    level: float,
    times: NDArray[np.float64] | None = None,
) -> tuple[float, float]:
    """An interval over items that is wide also where nobody, or nearly nobody, disagrees.

    The jackknife over items says how much the coefficient varies, but takes its error for
    symmetric, and for zero where no item shows disagreement. So disagreement is read as a share of
    the most there could be. The items count as so many independent trials as would make that share
    vary as the jackknife says, or as they are where it says nothing, and the interval is Wilson's,
    with the quantile of Student's t. With n items in perfect agreement, that allows for total
    disagreement on about 4 in n of all items, near the rule of three.

    Parameters
    ----------
    value : float
        The coefficient.
    without : (m,) float64
        The coefficient without each item.
    most : float
        How far the coefficient would lie below 1 if all votes disagreed as much as they can, and
        as much were expected as is; infinite where nothing is expected.
    level : float
    times : (m,) float64, optional
        How many items each entry of ``without`` stands for.

    Returns
    -------
    low, high : float
        From -1 to 1 where the items say nothing.

    References
    ----------
    Korn and Graubard (1998), for effective sample sizes in intervals of small shares.
    """
    check_level(level)
    most = float(most)
    times = np.ones(without.size) if times is None else times
    n = float(times.sum())
    if n < 2 or not np.isfinite(most):
        return -1.0, 1.0
    share = min(max((1 - value) / most, 0.0), 1.0)
    away = (without - (times * without).sum() / n) / most
    variance = (n - 1) / n * float((times * away**2).sum())
    inside = NOTHING < share < 1 - NOTHING and variance > NOTHING**2
    trials = share * (1 - share) / variance if inside else n
    quantile = float(special.stdtrit(n - 1, (1 + level) / 2))
    least, greatest = wilson_interval(share * trials, trials, level, quantile=quantile)
    return max(1 - most * float(greatest), -1.0), min(1 - most * float(least), 1.0)
