"""Weak signals, bounds on how often they err, and what labels pay that break these bounds.

The functions take numpy arrays and torch tensors alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.aggregation._base import encode_gold
from labelwright.core.errors import CapabilityError, DataError
from labelwright.core.validation import check_codes
from labelwright.core.votes import Votes

__all__ = ["WeakSignals", "bound_penalty", "expected_errors", "simplex_penalty"]

Floats = NDArray[np.float64]

# How many votes the error rate of all signals together counts for, beside those on gold.
PRIOR_VOTES = 2.0


@dataclass(frozen=True, eq=False)
class WeakSignals:
    """Guesses at the classes of items, and how often each is wrong at most.

    Parameters
    ----------
    values : (n, m, K) float array
        Signal m's guess that item n is of class k, in [0, 1]; NaN where it is silent.
    bounds : (m, K) float array
        The share of the items on which the signal speaks where its guess at the class is wrong,
        at most. A (m,) array or a number holds for all classes.
    classes : tuple, optional
        Names of the classes; by default 0..K-1.

    Raises
    ------
    DataError
        If there are fewer than two classes, a value or bound lies outside [0, 1], or a signal
        never speaks.

    Examples
    --------
    >>> signals = WeakSignals([[[0.9, 0.1]], [[np.nan, np.nan]], [[0.2, 0.8]]], 0.2)
    >>> signals.error_rates([0, 1, 1]).round(2)
    array([[0.15, 0.15]])
    """

    values: Floats
    bounds: Floats
    classes: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        if values.ndim != 3 or values.shape[2] < 2:
            raise DataError(
                f"The weak signals have shape {values.shape}.",
                hint="Give an array (items, signals, classes) with two classes or more.",
            )
        _check_unit(values[~np.isnan(values)], "values")
        silent = np.flatnonzero(np.isnan(values).all(axis=(0, 2)))
        if silent.size:
            raise DataError(
                f"Signal {silent[0]} speaks on no item.",
                where={"signal": int(silent[0])},
                hint="Leave it out.",
            )
        bounds = np.asarray(self.bounds, dtype=np.float64)
        _check_unit(bounds, "bounds")
        bounds = bounds[:, None] if bounds.ndim == 1 else bounds
        if bounds.ndim > 2 or (bounds.ndim == 2 and len(bounds) != values.shape[1]):
            raise DataError(
                f"The bounds have shape {bounds.shape} for {values.shape[1]} signals.",
                hint="Give one number, one a signal, or one a signal and class.",
            )
        classes = tuple(self.classes) or tuple(range(values.shape[2]))
        if len(classes) != values.shape[2]:
            raise DataError(
                f"{len(classes)} classes are named; the signals have {values.shape[2]}."
            )
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "bounds", np.broadcast_to(bounds, values.shape[1:]).copy())
        object.__setattr__(self, "classes", classes)

    @classmethod
    def from_votes(
        cls,
        votes: Votes,
        *,
        bounds: ArrayLike | None = None,
        gold: Mapping[Any, Any] | Sequence[Any] | None = None,
    ) -> WeakSignals:
        """Signals of the rules that voted, each certain of the class that it votes for.

        Parameters
        ----------
        votes : Votes
            Rules without a vote are left out.
        bounds : array-like, optional
            As above, for the rules with a vote.
        gold : mapping of item to label, or sequence (n_items,), optional
            Some true labels, from which bounds are estimated instead: the error rate of a rule
            among them, drawn towards that of all rules by as much as two votes would.

        Examples
        --------
        >>> table = {"links": ["spam", None, "spam"], "praise": ["ham", "ham", None]}
        >>> votes = Votes.from_wide(table, votes=["links", "praise"])
        >>> WeakSignals.from_votes(votes, gold=["spam", "ham", None]).bounds.round(2)
        array([[0.22, 0.22],
               [0.42, 0.42]])
        """
        if votes.has_open_answers:
            raise CapabilityError("A vote that leaves several classes open is no weak signal.")
        if (bounds is None) == (gold is None):
            raise DataError(
                "Bounds or some gold labels say how far signals can be trusted.",
                hint="Give bounds= or gold=, one of them.",
            )
        spoke = np.unique(votes.annotator)
        values = np.full((votes.n_items, spoke.size, votes.classes.n_classes), np.nan)
        place = np.searchsorted(spoke, votes.annotator)
        values[votes.item, place] = np.eye(values.shape[2])[votes.label]
        stated = np.asarray(1.0 if bounds is None else bounds)
        signals = cls(values, stated, tuple(votes.classes.names))
        if gold is None:
            return signals
        return cls(values, signals.estimate_bounds(encode_gold(votes, gold)), signals.classes)

    @property
    def spoken(self) -> NDArray[np.bool_]:
        """Where signals speak, (n, m, K)."""
        return ~np.isnan(self.values)

    @property
    def filled(self) -> Floats:
        """The values (n, m, K), 0 where a signal is silent."""
        return np.nan_to_num(self.values)

    def error_rates(self, gold: ArrayLike) -> Floats:
        """How often each signal is wrong about each class (m, K), by codes (n,) of true classes.

        Items with the code -1 do not count; where no other is spoken on, the rate is NaN.
        """
        errors, times = self._errors(gold)
        return np.divide(errors, times, out=np.full_like(errors, np.nan), where=times > 0)

    def estimate_bounds(self, gold: ArrayLike) -> Floats:
        """Error rates (m, K) on few gold labels, drawn towards those of all signals."""
        errors, times = self._errors(gold)
        if not times.sum():
            raise DataError(
                "No signal speaks on an item with a gold label.", hint="Give bounds=, or more gold."
            )
        pooled = errors.sum(axis=0) / np.maximum(times.sum(axis=0), 1)
        return np.asarray((errors + PRIOR_VOTES * pooled) / (times + PRIOR_VOTES))

    def mean(self) -> Floats:
        """The mean guess (n, K) of the signals that speak; even where none does."""
        times = self.spoken.sum(axis=1)
        even = np.full(times.shape, 1.0 / times.shape[1])
        return np.divide(self.filled.sum(axis=1), times, out=even, where=times > 0)

    def _errors(self, gold: ArrayLike) -> tuple[Floats, Floats]:
        """Sums of errors and numbers of guesses (m, K) on items with gold."""
        n_classes = self.values.shape[2]
        codes = check_codes(gold, n_classes, name="gold", missing=True)
        known = np.flatnonzero(codes >= 0)
        spoken = self.spoken[known].astype(np.float64)
        times = spoken.sum(axis=0)
        labels = np.eye(n_classes)[codes[known]]
        return expected_errors(labels, self.filled[known], spoken) * times, times


def expected_errors(labels: Any, values: Any, spoken: Any) -> Any:
    """How often each signal is wrong about each class (m, K), if these were the labels.

    Parameters
    ----------
    labels : (n, K)
        Hard or soft.
    values : (n, m, K)
        What the signals say, 0 where they are silent.
    spoken : (n, m, K)
        1 where they speak, otherwise 0.
    """
    labels = labels[:, None]
    wrong = spoken * (values + labels - 2 * values * labels)
    return wrong.sum(0) / spoken.sum(0).clip(min=1)


def bound_penalty(errors: Any, bounds: Any) -> Any:
    """Sum of the squares by which errors (m, K) are above their bounds (m, K)."""
    return ((errors - bounds).clip(min=0) ** 2).sum()


def simplex_penalty(labels: Any) -> Any:
    """How far labels (n, K) are from distributions: below 0, above 1, or not summing to 1.

    Squares, summed over classes, and their mean over items.
    """
    outside = (-labels).clip(min=0) ** 2 + (labels - 1).clip(min=0) ** 2
    return (outside.sum(1) + (labels.sum(1) - 1) ** 2).mean()


def _check_unit(values: Floats, name: str) -> None:
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise DataError(
            f"The {name} of weak signals hold {wrong[0]:g}.", hint="They lie between 0 and 1."
        )
