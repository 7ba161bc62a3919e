"""Intraclass correlation: how far numbers given to one item are alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._agreement_interval import agreement_interval
from labelwright.aggregation.agreement import Agreement
from labelwright.core.errors import CapabilityError, DataError
from labelwright.core.params import Bool, OneOf, check_argument
from labelwright.core.spaces import Classes, Numbers
from labelwright.core.votes import Votes

__all__ = ["icc"]

Floats = NDArray[np.float64]
MODELS = ("one-way", "agreement", "consistency")


def icc(
    votes: Votes, model: str = "one-way", *, average: bool = False, level: float = 0.95
) -> Agreement:
    """Intraclass correlation of numbers: the part of their variance that is between items.

    Parameters
    ----------
    votes : Votes
        On numbers, or on classes that are whole numbers. Items with one vote are left out.
    model : {"one-way", "agreement", "consistency"}
        ``one-way``: annotators may differ from item to item, ICC(1). ``agreement``: everybody
        labelled every item, and who gives higher numbers throughout disagrees, ICC(2).
        ``consistency``: the same, and such a shift is forgiven, ICC(3).
    average : bool
        Of the mean of an item's votes, in place of that of one vote.
    level : float
        Confidence level of the interval over items, as in :func:`krippendorff_alpha`; it does not
        take the numbers for normal.

    Returns
    -------
    Agreement

    Raises
    ------
    DataError
        If fewer than two items have two votes.
    CapabilityError
        If votes are no numbers, or are missing where all are needed.

    Notes
    -----
    For numbers on a scale. A few distinct values are better served by
    :func:`krippendorff_alpha` with ``"ordinal"``. Between items that are all alike there is no
    variance to explain, and it is low however near the votes are.

    References
    ----------
    Shrout and Fleiss, 1979, Intraclass correlations: uses in assessing rater reliability. McGraw
    and Wong, 1996.

    Examples
    --------
    >>> table = {"a": [9, 6, 8, 7, 10, 6], "b": [2, 1, 4, 1, 5, 2]}
    >>> table |= {"c": [5, 3, 6, 2, 6, 4], "d": [8, 2, 8, 6, 9, 7]}
    >>> votes = Votes.from_wide(table, votes=["a", "b", "c", "d"], space=Numbers())
    >>> [round(icc(votes, model).value, 2) for model in ("one-way", "agreement", "consistency")]
    [0.17, 0.29, 0.71]
    """
    check_argument("model", model, OneOf(*MODELS))
    check_argument("average", average, Bool())
    item, annotator, value = _numbers(votes)
    n = int(item.max(initial=-1)) + 1
    if n < 2:
        raise DataError(
            "Fewer than two items have two votes, so nothing varies between items.",
            hint="Have some items labelled by two people or more.",
        )
    size = np.bincount(item).astype(np.float64)
    if model == "one-way":
        single, left = _one_way(item, value, size)
    else:
        single, left = _two_way(_matrix(votes, item, annotator, value), model)
    within = np.ptp(value) ** 2 / 2
    spread = value.var(ddof=1)
    most = within / spread if spread > 0 else np.inf
    ends = agreement_interval(single, left, most, level)
    found = np.array([single, *ends])
    if average:
        k = _typical_size(size)
        found = k * found / np.maximum(1 + (k - 1) * found, 1e-12)
    name = f"ICC, {model}{', of means' if average else ''}"
    value_, low, high = found.clip(min=-1.0).tolist()
    return Agreement(value_, low, high, level, n, value.size, name)


def _numbers(votes: Votes) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats]:
    """Item, counted from 0, annotator and value of the votes on items that have two or more."""
    space = votes.space
    if isinstance(space, Numbers):
        value = votes.label.astype(np.float64)
    elif isinstance(space, Classes) and type(space.names[0]) is int and not votes.has_open_answers:
        value = np.array(space.names, dtype=np.float64)[votes.label]
    else:
        raise CapabilityError(
            "Intraclass correlation needs votes that are numbers.",
            hint="For classes use krippendorff_alpha or gwet_ac2.",
        )
    keep = np.isfinite(value)
    keep &= np.bincount(votes.item[keep], minlength=votes.n_items)[votes.item] >= 2
    item = np.unique(votes.item[keep], return_inverse=True)[1]
    return item.astype(np.int64), votes.annotator[keep], value[keep]


def _typical_size(size: Floats) -> float:
    """Votes an item; where they differ, the number that one-way analysis of variance takes."""
    return float((size.sum() - (size**2).sum() / size.sum()) / (size.size - 1))


def _one_way(item: NDArray[np.int64], value: Floats, size: Floats) -> tuple[float, Floats]:
    """ICC(1) and, for each item, that of the others."""
    value = value - value.mean()
    total = np.bincount(item, value)
    inside = np.bincount(item, (value - (total / size)[item]) ** 2)
    sums = np.array([size, size**2, total, total**2 / size, inside, np.ones(size.size)])

    def of(part: Floats) -> Floats:
        n, squares, summed, between, within, items = part
        # Of one item left over nothing can be said.
        items = np.maximum(items, 1.5)
        mean_between = (between - summed**2 / n) / (items - 1)
        mean_within = within / np.maximum(n - items, 1)
        each = (n - squares / n) / (items - 1)
        return _ratio(mean_between - mean_within, mean_between + (each - 1) * mean_within)

    everything = sums.sum(axis=1, keepdims=True)
    return float(of(everything)[0]), of(everything - sums)


def _two_way(table: Floats, model: str) -> tuple[float, Floats]:
    """ICC(2) or ICC(3) of a complete table (n_items, k), and that without each item."""
    table = table - table.mean()
    k = table.shape[1]
    row, square = table.sum(axis=1), (table**2).sum(axis=1)
    left = table.sum(axis=0) - table

    def of(n: int, columns: Floats, rows: Floats, squares: Floats) -> Floats:
        total = columns.sum(axis=1)
        level = total**2 / (n * k)
        by_item = rows / k - level
        by_annotator = (columns**2).sum(axis=1) / n - level
        rest = np.maximum(squares - level - by_item - by_annotator, 0.0)
        items, error = by_item / max(n - 1, 1), rest / (max(n - 1, 1) * (k - 1))
        shift = np.zeros_like(error)
        if model == "agreement":
            shift = k * (by_annotator / (k - 1) - error) / n
        return _ratio(items - error, items + (k - 1) * error + shift)

    n, rows = len(table), float((row**2).sum())
    whole = of(n, table.sum(axis=0, keepdims=True), np.array([rows]), np.array([square.sum()]))
    return float(whole[0]), of(n - 1, left, rows - row**2, square.sum() - square)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Their quotient; 1 where nothing varies at all."""
    return np.divide(above, below, out=np.ones_like(above), where=np.abs(below) > 1e-15)


def _matrix(
    votes: Votes, item: NDArray[np.int64], annotator: NDArray[np.int32], value: Floats
) -> Floats:
    """The votes as a table, a row an item, which must be complete."""
    if votes.anonymous:
        raise CapabilityError(
            "It is not known who gave which vote.", hint="Use the model 'one-way'."
        )
    who, column = np.unique(annotator, return_inverse=True)
    table = np.full((int(item.max()) + 1, who.size), np.nan)
    table[item, column] = value
    if np.isnan(table).any() or table.size != value.size:
        raise CapabilityError(
            "Not everybody labelled every item once.",
            hint="Use the model 'one-way', or select the items and annotators without gaps.",
        )
    return table
