"""Shares of classes among many labels, corrected by a few gold labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import unknown_name
from labelwright.core.spaces import Classes
from labelwright.core.validation import check_same_length
from labelwright.estimation._intervals import (
    corrected_rate_of,
    described,
    rate_of_gold,
)
from labelwright.estimation._labels import encode_labels, encode_pair, read_soft
from labelwright.estimation._records import Records, read_records
from labelwright.estimation._rectify import LEAST_GOLD, Floats, Rectified, with_unseen_errors
from labelwright.estimation.estimate import Estimate, Estimates

__all__ = ["corrected_share"]


def corrected_share(
    labels: Any,
    gold: Any,
    *,
    of: Any = None,
    classes: Classes | Sequence[Any] | None = None,
    groups: Any = None,
    strata: Any = None,
    inclusion: Any = None,
    level: float = 0.95,
) -> Estimate | Estimates:
    """The share of each class, had every record a gold label.

    Parameters
    ----------
    labels : array-like of shape (n,), or (n, K) probabilities
        The label that every record has, or its probabilities (with ``classes`` or gold codes).
        Records without one (None, NaN, for codes -1, or a row of NaN) are left out.
    gold : array-like of shape (n,)
        The true label where it is known; otherwise None, NaN or (for codes) -1.
    of : class, optional
        The class whose share is wanted; without it, all are given.
    classes : Classes or sequence, optional
        The classes. By default text is in natural order, and whole numbers are codes 0..K-1.
    groups, strata, inclusion, level
        As in :func:`corrected_rate`.

    Returns
    -------
    Estimate, or Estimates by class
        All classes are corrected to the same degree, so that shares sum to one (but for those that
        would be below zero). To tune the correction to one class alone, give that class to
        :func:`corrected_rate` as True/False.

    Raises
    ------
    DataError
        If there is no gold, ``of`` is no class, or lengths differ.

    Examples
    --------
    >>> labels, gold = ["ham", "spam"] * 200, ["ham", "ham", "ham", "spam"] * 10 + [None] * 360
    >>> est = corrected_share(labels, gold, of="spam")
    >>> est.naive, round(est.value, 6)
    (0.5, 0.25)
    """
    shares, codes, names = _read_labels(labels, gold, classes)
    if of is not None and of not in names:
        raise unknown_name("class", of, names)
    truth = np.where(codes >= 0, codes, np.nan)
    records = read_records(shares.sum(axis=1), truth, groups, strata, inclusion)
    shares, codes = shares[records.kept], codes[records.kept]
    parts = [records.rectified(codes == k, shares[:, k]) for k in range(len(names))]
    records.warn_if_not_random(*shares.T)
    lam = _common_lam(parts, shares[records.looked])
    found = []
    for k, name in enumerate(names):
        one = _share(records, parts[k], shares[:, k], lam, level, f"Share of {name!r}")
        found.append(one)
    return Estimates(tuple(names), tuple(found)) if of is None else found[names.index(of)]


def _read_labels(
    labels: Any, gold: Any, classes: Classes | Sequence[Any] | None
) -> tuple[Floats, NDArray[np.int64], tuple[Any, ...]]:
    """Shares (n, K) of classes in each label (NaN where there is none), gold codes, names."""
    if np.ndim(labels) == 2:
        shares, _, names = read_soft(labels, classes)
        codes, _ = encode_labels(gold, names if classes is None else classes, "gold")
        check_same_length(labels=shares, gold=codes)
        return shares, codes, names
    given, codes, names = encode_pair(labels, gold, classes)
    shares = np.zeros((given.size, len(names)))
    rows = np.flatnonzero(given >= 0)
    shares[rows, given[rows]] = 1
    shares[given < 0] = np.nan
    return shares, codes, names


def _common_lam(parts: Sequence[Rectified], shares: Floats) -> float:
    """The ``lam`` of least total variance over classes."""
    if parts[0].n_gold < LEAST_GOLD:
        return 0.0
    padded = [with_unseen_errors(part, shares[:, k]) for k, part in enumerate(parts)]
    informed = sum(part.vv for part in padded)
    return sum(part.uv for part in padded) / informed if informed > 0 else 0.0


def _share(
    records: Records, part: Rectified, column: Floats, lam: float, level: float, what: str
) -> Estimate:
    n, clustered = records.looked.size, records.design.clusters is not None
    gold_only = rate_of_gold(part, n, level, clustered)
    estimate = gold_only
    if lam != 0:
        estimate = corrected_rate_of(part, column[records.looked], n, level, clustered, lam)
    return described(
        estimate,
        gold_only,
        records.design.words(),
        what=what,
        naive=float(column.mean()),
        notes=records.notes,
    )
