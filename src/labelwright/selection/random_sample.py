"""Random samples that remember with which probability each record could be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core._factorize import factorize
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState, generator
from labelwright.core.validation import check_same_length

__all__ = ["Sample", "sample"]

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample(Result):
    """Rows that were drawn, in random order, and the probability with which each could be.

    Attributes
    ----------
    indices : (k,) int64
        Rows, in random order.
    inclusion : (k,) float
        Their inclusion probabilities.
    n : int
        How many rows there were.
    design : str
        How they were drawn, in words.

    Examples
    --------
    >>> drawn = sample(4, 2)
    >>> drawn.inclusion.tolist(), int(np.isnan(drawn.per_row()).sum())
    ([0.5, 0.5], 2)
    """

    kind: ClassVar[str] = "sample"

    indices: Codes
    inclusion: Floats
    n: int
    design: str

    def __len__(self) -> int:
        return self.indices.size

    def per_row(self) -> Floats:
        """Inclusion probabilities (n,), NaN where a row was not drawn.

        This is what :func:`labelwright.estimation.corrected_rate` takes as ``inclusion``.
        """
        spread = np.full(self.n, np.nan)
        spread[self.indices] = self.inclusion
        return spread

    def to_table(self) -> Any:
        """A row a drawn record."""
        import polars as pl

        return pl.DataFrame({"row": self.indices, "inclusion": self.inclusion})


def sample(
    n: int,
    k: int,
    *,
    by: Any = None,
    weights: ArrayLike | None = None,
    groups: Any = None,
    random_state: RandomState = 0,
) -> Sample:
    """Draw about ``k`` of ``n`` rows at random, without replacement.

    Parameters
    ----------
    n, k : int
        Rows there are, and rows to draw.
    by : array-like of shape (n,), optional
        Strata: each gives its share of ``k``, and at least one row. A missing stratum is one too.
    weights : array-like of shape (n,), optional
        Draw with probability proportional to these, all above zero; a row whose share is above one
        is drawn for certain.
    groups : array-like of shape (n,), optional
        Draw whole groups, each with the same probability; a missing group is a row on its own. The
        number of rows is then ``k`` only on average. Estimates need ``groups=`` as well.
    random_state : int, Generator or None
        Seed of the draw.

    Returns
    -------
    Sample
        Inclusion probabilities are exact.

    Raises
    ------
    DataError
        If there are more strata than rows to draw, or lengths or weights do not fit.
    ParameterError
        If ``k`` is not from 1 to ``n``, or several of ``by``, ``weights``, ``groups`` are given.

    References
    ----------
    Cochran (1977), Sampling techniques. Madow (1949), On the theory of systematic sampling, II.

    Examples
    --------
    >>> drawn = sample(10, 4, by=["often"] * 8 + ["seldom"] * 2)
    >>> sorted(drawn.inclusion.tolist())
    [0.375, 0.375, 0.375, 0.5]
    """
    whole = all(isinstance(x, (int, np.integer)) and not isinstance(x, bool) for x in (n, k))
    if not whole or not 1 <= k <= n:
        raise ParameterError(
            f"sample({n!r}, {k!r}) is not accepted.",
            hint="k is a whole number from 1 to n, the number of rows.",
        )
    if sum(option is not None for option in (by, weights, groups)) > 1:
        raise ParameterError("Give one of by=, weights= and groups=, not several.")
    check_same_length(rows=np.empty(n), by=by, weights=weights, groups=groups)
    rng = generator(random_state, "sample")
    if by is not None:
        return _stratified(_codes(by, apart=False), k, rng)
    if weights is not None:
        return _weighted(np.asarray(weights, dtype=np.float64), k, rng)
    if groups is not None:
        return _grouped(_codes(groups, apart=True), k, rng)
    drawn = rng.permutation(n)[:k]
    return Sample(drawn, np.full(k, k / n), n, "simple random sample")


def _codes(values: Any, *, apart: bool) -> Codes:
    """Codes 0..G-1; missing values are one group, or ``apart`` each one of its own."""
    codes = factorize(values)[0].astype(np.int64)
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + (np.arange(missing.sum()) if apart else 0)
    return codes


def _stratified(strata: Codes, k: int, rng: np.random.Generator) -> Sample:
    sizes = np.bincount(strata)
    if sizes.size > k:
        raise DataError(
            f"There are {sizes.size} strata, more than the {k} rows to draw.",
            hint="Draw more rows, or join strata (a number must be cut into a few ranges first).",
        )
    taken = _proportional(sizes, k)
    order = rng.permutation(strata.size)
    order = order[np.argsort(strata[order], kind="stable")]
    place = np.arange(strata.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    drawn = rng.permutation(order[place < taken[strata[order]]])
    inclusion = (taken / sizes)[strata[drawn]]
    return Sample(drawn, inclusion, strata.size, f"stratified random sample, {sizes.size} strata")


def _proportional(sizes: Codes, k: int) -> Codes:
    """How many of ``k`` each stratum gets: its share by largest remainder, but at least one."""
    shares = k * sizes / sizes.sum()
    taken = np.maximum(np.floor(shares).astype(np.int64), 1)
    while taken.sum() > k:
        # Those raised to one are paid for by the stratum that is furthest above its share.
        over = np.where(taken > 1, taken - shares, -np.inf)
        taken[np.argmax(over)] -= 1
    rest = np.argsort(taken - shares, kind="stable")[: k - taken.sum()]
    taken[rest] += 1
    return taken


def _weighted(weights: Floats, k: int, rng: np.random.Generator) -> Sample:
    bad = ~(np.isfinite(weights) & (weights > 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"weights[{row}] = {weights[row]:g} is not above zero.",
            where={"row": row},
            hint="A row that can never be drawn biases every estimate; give it a small weight.",
        )
    inclusion = _inclusion_probabilities(weights, k)
    # Systematic sampling in random order: each row holds a stretch of its probability on a line,
    # and every point at u, u + 1, u + 2, ... takes the row that it falls on.
    order = rng.permutation(weights.size)
    ends = np.cumsum(inclusion[order])
    ends *= k / ends[-1]
    points = rng.random() + np.arange(k)
    drawn = rng.permutation(order[np.searchsorted(ends, points, side="right")])
    return Sample(drawn, inclusion[drawn], weights.size, "sample proportional to weights")


def _inclusion_probabilities(weights: Floats, k: int) -> Floats:
    """Probabilities proportional to weights that sum to ``k``, none above one."""
    certain = np.zeros(weights.size, dtype=bool)
    while True:
        rest = k - certain.sum()
        share = rest * weights / weights[~certain].sum() if rest else np.zeros(weights.size)
        inclusion = np.where(certain, 1.0, share)
        above = inclusion > 1
        if not above.any():
            return inclusion
        certain |= above


def _grouped(groups: Codes, k: int, rng: np.random.Generator) -> Sample:
    n_groups = int(groups.max()) + 1
    n_drawn = max(1, round(k * n_groups / groups.size))
    chosen = rng.permutation(n_groups)[:n_drawn]
    drawn = rng.permutation(np.flatnonzero(np.isin(groups, chosen)))
    inclusion = np.full(drawn.size, n_drawn / n_groups)
    return Sample(drawn, inclusion, groups.size, f"sample of {n_drawn} of {n_groups} whole groups")
