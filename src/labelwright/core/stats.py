"""Intervals and tests that every room uses: proportions, the bootstrap, permutations, many tests.

All are functions of plain arrays. Levels are confidences (0.95), not error rates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from labelwright.core._factorize import factorize
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.seeds import RandomState, generator
from labelwright.core.validation import check_same_length

__all__ = [
    "benjamini_hochberg",
    "bootstrap_interval",
    "check_level",
    "jeffreys_interval",
    "normal_quantile",
    "permutation_p",
    "wilson_interval",
]

Floats = NDArray[np.float64]


def normal_quantile(probability: ArrayLike) -> Floats:
    """The standard normal quantile.

    Examples
    --------
    >>> round(float(normal_quantile(0.975)), 4)
    1.96
    """
    return np.asarray(special.ndtri(probability), dtype=np.float64)[()]


def check_level(level: float) -> float:
    """Check a confidence level: more than 0 and less than 1."""
    if not (isinstance(level, (float, np.floating)) and 0 < level < 1):
        raise ParameterError(
            f"level={level!r} is not accepted.", hint="Give a confidence such as 0.95."
        )
    return float(level)


def wilson_interval(
    successes: ArrayLike, n: ArrayLike, level: float = 0.95, *, quantile: float | None = None
) -> tuple[Floats, Floats]:
    """Wilson's score interval of a proportion.

    Parameters
    ----------
    successes, n : array-like of any common shape
        Counts; they need not be whole, since an effective number of trials seldom is.
    level : float
        Confidence.
    quantile : float, optional
        Used in place of the normal quantile, for example one of Student's t.

    Returns
    -------
    low, high : arrays of that shape
        From 0 to 1 where ``n`` is zero.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> [round(float(end), 3) for end in wilson_interval(8, 10)]
    [0.49, 0.943]
    """
    count, trials = _check_counts(successes, n)
    z = normal_quantile((1 + check_level(level)) / 2) if quantile is None else quantile
    safe = np.where(trials > 0, trials, 1.0)
    share = count / safe
    middle = share + z**2 / (2 * safe)
    half = z * np.sqrt(share * (1 - share) / safe + z**2 / (4 * safe**2))
    # At the ends the difference is zero on paper only.
    low = np.where(count == 0, 0.0, (middle - half) / (1 + z**2 / safe))
    high = np.where(count == trials, 1.0, (middle + half) / (1 + z**2 / safe))
    return np.where(trials > 0, low, 0.0)[()], np.where(trials > 0, high, 1.0)[()]


def jeffreys_interval(
    successes: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Jeffreys' interval of a proportion: equal tails of the Beta(x + 1/2, n - x + 1/2) posterior.

    Parameters and results are those of :func:`wilson_interval`. The low end is 0 without a success
    and the high end is 1 without a failure.

    References
    ----------
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion.

    Examples
    --------
    >>> [round(float(end), 3) for end in jeffreys_interval(8, 10)]
    [0.497, 0.956]
    """
    count, trials = _check_counts(successes, n)
    tail = (1 - check_level(level)) / 2
    a, b = count + 0.5, trials - count + 0.5
    low = np.where(count == 0, 0.0, special.betaincinv(a, b, tail))
    high = np.where(count == trials, 1.0, special.betaincinv(a, b, 1 - tail))
    return low[()], high[()]


