"""How far annotators agree beyond chance, with an interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._agreement_interval import agreement_interval
from labelwright.aggregation._distances import SETS, Answers, Distance, distance_between
from labelwright.core.errors import DataError
from labelwright.core.params import Nullable, Real, check_argument
from labelwright.core.results import Result
from labelwright.core.spaces import Classes, Numbers, Tags
from labelwright.core.stats import check_level
from labelwright.core.votes import Votes

__all__ = ["Agreement", "krippendorff_alpha"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Scale = str | Callable[[Any, Any], float]

# Pairs of answers on one item are looked at so many at a time.
BLOCK_PAIRS = 1 << 20


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


def krippendorff_alpha(
    votes: Votes, scale: Scale | None = None, *, period: float | None = None, level: float = 0.95
) -> Agreement:
    """Krippendorff's alpha: one minus observed over expected disagreement.

    Parameters
    ----------
    votes : Votes
        On classes, tags, numbers or anything else. Items with one vote say nothing about agreement
        and are left out, and so are censored numbers and, but for sets and functions, votes that
        leave several classes open. Weights are not looked at.
    scale : str or function, optional
        How far two answers differ:

        ==============  =========================================================================
        ``nominal``     not at all or wholly
        ``ordinal``     by the votes between them
        ``interval``    by the square of their difference
        ``ratio``       by the square of their difference over their sum
        ``circular``    by the squared sine of half the angle between them
        ``polar``       as interval, and more towards the ends of the scale
        ``distances``   as the label space states
        ``jaccard``     sets: by what share of all that is in them is not in both
        ``masi``        sets: the same, and less where one holds the other
        a function      of two answers: any distance, 0 between equals
        ==============  =========================================================================

        Classes that are no whole numbers count by their places. By default the stated distances
        if there are some, ordinal where the classes are ordered, interval for numbers, masi for
        tags, else nominal.
    period : float, optional
        For ``circular``: after how much the scale begins anew; by default the number of classes.
    level : float
        Confidence level. The interval is over items: the spread is the jackknife's, so votes on
        one item may be alike; its shape is Wilson's, so it has a width also where all agree.

    Returns
    -------
    Agreement
        Where only one answer was ever given, the value is 1 and the interval from -1 to 1: such
        votes cannot tell agreement from chance.

    Raises
    ------
    DataError
        If no item has two votes, or there is no such scale.
    CapabilityError
        If the scale does not suit the answers.

    Notes
    -----
    Time and memory are in proportion to the votes, and to the square of the number of different
    answers for those scales that look at all pairs of them (ratio, polar, sets, functions).
    Alpha falls where one answer is frequent, though people agree as often: where that is not
    wanted, see :func:`gwet_ac1`.

    References
    ----------
    Krippendorff, Content Analysis, 2004 (the coincidence form); Passonneau, 2006 (MASI); Efron's
    jackknife.

    Examples
    --------
    >>> votes = Votes.from_wide({"a": list("xxyyx"), "b": list("xxyyx")}, votes=["a", "b"])
    >>> found = krippendorff_alpha(votes)
    >>> found.value, round(found.low, 2), found.high
    (1.0, -0.14, 1.0)
    >>> numbers = Votes.from_wide({"a": [1.0, 2.5, 4.0], "b": [1.5, 2.5, 3.0]}, votes=["a", "b"])
    >>> round(krippendorff_alpha(numbers, "interval").value, 3)
    0.818
    """
    check_level(level)
    check_argument("period", period, Nullable(Real(0, open_low=True)))
    scale = scale or _usual_scale(votes)
    item, code, answers = _paired_answers(votes, sets=callable(scale) or scale in SETS)
    distance = distance_between(scale, answers, period)
    within, size, apart = _by_item(item, code, answers.total.size, distance)
    expected = float((answers.total * distance.to_all).sum())
    n = int(answers.total.sum())
    observed = within / (size - 1)
    value = float(_alpha(np.array(observed.sum()), np.array(expected), np.array(float(n))))
    left = _alpha(observed.sum() - observed, expected - 2 * apart + within, n - size)
    most = distance.largest * n * (n - 1) / expected if expected > 0 else np.inf
    low, high = agreement_interval(value, left, most, level)
    method = f"Krippendorff's alpha, {distance.name}"
    return Agreement(value, low, high, level, size.size, n, method)


def _usual_scale(votes: Votes) -> str:
    space = votes.space
    if isinstance(space, Classes):
        return "distances" if space.distances else "ordinal" if space.ordered else "nominal"
    return {Numbers.kind: "interval", Tags.kind: "masi"}.get(space.kind, "nominal")


def _paired_answers(votes: Votes, *, sets: bool) -> tuple[Codes, Codes, Answers]:
    """Item and code of each vote on an item that has two or more, and the answers."""
    keep, code, answers = _answers(votes, sets=sets)
    keep &= np.bincount(votes.item[keep], minlength=votes.n_items)[votes.item] >= 2
    if not keep.any():
        raise DataError(
            "No item has two votes, so agreement cannot be measured.",
            hint="Have some items labelled by two people or more.",
        )
    item, code = votes.item[keep].astype(np.int64), code[keep].astype(np.int64)
    total = np.bincount(code, minlength=len(answers.names)).astype(np.float64)
    return item, code, replace(answers, total=total)


def _answers(votes: Votes, *, sets: bool) -> tuple[NDArray[np.bool_], NDArray[Any], Answers]:
    """Which votes count, the code of each, and the answers, not yet counted."""
    space, none = votes.space, np.zeros(0)
    everything = np.ones(len(votes), dtype=bool)
    if isinstance(space, Numbers):
        keep = np.isfinite(votes.label)
        values, code = np.unique(np.where(keep, votes.label, 0.0), return_inverse=True)
        ends = (float(values.min(initial=np.inf)), float(values.max(initial=-np.inf)))
        low, high = (
            (ends[0] if space.low is None else space.low),
            (ends[1] if space.high is None else space.high),
        )
        return keep, code, Answers(none, values.tolist(), values, True, ends=(low, high))
    if isinstance(space, Classes):
        keep = everything if sets else votes.is_for_one_class
        names = space.answers if sets else space.names
        return keep, votes.label, _of_classes(space, names)
    members = None
    if isinstance(space, Tags):
        members = np.array([[tag in answer for tag in space.names] for answer in votes.answers])
    return everything, votes.label, Answers(none, votes.answers, members=members)


def _of_classes(space: Classes, names: Any) -> Answers:
    are_numbers = type(space.names[0]) is int
    places = np.array(space.names if are_numbers else range(space.n_classes), dtype=np.float64)
    return Answers(
        np.zeros(0),
        names,
        places,
        are_numbers,
        ends=(float(places.min()), float(places.max())),
        members=space.candidates if space.open_answers or space.parents else None,
        stated=space.distance_table() if space.distances else None,
    )


def _by_item(
    item: Codes, code: Codes, n_answers: int, distance: Distance
) -> tuple[Floats, Floats, Floats]:
    """Distances within each item, its votes, and its distance to all votes, a row an item."""
    cells, count = np.unique(item * n_answers + code, return_counts=True)
    owner, answer = np.divmod(cells, n_answers)
    _, first, row, per_item = np.unique(
        owner, return_index=True, return_inverse=True, return_counts=True
    )
    partners = per_item[row]
    to_item = np.zeros(cells.size)
    for part in _parts(partners):
        left = np.repeat(np.arange(part.start, part.stop), partners[part])
        begin = np.cumsum(partners[part]) - partners[part]
        right = np.arange(left.size) - np.repeat(begin - first[row[part]], partners[part])
        apart = count[right] * distance.between(answer[left], answer[right])
        to_item[part] = np.bincount(left - part.start, apart, minlength=part.stop - part.start)
    within, size, apart = (
        np.bincount(row, count * values, minlength=first.size).astype(np.float64)
        for values in (to_item, np.ones(cells.size), distance.to_all[answer])
    )
    return within, size, apart


def _parts(partners: Codes) -> list[slice]:
    """Successive cells with about ``BLOCK_PAIRS`` partners together."""
    reached = np.cumsum(partners)
    ends = np.searchsorted(reached, np.arange(BLOCK_PAIRS, reached[-1], BLOCK_PAIRS))
    bounds = np.unique([0, *ends.tolist(), partners.size])
    return [slice(int(a), int(b)) for a, b in pairwise(bounds)]


def _alpha(observed: Floats, expected: Floats, n_votes: Floats) -> Floats:
    """One minus the ratio; where only one answer was given there is nothing to disagree about."""
    chance = expected / np.maximum(n_votes - 1, 1)
    return 1 - np.divide(observed, chance, out=np.zeros_like(chance), where=chance > 0)
