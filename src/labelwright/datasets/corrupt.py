"""Makers of known corruption: wrong labels of which one knows where and how they are wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState, generator
from labelwright.core.validation import check_same_length, first_row

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Corruption", "flip_by_features", "flip_labels"]


@dataclass(frozen=True, eq=False)
class Corruption(Result):
    """Labels with known errors.

    Attributes
    ----------
    labels : (n,) array
        The labels with errors, of the type that came in.
    truth : (n,) array
        The labels that came in.
    flipped : (n,) bool array
        Where the two differ.
    classes : (K,) array
        The classes, sorted.
    transition : (K, K) float array
        Share of each true class (row) that was given each label (column), as it turned out.
    """

    kind: ClassVar[str] = "corruption"

    labels: NDArray[Any]
    truth: NDArray[Any]
    flipped: NDArray[np.bool_]
    classes: NDArray[Any]
    transition: NDArray[np.float64]

    def to_table(self) -> pl.DataFrame:
        """One row an item: the label given, the truth, and whether they differ."""
        import polars as pl

        return pl.DataFrame({"label": self.labels, "truth": self.truth, "flipped": self.flipped})


def flip_labels(
    labels: ArrayLike,
    rate: float | None = None,
    *,
    transition: ArrayLike | None = None,
    random_state: RandomState = 0,
) -> Corruption:
    """Make labels wrong regardless of what the items look like.

    Give one of the two: ``rate`` makes exactly ``round(rate * n)`` labels wrong, each drawn from
    the other classes with equal chance; ``transition`` draws each label from the row of its class.

    Parameters
    ----------
    labels : (n,) array-like
        True labels of any type.
    rate : float in [0, 1], optional
        Share of the labels to make wrong.
    transition : (K, K) array-like, optional
        Chance of each label (column) for each true class (row), classes in sorted order.
    random_state : int, Generator, SeedSequence or None

    Returns
    -------
    Corruption

    Raises
    ------
    ParameterError
        If not exactly one of the two is given, or it is out of range.
    DataError
        If there are fewer than two classes.

    Examples
    --------
    >>> made = flip_labels(["ham", "spam"] * 50, 0.2)
    >>> int(made.flipped.sum()), made.transition.shape
    (20, (2, 2))
    """
    truth, classes, codes = _encoded(labels)
    if (rate is None) == (transition is None):
        raise ParameterError("Exactly one of rate and transition is wanted.")
    draw = generator(random_state, "flip_labels")
    if rate is not None:
        n_flips = _number_of_flips(rate, len(codes))
        chosen = draw.choice(len(codes), n_flips, replace=False)
        given = codes.copy()
        # A shift by 1 to K - 1 places never lands on the class itself.
        given[chosen] += draw.integers(1, len(classes), size=n_flips)
        return _corruption(truth, classes, codes, given % len(classes))
    chances = _checked_transition(transition, len(classes))
    # The first column whose cumulated chance exceeds a uniform number is a draw from the row.
    edges = np.cumsum(chances, axis=1)
    edges[:, -1] = 1.0
    given = (draw.random(len(codes))[:, None] >= edges[codes]).sum(axis=1)
    return _corruption(truth, classes, codes, given)


def flip_by_features(
    labels: ArrayLike,
    features: ArrayLike,
    rate: float,
    *,
    sharpness: float = 2.0,
    random_state: RandomState = 0,
) -> Corruption:
    """Make labels wrong where items are hard to tell apart, as people do.

    An item is the harder, the nearer its features lie to the mean of another class compared with
    the mean of its own. Exactly ``round(rate * n)`` items are drawn without replacement with
    weights ``exp(sharpness * difficulty)``, the difficulty being standardised; each of them gets
    the class whose mean is nearest among the others.

    Parameters
    ----------
    labels : (n,) array-like
        True labels of any type.
    features : (n, d) array-like
        Numbers; bring columns to one scale first.
    rate : float in [0, 1]
        Share of the labels to make wrong.
    sharpness : float >= 0
        0 ignores the features, a large value takes the hardest items.
    random_state : int, Generator, SeedSequence or None

    Returns
    -------
    Corruption

    Raises
    ------
    ParameterError
        If ``rate`` or ``sharpness`` is out of range.
    DataError
        If the shapes differ, a feature is missing, or there are fewer than two classes.

    Examples
    --------
    >>> features = np.arange(10.0)[:, None]
    >>> made = flip_by_features([0] * 5 + [1] * 5, features, 0.2, sharpness=100)
    >>> np.flatnonzero(made.flipped).tolist()
    [4, 5]
    """
    truth, classes, codes = _encoded(labels)
    values = _checked_features(features)
    check_same_length(labels=truth, features=values)
    if not (np.isfinite(sharpness) and sharpness >= 0):
        raise ParameterError(f"sharpness={sharpness!r} is not accepted.", hint="Use 0 or more.")
    n_flips = _number_of_flips(rate, len(codes))
    difficulty, rival = _difficulty(codes, values, len(classes))
    # The k largest of log weight + Gumbel noise are a weighted draw without replacement.
    noise = generator(random_state, "flip_by_features").gumbel(size=len(codes))
    chosen = np.argsort(-(sharpness * difficulty + noise), kind="stable")[:n_flips]
    given = codes.copy()
    given[chosen] = rival[chosen]
    return _corruption(truth, classes, codes, given)


def _encoded(labels: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    truth = np.asarray(labels)
    if truth.ndim != 1:
        raise DataError(f"labels has shape {truth.shape}.", hint="Give one label an item.")
    classes, codes = np.unique(truth, return_inverse=True)
    if len(classes) < 2:
        raise DataError(
            f"labels holds {len(classes)} class(es).", hint="A wrong label needs another class."
        )
    return truth, classes, codes.astype(np.int64)


def _number_of_flips(rate: float, n: int) -> int:
    if not 0 <= rate <= 1:
        raise ParameterError(f"rate={rate!r} is not accepted.", hint="rate lies between 0 and 1.")
    return round(rate * n)


def _checked_transition(transition: Any, n_classes: int) -> NDArray[np.float64]:
    chances = np.asarray(transition, dtype=np.float64)
    if chances.shape != (n_classes, n_classes):
        raise ParameterError(
            f"transition has shape {chances.shape} for {n_classes} classes.",
            hint="Give a row a true class and a column a label, classes in sorted order.",
        )
    bad = (chances < 0).any(axis=1) | ~np.isclose(chances.sum(axis=1), 1)
    row = first_row(bad)
    if row is not None:
        raise ParameterError(
            f"Row {row} of transition is no distribution: {chances[row].tolist()}.",
            where={"row": row},
            hint="Every row is 0 or more and sums to 1.",
        )
    return chances


def _checked_features(features: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(features, dtype=np.float64)
    if values.ndim != 2:
        raise DataError(f"features has shape {values.shape}.", hint="Give a row an item.")
    row = first_row(~np.isfinite(values))
    if row is not None:
        raise DataError(f"features has a missing value in row {row}.", where={"row": row})
    return values


def _difficulty(
    codes: NDArray[np.int64], values: NDArray[np.float64], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Standardised difficulty of each item, and the nearest class that is not its own."""
    means = np.stack([values[codes == k].mean(axis=0) for k in range(n_classes)])
    distance = np.stack([np.linalg.norm(values - mean, axis=1) for mean in means], axis=1)
    rows = np.arange(len(codes))
    own = distance[rows, codes].copy()
    distance[rows, codes] = np.inf
    rival = distance.argmin(axis=1)
    margin = own - distance[rows, rival]
    spread = margin.std()
    return (margin - margin.mean()) / (spread if spread > 0 else 1.0), rival


def _corruption(
    truth: NDArray[Any], classes: NDArray[Any], codes: NDArray[np.int64], given: NDArray[np.int64]
) -> Corruption:
    n_classes = len(classes)
    counts = np.bincount(codes * n_classes + given, minlength=n_classes**2)
    table = counts.reshape(n_classes, n_classes)
    return Corruption(
        labels=classes[given],
        truth=truth,
        flipped=given != codes,
        classes=classes,
        transition=table / table.sum(axis=1, keepdims=True),
    )
