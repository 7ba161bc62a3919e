"""Records that are the same and labelled differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._predictions import ClassNames, as_codes, named
from labelwright.audit.issues import LabelIssues
from labelwright.core.errors import DataError

__all__ = ["find_conflicting_duplicates"]


def find_conflicting_duplicates(
    labels: ArrayLike,
    sets: Sequence[ArrayLike],
    *,
    classes: ClassNames = None,
    ids: Sequence[Any] | None = None,
    near: bool = False,
) -> LabelIssues:
    """Find records whose duplicates mostly have another label.

    A record is an issue if another label is at least as frequent as its own among its duplicates,
    itself included; that label is suggested (of several, the first class). Of two records that
    differ, both are listed: which one is wrong, the duplicates cannot say.

    Parameters
    ----------
    labels : (n,) array-like
        Codes 0..K-1, or labels together with ``classes``.
    sets : sequence of array-like of int
        Rows that are duplicates of each other, as from ``retrieval.exact_duplicates`` or
        ``retrieval.near_duplicates``.
    classes : sequence or Classes, optional
        The classes.
    ids : (n,) sequence, optional
        Names of the records in the reasons; rows without it.
    near : bool
        Whether the sets hold near rather than exact duplicates.

    Returns
    -------
    LabelIssues
        Quality is the share of the *other* records of the set that have the same label.

    Examples
    --------
    >>> issues = find_conflicting_duplicates(["spam", "ham", "spam"], [[0, 1, 2]],
    ...                                      classes=["ham", "spam"])
    >>> issues.index, issues.quality, issues.why
    (array([1]), array([0.]), ["an identical record, 0, is labelled 'spam'"])
    """
    codes, space = as_codes(labels, None, classes)
    found: list[tuple[float, int, int, int]] = []
    for members in sets:
        rows = np.sort(np.asarray(members, dtype=np.int64))
        if len(rows) and not 0 <= rows[0] <= rows[-1] < len(codes):
            raise DataError(
                f"A set of duplicates names row {rows[-1]}, and there are {len(codes):,} labels.",
                hint="Find the duplicates in the same records, in the same order.",
            )
        found.extend(_conflicts(codes, rows))
    found.sort()
    quality, index, suggested, other = (
        np.array(column) for column in (zip(*found, strict=True) if found else ([], [], [], []))
    )
    index, suggested, other = (column.astype(np.int64) for column in (index, suggested, other))
    shown = np.arange(len(codes)) if ids is None else np.asarray(ids)
    kind = "conflicting near duplicate" if near else "conflicting duplicate"
    return LabelIssues(
        index=index,
        quality=quality.astype(np.float64),
        given=named(codes[index], space),
        suggested=named(suggested, space),
        kinds=np.full(len(index), kind),
        n_items=len(codes),
        evidence={"duplicate": shown[other], "duplicate_label": named(suggested, space)},
    )


def _conflicts(
    codes: NDArray[np.int64], members: NDArray[np.int64]
) -> list[tuple[float, int, int, int]]:
    """Quality, row, suggested code and a row that has it, of each issue in one set."""
    own = codes[members]
    present, counts = np.unique(own, return_counts=True)
    if len(present) < 2:
        return []
    found = []
    for row, code in zip(members.tolist(), own.tolist(), strict=True):
        mine = present == code
        suggested = present[np.argmax(np.where(mine, 0, counts))]
        n_own = int(counts[mine][0])
        if counts[~mine].max() >= n_own:
            other = int(members[np.argmax(own == suggested)])
            found.append(((n_own - 1) / (len(members) - 1), row, int(suggested), other))
    return found
