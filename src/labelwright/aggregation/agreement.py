"""How far annotators agree beyond chance, with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, unknown_name
from labelwright.core.results import Result
from labelwright.core.stats import normal_quantile
from labelwright.core.votes import Votes

__all__ = ["Agreement", "krippendorff_alpha"]


@dataclass(frozen=True)
class Agreement(Result):
    """An agreement coefficient with its interval.

    Attributes
    ----------
    value, low, high : float
        The coefficient and the ends of its interval; 1 is perfect, 0 is chance.
    level : float
        Confidence level of the interval.
    n_items, n_votes : int
        Items with two votes or more, and the votes on them.
    method : str
    """

    kind: ClassVar[str] = "agreement"

    value: float
    low: float
    high: float
    level: float
    n_items: int
    n_votes: int
    method: str

    def to_table(self) -> Any:
        """One row."""
        import polars as pl

        return pl.DataFrame([self.to_dict()])


def krippendorff_alpha(votes: Votes, scale: str | None = None, *, level: float = 0.95) -> Agreement:
    """Krippendorff's alpha: one minus observed over expected disagreement.

    Parameters
    ----------
    votes : Votes
        On classes. Items with one vote say nothing about agreement and are left out, and so are
        votes that leave several classes open.
    scale : {"nominal", "ordinal", "interval"}, optional
        How far two classes differ: not at all or wholly; by the votes between them; by the square
        of the difference of class numbers. By default ordinal where the classes are ordered.
    level : float
        Confidence level. The interval is the jackknife over items, so it allows for votes on one
        item being alike.

    Returns
    -------
    Agreement

    References
    ----------
    Krippendorff, Content Analysis, 2004 (the coincidence form); Efron's jackknife.

    Examples
    --------
    >>> votes = Votes.from_wide({"a": list("xxyyx"), "b": list("xxyyx")}, votes=["a", "b"])
    >>> krippendorff_alpha(votes).value
    1.0
    """
    space = votes.classes
    if votes.has_open_answers:
        votes = votes.select(where=space.candidates.sum(axis=1)[votes.label] == 1)
    if votes.weight is not None:
        votes = votes.with_extra(weight=np.ones(len(votes)))
    counts = votes.counts()
    counts = counts[counts.sum(axis=1) >= 2]
    if not counts.size:
        raise DataError(
            "No item has two votes, so agreement cannot be measured.",
            hint="Have some items labelled by two people or more.",
        )
    scale = scale or ("ordinal" if space.ordered else "nominal")
    distance = _distance(scale, counts.sum(axis=0))
    sizes = counts.sum(axis=1)
    within = _pair_distance(counts, distance) / (sizes - 1)
    total, n_votes = counts.sum(axis=0), sizes.sum()
    value = float(_alpha(within.sum(), total[None, :], n_votes, distance)[0])
    without = _alpha(within.sum() - within, total - counts, n_votes - sizes, distance)
    low, high = _jackknife_interval(value, without, level)
    return Agreement(
        value, low, high, level, len(sizes), int(n_votes), f"Krippendorff's alpha, {scale}"
    )


def _distance(scale: str, total: NDArray[np.float64]) -> NDArray[np.float64]:
    k = total.size
    rank = np.arange(k)
    if scale == "nominal":
        return 1.0 - np.eye(k)
    if scale == "interval":
        return (rank[:, None] - rank).astype(float) ** 2
    if scale == "ordinal":
        # Half of the votes at either end, and all of those between.
        middle = np.cumsum(total) - total / 2
        return (middle[:, None] - middle) ** 2
    raise unknown_name("scale", scale, ("nominal", "ordinal", "interval"))


def _pair_distance(counts: NDArray, distance: NDArray) -> NDArray[np.float64]:
    """Sum of distances over ordered pairs of votes, a row an item."""
    return ((counts @ distance) * counts).sum(axis=1)


def _alpha(observed: Any, totals: NDArray, n_votes: Any, distance: NDArray) -> NDArray[np.float64]:
    expected = _pair_distance(totals, distance) / (n_votes - 1)
    # Where only one class was ever given there is nothing to disagree about.
    ratio = np.divide(observed, expected, out=np.zeros_like(expected), where=expected > 0)
    return 1 - ratio


def _jackknife_interval(value: float, without: NDArray, level: float) -> tuple[float, float]:
    n = without.size
    if n < 2:
        return -1.0, 1.0
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    width = normal_quantile((1 + level) / 2) * error
    return max(value - width, -1.0), min(value + width, 1.0)
