"""How far two answers are apart, for agreement on every level of measurement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import CapabilityError, DataError, ParameterError, unknown_name

__all__ = ["SETS", "Answers", "Distance", "distance_between"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SETS = ("jaccard", "masi")
ON_NUMBERS = ("interval", "ratio", "circular", "polar")
SCALES = ("nominal", "ordinal", *ON_NUMBERS, "distances", *SETS)
# A table of distances has at most so many rows; it then takes 128 MiB.
MAX_TABLE = 4_096
# Without a closed form, all pairs of values are looked at: at most so many, a block at a time.
MAX_VALUES = 20_000
BLOCK_CELLS = 1 << 20


@dataclass(frozen=True)
class Answers:
    """The different answers in the votes, V of them, and what is known about them.

    Attributes
    ----------
    total : (V,) float64
        How often each was given.
    names : sequence
        The answers themselves.
    numbers : (V,) float64 or None
        Their values, where they are numbers or stand on a scale.
    are_numbers : bool
        Whether the values are the answers, not their places.
    in_order : bool
        Whether the answers stand in an order, so that ranks make sense.
    ends : (float, float)
        The ends of the scale.
    members : (V, n) bool or None
        Where answers are sets: what is in each.
    stated : (V, V) float64 or None
        Distances that the label space states.
    """

    total: Floats
    names: Sequence[Any]
    numbers: Floats | None = None
    are_numbers: bool = False
    in_order: bool = True
    ends: tuple[float, float] = (0.0, 0.0)
    members: NDArray[np.bool_] | None = None
    stated: Floats | None = None


@dataclass(frozen=True)
class Distance:
    """A distance between answers, by their codes.

    Attributes
    ----------
    name : str
    between : function of two aligned arrays of codes
        The distances.
    to_all : (V,) float64
        The distance of each answer to all votes, added up.
    largest : float
        The largest between answers that were given.
    """

    name: str
    between: Callable[[Codes, Codes], Floats]
    to_all: Floats
    largest: float


def distance_between(
    scale: str | Callable[[Any, Any], float], answers: Answers, period: float | None
) -> Distance:
    """The distance that a scale, or a function of two answers, makes of these answers."""
    if callable(scale):
        name = getattr(scale, "__name__", "a function")
        return _by_table(name, _called(scale, answers.names), answers)
    if scale not in SCALES:
        raise unknown_name("scale", scale, SCALES)
    if scale == "nominal":
        n_values = np.count_nonzero(answers.total)
        return Distance(
            scale, np.not_equal, answers.total.sum() - answers.total, float(n_values > 1)
        )
    if scale in SETS:
        return _by_table(scale, _set_distances(scale, answers), answers)
    if scale == "distances":
        if answers.stated is None:
            raise CapabilityError("The label space of these votes states no distances.")
        return _by_table(scale, answers.stated, answers)
    if answers.numbers is None or not answers.in_order:
        raise CapabilityError(
            f"The scale {scale!r} needs numbers or ordered classes.",
            where={"scale": scale},
            hint="Use 'nominal', or give a function of two answers.",
        )
    if scale == "ordinal":
        # Half of the votes at either end, and all of those between.
        return _squares(scale, np.cumsum(answers.total) - answers.total / 2, answers.total)
    if scale == "interval":
        return _squares(scale, answers.numbers, answers.total)
    if scale == "circular":
        return _on_circle(answers, period)
    return _ratio(answers) if scale == "ratio" else _polar(answers)


def _squares(name: str, places: Floats, total: Floats) -> Distance:
    """Squared differences of places on a line."""
    given = places[total > 0]
    places = places - (places * total).sum() / total.sum()
    to_all = total.sum() * places**2 + (total * places**2).sum()
    return Distance(
        name, lambda a, b: (places[a] - places[b]) ** 2, to_all, float(np.ptp(given)) ** 2
    )


def _on_circle(answers: Answers, period: float | None) -> Distance:
    """Squared sine of half the angle between two values."""
    if period is None and answers.are_numbers:
        raise ParameterError(
            "On a circular scale of numbers it must be said after how much it begins anew.",
            hint="For example period=24 for hours.",
        )
    turn = 2 * np.pi / (len(answers.total) if period is None else period)
    angle = turn * np.asarray(answers.numbers)
    along, across = (float((answers.total * part).sum()) for part in (np.cos(angle), np.sin(angle)))
    to_all = (answers.total.sum() - np.cos(angle) * along - np.sin(angle) * across) / 2
    return Distance(
        "circular", lambda a, b: np.sin((angle[a] - angle[b]) / 2) ** 2, to_all.clip(min=0), 1.0
    )


def _ratio(answers: Answers) -> Distance:
    """Squared difference over sum."""
    values = np.asarray(answers.numbers)
    if not answers.are_numbers or (values < 0).any():
        raise DataError(
            "The scale 'ratio' needs numbers of zero or more.",
            hint="Use 'interval', or 'ordinal' for ordered classes.",
        )
    return _by_formula(
        "ratio", lambda a, b: _quotient(values[a] - values[b], values[a] + values[b]) ** 2, answers
    )


def _polar(answers: Answers) -> Distance:
    """Squared difference, which counts for more towards the ends of the scale."""
    values, (low, high) = np.asarray(answers.numbers), answers.ends

    def between(a: Codes, b: Codes) -> Floats:
        total = values[a] + values[b]
        return _quotient((values[a] - values[b]) ** 2, (total - 2 * low) * (2 * high - total))

    return _by_formula("polar", between, answers)


def _quotient(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def _by_formula(name: str, between: Callable[[Codes, Codes], Floats], answers: Answers) -> Distance:
    """A distance without a closed form for its sums, looked at in blocks."""
    n = answers.total.size
    if n > MAX_VALUES:
        raise CapabilityError(
            f"There are {n:,} different numbers; the scale {name!r} takes {MAX_VALUES:,}.",
            hint="Round them, or use 'interval' or 'ordinal'.",
        )
    everything = np.arange(n)
    to_all, largest = np.empty(n), 0.0
    step = max(BLOCK_CELLS // n, 1)
    for first in range(0, n, step):
        rows = everything[first : first + step]
        block = between(rows[:, None], everything[None, :])
        to_all[rows] = block @ answers.total
        block = block[answers.total[rows] > 0][:, answers.total > 0]
        largest = max(largest, float(block.max(initial=0)))
    return Distance(name, between, to_all, largest)


def _by_table(name: str, table: Floats, answers: Answers) -> Distance:
    given = answers.total > 0
    largest = float(table[np.ix_(given, given)].max(initial=0))
    return Distance(name, lambda a, b: table[a, b], table @ answers.total, largest)


def _check_table(n: int) -> None:
    if n > MAX_TABLE:
        raise CapabilityError(
            f"There are {n:,} different answers; a table of distances takes {MAX_TABLE:,}.",
            hint="Use a scale with a formula, such as 'nominal' or 'interval'.",
        )


def _set_distances(scale: str, answers: Answers) -> Floats:
    """One minus the shared part of two sets; of MASI, times how far one holds the other."""
    if answers.members is None:
        raise CapabilityError(
            f"The scale {scale!r} needs votes for tags, or for several classes at once.",
            where={"scale": scale},
        )
    _check_table(answers.total.size)
    member = answers.members.astype(np.float64)
    size, both = member.sum(axis=1), member @ member.T
    union = size[:, None] + size - both
    # Two empty sets are the same.
    likeness = np.divide(both, union, out=np.ones_like(both), where=union > 0)
    if scale == "masi":
        smaller = np.minimum(size[:, None], size)
        holds = np.where(both == smaller, 2 / 3, np.where(both > 0, 1 / 3, 0.0))
        likeness *= np.where(both == union, 1.0, holds)
    return 1 - likeness


def _called(function: Callable[[Any, Any], float], names: Sequence[Any]) -> Floats:
    """The table of a user's function, which must be symmetric, above zero and zero for equals."""
    n = len(names)
    _check_table(n)
    table = np.array([[float(function(a, b)) for b in names] for a in names]).reshape(n, n)
    wrong = ~np.isfinite(table) | (table < 0) | (np.abs(table - table.T) > 1e-9)
    wrong |= np.eye(n, dtype=bool) & (table != 0)
    if wrong.any():
        a, b = (int(place) for place in np.argwhere(wrong)[0])
        raise DataError(
            f"The function gives {table[a, b]} for {names[a]!r} and {names[b]!r}, and "
            f"{table[b, a]} the other way round.",
            hint="A distance is 0 between equals, above 0 between others, and symmetric.",
        )
    return table
