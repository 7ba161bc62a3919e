"""Chance-corrected agreement on classes: Fleiss, Cohen, Scott and Gwet, and plain agreement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._agreement_interval import agreement_interval
from labelwright.aggregation.agreement import Agreement
from labelwright.core.errors import CapabilityError, DataError, unknown_name
from labelwright.core.params import Nullable, OneOf, check_argument
from labelwright.core.votes import Votes

__all__ = [
    "cohen_kappa",
    "fleiss_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "percent_agreement",
    "scott_pi",
]

Floats = NDArray[np.float64]
Chance = Callable[[Floats, Floats], Floats]


def percent_agreement(votes: Votes, *, level: float = 0.95) -> Agreement:
    """Share of pairs of votes on one item that are alike, on average over items.

    Parameters
    ----------
    votes : Votes
        On classes. Items with one vote are left out, and votes that leave several classes open.
    level : float
        Confidence level of the interval over items, as in :func:`krippendorff_alpha`.

    Returns
    -------
    Agreement
        0 is no agreement at all; chance is not taken off.

    Notes
    -----
    Two people who always say the more frequent class agree well. Use it beside a coefficient that
    takes chance off, not in place of one.

    Examples
    --------
    >>> votes = Votes.from_wide({"a": list("xxyy"), "b": list("xxyx")}, votes=["a", "b"])
    >>> percent_agreement(votes).value
    0.75
    """
    counts = _counts(votes)
    identity = np.eye(counts.shape[1])
    return _many(counts, identity, lambda shares, _: 0 * shares[:, 0], level, "Share of agreement")


def fleiss_kappa(votes: Votes, *, level: float = 0.95) -> Agreement:
    """Fleiss' kappa: agreement of any number of annotators, who may differ from item to item.

    Parameters
    ----------
    votes, level
        As in :func:`percent_agreement`.

    Returns
    -------
    Agreement

    Notes
    -----
    Items may have different numbers of votes: each counts alike, both for agreement (with two
    votes or more) and for how common the classes are. With the same number everywhere it is the
    coefficient of the paper. Where one class is frequent it is low though people agree: see
    :func:`gwet_ac1`. On a scale use :func:`gwet_ac2` or :func:`krippendorff_alpha`.

    References
    ----------
    Fleiss, 1971, Measuring nominal scale agreement among many raters. Gwet, Handbook of Inter-Rater
    Reliability, 2014, for missing votes.

    Examples
    --------
    >>> table = {"a": list("xxyyx"), "b": list("xxyxx"), "c": list("xyyyx")}
    >>> round(fleiss_kappa(Votes.from_wide(table, votes=["a", "b", "c"])).value, 3)
    0.444
    """
    counts = _counts(votes)
    return _many(counts, np.eye(counts.shape[1]), _alike_by_shares, level, "Fleiss' kappa")


def gwet_ac1(votes: Votes, *, level: float = 0.95) -> Agreement:
    """Gwet's AC1: agreement beyond chance that does not fall where one class is frequent.

    Parameters
    ----------
    votes, level
        As in :func:`percent_agreement`; all classes of the label space count, also those that
        nobody gave.

    Returns
    -------
    Agreement

    Notes
    -----
    It takes chance to be at work only in votes that are hard to give, so it is higher than kappa
    where a class is rare. That is also its weakness: on a rare class on which nobody agrees it may
    still be high. Missing votes are treated as in :func:`fleiss_kappa`.

    References
    ----------
    Gwet, 2008, Computing inter-rater reliability and its variance in the presence of high
    agreement.

    Examples
    --------
    >>> table = {"a": list("xxxxxxxxxy"), "b": list("xxxxxxxxyx")}
    >>> votes = Votes.from_wide(table, votes=["a", "b"])
    >>> round(gwet_ac1(votes).value, 2), round(fleiss_kappa(votes).value, 2)
    (0.76, -0.11)
    """
    counts = _counts(votes)
    return _many(counts, np.eye(counts.shape[1]), _alike_by_doubt, level, "Gwet's AC1")


def gwet_ac2(votes: Votes, weights: str = "quadratic", *, level: float = 0.95) -> Agreement:
    """Gwet's AC2: AC1 on a scale, where near misses count in part.

    Parameters
    ----------
    votes, level
        As in :func:`gwet_ac1`; the classes are a scale in their order.
    weights : {"linear", "quadratic"}
        What a pair of votes counts: one minus their distance over the longest, or its square.

    Returns
    -------
    Agreement

    References
    ----------
    Gwet, Handbook of Inter-Rater Reliability, 2014.

    Examples
    --------
    >>> table = {"a": [1, 2, 3, 3, 2], "b": [1, 2, 3, 2, 2]}
    >>> round(gwet_ac2(Votes.from_wide(table, votes=["a", "b"])).value, 3)
    0.868
    """
    check_argument("weights", weights, OneOf("linear", "quadratic"))
    counts = _counts(votes)
    likeness = _likeness(counts.shape[1], weights)
    return _many(counts, likeness, _alike_by_doubt, level, f"Gwet's AC2, {weights}")


def scott_pi(
    votes: Votes, *, annotators: Sequence[Any] | None = None, level: float = 0.95
) -> Agreement:
    """Scott's pi of two annotators: chance is what the shares of both together make it.

    Parameters
    ----------
    votes : Votes
        On classes; the items that both labelled count.
    annotators : pair of ids, optional
        Which two; by default the only two.
    level : float
        Confidence level of the interval over items.

    Returns
    -------
    Agreement

    References
    ----------
    Scott, 1955, Reliability of content analysis.

    Examples
    --------
    >>> votes = Votes.from_wide({"a": list("xxyyx"), "b": list("xxyxx")}, votes=["a", "b"])
    >>> round(scott_pi(votes).value, 3)
    0.524
    """
    first, second, k = _pair(votes, annotators)
    counts = np.eye(k)[first] + np.eye(k)[second]
    return _many(counts, np.eye(k), _alike_by_shares, level, "Scott's pi")


def cohen_kappa(
    votes: Votes,
    *,
    annotators: Sequence[Any] | None = None,
    weights: str | None = None,
    level: float = 0.95,
) -> Agreement:
    """Cohen's kappa of two annotators: chance is what the shares of each make it.

    Parameters
    ----------
    votes, annotators, level
        As in :func:`scott_pi`.
    weights : {"linear", "quadratic"}, optional
        On a scale: disagreement counts by the distance of classes, or by its square.

    Returns
    -------
    Agreement

    Notes
    -----
    Two people who lean to different classes are forgiven for it by kappa, not by
    :func:`scott_pi`. For more than two use :func:`fleiss_kappa` or :func:`krippendorff_alpha`.

    References
    ----------
    Cohen, 1960, A coefficient of agreement for nominal scales; 1968, Weighted kappa.

    Examples
    --------
    >>> votes = Votes.from_wide({"a": list("xxyyx"), "b": list("xxyxx")}, votes=["a", "b"])
    >>> round(cohen_kappa(votes).value, 3)
    0.545
    """
    check_argument("weights", weights, Nullable(OneOf("linear", "quadratic")))
    first, second, k = _pair(votes, annotators)
    apart = 1 - (np.eye(k) if weights is None else _likeness(k, weights))
    n = first.size
    table = np.bincount(first * k + second, minlength=k * k).reshape(k, k).astype(np.float64)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    # Sums of distances: seen n times, expected n squared times.
    seen, expected = float((apart * table).sum()), float(rows @ apart @ columns)
    value = float(_beyond(np.array(seen / n), np.array(expected / n**2)))
    less = (apart @ columns)[:, None] + rows @ apart - apart
    others = max(n - 1, 1)
    without = _beyond((seen - apart) / others, (expected - less) / others**2)
    most = n**2 / expected if expected > 0 else np.inf
    low, high = agreement_interval(value, without.ravel(), most, level, table.ravel())
    name = "Cohen's kappa" if weights is None else f"Cohen's kappa, {weights}"
    return Agreement(value, low, high, level, n, 2 * n, name)


def _many(counts: Floats, likeness: Floats, chance: Chance, level: float, name: str) -> Agreement:
    """A coefficient of any number of votes an item, from counts (n_items, K)."""
    counts = counts[counts.sum(axis=1) > 0]
    size = counts.sum(axis=1)
    several = size >= 2
    if not several.any():
        raise DataError(
            "No item has two votes, so agreement cannot be measured.",
            hint="Have some items labelled by two people or more.",
        )
    pairs = np.where(several, size * (size - 1), 1.0)
    alike = np.where(several, (counts * (counts @ likeness - 1)).sum(axis=1) / pairs, 0.0)
    shares = counts / size[:, None]
    n, m = size.size, int(several.sum())
    disagreement = np.array([1 - alike.sum() / m])
    expected = 1 - chance(shares.mean(axis=0, keepdims=True), likeness)
    value = float(_beyond(disagreement, expected)[0])
    rest = np.maximum(m - several, 1)
    without = 1 - (alike.sum() - alike) / rest
    left = (shares.sum(axis=0) - shares) / max(n - 1, 1)
    left_out = _beyond(without, 1 - chance(left, likeness))
    most = 1 / float(expected[0]) if expected[0] > 0 else np.inf
    low, high = agreement_interval(value, left_out, most, level)
    return Agreement(value, low, high, level, m, int(size[several].sum()), name)


def _beyond(seen: Floats, expected: Floats) -> Floats:
    """One minus seen over expected disagreement; 1 where none is expected."""
    return 1 - np.divide(seen, expected, out=np.zeros_like(seen), where=expected > 1e-15)


def _alike_by_shares(shares: Floats, likeness: Floats) -> Floats:
    """Chance agreement of votes drawn by the shares (n, K) of the classes."""
    return np.asarray(((shares @ likeness) * shares).sum(axis=1))


def _alike_by_doubt(shares: Floats, likeness: Floats) -> Floats:
    """Gwet's chance agreement: random votes, as often as the shares leave doubt."""
    k = len(likeness)
    if k < 2:
        return np.zeros(len(shares))
    return np.asarray(likeness.sum() / (k * (k - 1)) * (shares * (1 - shares)).sum(axis=1))