def _check_counts(successes: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    count, trials = np.broadcast_arrays(
        np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    if not ((count >= 0) & (count <= trials) & np.isfinite(trials)).all():
        raise DataError("successes must be counts from 0 to n, and n must be finite.")
    return count, trials


def bootstrap_interval(
    statistic: Callable[..., float],
    *items: Any,
    level: float = 0.95,
    method: str = "bca",
    n_resamples: int = 2000,
    groups: Any = None,
    random_state: RandomState = 0,
) -> tuple[float, float]:
    """Bootstrap interval of a statistic of items.

    With so few items that all ordered samples number at most ``n_resamples`` (three items have 27),
    each is used once and nothing is random.

    Parameters
    ----------
    statistic : callable
        Takes arrays like ``items`` (with repetitions) and gives one number.
    *items : array-like of shape (n, ...)
        Aligned; a row is resampled in all of them together.
    level : float
        Confidence.
    method : "bca" or "percentile"
        BCa corrects for bias and skewness; where all resamples lie on one side of the estimate,
        or no item has any influence, it falls back to the percentiles.
    n_resamples : int
        How many samples are drawn.
    groups : array-like of shape (n,), optional
        Items of one group are drawn together; a missing group is a group of its own.
    random_state : int, Generator or None
        Seed of the resamples.

    Returns
    -------
    low, high : float

    References
    ----------
    Efron (1987), Better bootstrap confidence intervals.

    Examples
    --------
    >>> low, high = bootstrap_interval(np.median, [1.0, 2.0, 2.0, 6.0], method="percentile")
    >>> low, high
    (1.0, 6.0)
    """
    if method not in ("bca", "percentile"):
        raise ParameterError(
            f"method={method!r} is not accepted.", hint="Use 'bca' or 'percentile'."
        )
    check_level(level)
    arrays = [np.asarray(values) for values in items]
    n = check_same_length(**{f"items[{place}]": array for place, array in enumerate(arrays)})
    units = _units(groups, n)
    if len(units) < 2:
        raise DataError("A bootstrap needs at least two items (or groups).")

    def at(chosen: Any) -> float:
        rows = np.concatenate([units[unit] for unit in chosen])
        return float(statistic(*(array[rows] for array in arrays)))

    draws = _draws(len(units), n_resamples, random_state)
    resampled = np.array([at(draw) for draw in draws])
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        everything = range(len(units))
        left_out = [at([u for u in everything if u != out]) for out in everything]
        tails = _bca_tails(resampled, at(everything), np.array(left_out), tails)
    low, high = np.quantile(resampled, tails)
    return float(low), float(high)


def _units(groups: Any, n: int) -> list[NDArray[np.int64]]:
    """The rows of each group; without groups each row alone."""
    if groups is None:
        return list(np.arange(n)[:, None])
    check_same_length(items=np.empty(n), groups=groups)
    codes = factorize(groups)[0].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _draws(n: int, n_resamples: int, random_state: RandomState) -> NDArray[np.int64]:
    if n <= 8 and n**n <= n_resamples:
        return np.array(list(product(range(n), repeat=n)))
    return generator(random_state, "bootstrap").integers(0, n, (n_resamples, n))


def _bca_tails(resampled: Floats, estimate: float, left_out: Floats, tails: Floats) -> Floats:
    """The percentiles to read off, moved for bias and acceleration."""
    below = (np.mean(resampled < estimate) + np.mean(resampled <= estimate)) / 2
    influence = left_out.mean() - left_out
    spread = np.sum(influence**2)
    if not 0 < below < 1 or spread == 0:
        return tails
    bias, acceleration = normal_quantile(below), np.sum(influence**3) / (6 * spread**1.5)
    shifted = bias + normal_quantile(tails)
    return np.asarray(special.ndtr(bias + shifted / (1 - acceleration * shifted)))


def permutation_p(
    first: ArrayLike,
    second: ArrayLike,
    *,
    n_permutations: int = 999,
    random_state: RandomState = 0,
) -> float:
    """Two-sided permutation test that two samples have the same mean.

    All ways to divide the values are looked at if they number at most ``n_permutations``; otherwise
    that many are drawn, and the p-value counts the observed one among them.

    Parameters
    ----------
    first, second : array-like of shapes (n,) and (m,)
        The samples, without missing values.
    n_permutations : int
        How many divisions to draw.
    random_state : int, Generator or None
        Seed of the draws.

    Returns
    -------
    float
        The share of divisions whose means differ at least as much as those seen.

    Examples
    --------
    >>> permutation_p([1, 2, 3], [11, 12, 13])
    0.1
    """
    few, many = sorted((np.asarray(first, float), np.asarray(second, float)), key=len)
    pooled = np.concatenate([few, many])
    if not few.size or not np.isfinite(pooled).all():
        raise DataError("A permutation test needs two samples of finite numbers.")
    pooled = pooled - pooled.mean()
    # The means differ by a fixed multiple of the sum of the smaller sample.
    seen = abs(pooled[: few.size].sum())
    exact = math.comb(pooled.size, few.size) <= n_permutations
    if exact:
        rows: Any = combinations(range(pooled.size), few.size)
    else:
        rng = generator(random_state, "permutation")
        rows = (
            rng.choice(pooled.size, few.size, replace=False, shuffle=False)
            for _ in range(n_permutations)
        )
    sums = np.array([abs(pooled[list(chosen)].sum()) for chosen in rows])
    # Equal sums that were added up in another order must still count as equal.
    extreme = int(np.sum(sums >= seen - 1e-9 * np.abs(pooled).sum()))
    return extreme / sums.size if exact else (extreme + 1) / (sums.size + 1)


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Adjusted p-values that hold the false discovery rate.

    Parameters
    ----------
    p_values : array-like of shape (m,)
        Independent or positively dependent.

    Returns
    -------
    (m,) array
        Rejecting those at or below q keeps the expected share of false rejections at q.

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise DataError("p_values must be a list of numbers from 0 to 1.")
    order = np.argsort(-p, kind="stable")
    ranks = np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate(p[order] * p.size / ranks)
    return adjusted
