"""Folds that never divide a group or a set of duplicates and keep the classes balanced."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import factorize
from labelwright.core.errors import DataError, DataWarning, ParameterError
from labelwright.core.seeds import RandomState, generator
from labelwright.core.validation import check_same_length

__all__ = ["assign_folds", "join_groups"]

Codes = NDArray[np.int64]


def join_groups(n: int, groups: Any = None, duplicates: Any = None) -> Codes:
    """Codes (n,) of the sets of rows that must stay together.

    Two rows belong together if a chain of shared groups and shared duplicates leads from one to the
    other.

    Parameters
    ----------
    n : int
        How many rows there are.
    groups : array-like of shape (n,), optional
        For example the customer; a row whose group is missing (None, NaN) stands alone.
    duplicates : array-like of shape (n,), optional
        Equal values mark duplicates; None, NaN and negative numbers mark rows without one.

    Examples
    --------
    >>> join_groups(5, groups=["a", "a", "b", None, None], duplicates=[-1, 7, 7, -1, -1]).tolist()
    [0, 0, 0, 1, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    check_same_length(rows=np.empty(n), groups=groups, duplicates=duplicates)
    members = [_codes(groups, negative=True), _codes(duplicates, negative=False)]
    rows, sets, n_sets = [], [], 0
    for codes in members:
        if codes is not None:
            present = np.flatnonzero(codes >= 0)
            rows.append(present)
            sets.append(codes[present] + n + n_sets)
            n_sets += int(codes.max(initial=-1)) + 1
    if not rows:
        return np.arange(n)
    ends = np.concatenate(rows), np.concatenate(sets)
    size = n + n_sets
    graph = coo_array((np.ones(ends[0].size, dtype=bool), ends), shape=(size, size))
    component = connected_components(graph, directed=False)[1][:n]
    return factorize(component)[0].astype(np.int64)


def _codes(values: Any, *, negative: bool) -> Codes | None:
    if values is None:
        return None
    codes, distinct = factorize(values)
    if not negative and distinct.dtype.kind in "if":
        codes = np.where(np.append(distinct < 0, True)[codes], -1, codes)
    return codes.astype(np.int64)


def assign_folds(
    labels: NDArray[Any],
    *,
    groups: Any = None,
    duplicates: Any = None,
    n_folds: int = 5,
    random_state: RandomState = 0,
) -> Codes:
    """The fold of each row: classes balanced, groups and duplicates whole.

    Sets of rows that belong together go one by one, the largest first, to the fold that has least
    of their classes; rows that stand alone are then dealt out to even up each class.

    Parameters
    ----------
    labels : (n,) int codes, or (n, K) floats
        Codes 0..K-1, or soft labels. A missing label (-1) counts for no class.
    groups, duplicates : array-like of shape (n,), optional
        See :func:`join_groups`.
    n_folds : int
        With fewer sets than folds there are fewer folds; a warning says so.
    random_state : int, Generator or None
        Seed of the order of ties.

    Returns
    -------
    (n,) int64
        Folds 0..F-1.

    Raises
    ------
    DataError
        If all rows belong together, so that nothing can be held out.

    Examples
    --------
    >>> fold = assign_folds(np.array([0, 0, 0, 0, 1, 1]), n_folds=2)
    >>> [np.bincount(np.array([0, 0, 0, 0, 1, 1])[fold == f]).tolist() for f in range(2)]
    [[2, 1], [2, 1]]
    """
    if isinstance(n_folds, bool) or not isinstance(n_folds, (int, np.integer)) or n_folds < 2:
        raise ParameterError(f"n_folds={n_folds!r} is not accepted.", hint="Give 2 or more.")
    weights = _class_weights(labels)
    sets = join_groups(weights.shape[0], groups, duplicates)
    sizes = np.bincount(sets)
    n_folds = _possible_folds(sizes, int(n_folds))
    order = generator(random_state, "folds").permutation(sizes.size)
    order = order[np.argsort(-sizes[order], kind="stable")]
    in_sets = (_indicator(sets).T @ weights).tocsr()
    held = np.zeros((n_folds, weights.shape[1]))
    fold_of_set = np.empty(sizes.size, dtype=np.int64)
    several = order[: np.count_nonzero(sizes > 1)]
    for one in several:
        part = slice(*in_sets.indptr[one : one + 2])
        columns, shares = in_sets.indices[part], in_sets.data[part]
        fold_of_set[one] = fold = np.argmin(held[:, columns] @ shares)
        held[fold, columns] += shares
    first_rows = np.unique(sets, return_index=True)[1]
    singles = order[several.size :]
    main = _main_classes(labels)[first_rows[singles]]
    fold_of_set[singles] = _deal(main, in_sets[singles], held)
    return fold_of_set[sets]


def _class_weights(labels: NDArray[Any]) -> Any:
    """Sparse (n, K + 1): shares of a row in each class's total, and in the number of rows.

    So every class counts the same, however rare, and so does the number of rows.
    """
    from scipy import sparse

    if labels.ndim == 2:
        classes = sparse.csr_array(np.nan_to_num(np.asarray(labels, dtype=np.float64)))
    else:
        classes = _indicator(np.asarray(labels))
    weights = sparse.hstack([classes, np.ones((len(labels), 1))], format="csr")
    totals = weights.sum(axis=0)
    weights.data /= totals[weights.indices]
    return weights


def _indicator(codes: NDArray[Any]) -> Any:
    """Sparse (n, K) with a one at the code of each row that has one."""
    from scipy.sparse import csr_array

    rows = np.flatnonzero(codes >= 0)
    shape = (codes.size, int(codes.max(initial=0)) + 1)
    return csr_array((np.ones(rows.size), (rows, codes[rows])), shape=shape)


def _possible_folds(sizes: Codes, n_folds: int) -> int:
    if sizes.size < 2:
        raise DataError(
            "All rows belong to one group (or are duplicates), so none can be held out.",
            hint="Give groups that divide the rows, or none.",
        )
    if sizes.max() > sizes.sum() / 2 and sizes.sum() > 2:
        _say(f"One group holds {sizes.max():,} of {sizes.sum():,} rows, so folds are unequal.")
    if sizes.size < n_folds:
        _say(f"Only {sizes.size} groups of rows for {n_folds} folds: {sizes.size} folds are made.")
    return min(n_folds, int(sizes.size))


def _main_classes(labels: NDArray[Any]) -> Codes:
    if labels.ndim == 1:
        return labels.astype(np.int64)
    known = np.nan_to_num(labels)
    return np.where(known.sum(axis=1) > 0, known.argmax(axis=1), -1)


def _deal(main: Codes, weights: Any, held: NDArray[Any]) -> Codes:
    """The fold of each row that stands alone, class by class, the emptiest fold first."""
    fold = np.empty(main.size, dtype=np.int64)
    columns, sizes = np.unique(main, return_counts=True)
    # The rarest class first, whatever the order of classes; rows without a label last.
    for column in columns[np.lexsort((sizes, columns < 0))]:
        rows = np.flatnonzero(main == column)
        part = weights[rows]
        # Without a label the column is -1, the last one, which is the number of rows.
        step = part.data[part.indices == column % part.shape[1]].mean()
        filled = np.round(held[:, column] / step).astype(np.int64)
        counts = _fill(filled, rows.size, held[:, -1])
        fold[rows] = np.repeat(np.arange(len(held)), counts)
        np.add.at(held, (np.repeat(fold[rows], np.diff(part.indptr)), part.indices), part.data)
    return fold


def _fill(levels: Codes, more: int, then: NDArray[Any]) -> Codes:
    """How much each level rises as ``more`` is poured in; the odd ones go where ``then`` is low."""
    lowest = np.sort(levels)
    surface = int(np.min((more + np.cumsum(lowest)) // np.arange(1, lowest.size + 1)))
    rise = np.maximum(surface - levels, 0)
    odd = np.lexsort((then, levels + rise))[: more - int(rise.sum())]
    rise[odd] += 1
    return rise


def _say(message: str) -> None:
    warnings.warn(message, DataWarning, stacklevel=4)