def _likeness(k: int, weights: str) -> Floats:
    """One for the same class, zero from end to end of the scale."""
    place = np.arange(k) / max(k - 1, 1)
    apart = np.abs(place[:, None] - place)
    return 1 - (apart if weights == "linear" else apart**2)


def _counts(votes: Votes) -> Floats:
    """Numbers of votes (n_items, K) for single classes."""
    if votes.has_open_answers:
        votes = votes.select(where=votes.is_for_one_class)
    if votes.weight is not None:
        votes = votes.with_extra(weight=np.ones(len(votes)))
    return votes.counts()


def _pair(votes: Votes, names: Sequence[Any] | None) -> tuple[NDArray, NDArray, int]:
    """Classes that two annotators gave the items both of them labelled, and how many there are."""
    if votes.anonymous:
        raise CapabilityError("It is not known who gave which vote, so no two can be compared.")
    known = votes.annotators.tolist()
    chosen = known if names is None else list(names)
    if len(chosen) != 2:
        raise DataError(
            f"There are {len(chosen)} annotators; this coefficient is for two.",
            hint="Name two: annotators=[...]. For more: fleiss_kappa, krippendorff_alpha.",
        )
    given = np.full((2, votes.n_items), -1, dtype=np.int64)
    single = votes.is_for_one_class
    for row, name in zip(given, chosen, strict=True):
        if name not in known:
            raise unknown_name("annotator", name, known)
        own = (votes.annotator == known.index(name)) & single
        if np.bincount(votes.item[own], minlength=1).max() > 1:
            raise DataError(
                f"{name!r} voted twice on an item.", hint="Read the votes with repeats='first'."
            )
        row[votes.item[own]] = votes.label[own]
    both = (given >= 0).all(axis=0)
    if not both.any():
        raise DataError(f"{chosen[0]!r} and {chosen[1]!r} labelled no item both.")
    return given[0, both], given[1, both], votes.classes.n_classes
