"""What one pass over the probabilities finds out about each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._blocks import checked_blocks, matrix
from labelwright.core.errors import DataError
from labelwright.core.spaces import Classes
from labelwright.core.validation import check_codes, check_same_length, first_row

LEAD = 1e-6
"""The given label counts as predicted while no other class leads it by more than this."""

ClassNames = Sequence[Any] | Classes | None


@dataclass(frozen=True, eq=False)
class Predictions:
    """Checked labels and probabilities, and what one pass over them finds out about each row.

    Attributes
    ----------
    probabilities : (n, K) array
        The user's own array: it is never copied as a whole.
    codes : (n,) int64
        The given labels.
    given, top : (n,) float
        Probability of the given label, and the largest of the row.
    best : (n,) int32
        The class of the largest probability; of equal ones the first.
    space : Classes or None
        The classes, where they were named.
    """

    probabilities: NDArray[Any]
    codes: NDArray[np.int64]
    given: NDArray[Any]
    top: NDArray[Any]
    best: NDArray[np.int32]
    space: Classes | None

    @property
    def n_classes(self) -> int:
        """K, the number of columns."""
        return int(self.probabilities.shape[1])

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many rows are labelled with each class (K,)."""
        return np.bincount(self.codes, minlength=self.n_classes)

    @cached_property
    def by_class(self) -> list[NDArray[np.intp]]:
        """The rows of each class, in ascending order."""
        # numpy sorts narrow integers by counting, many times faster than int64.
        narrow = self.codes.astype(np.min_scalar_type(self.n_classes))
        order = np.argsort(narrow, kind="stable")
        return np.split(order, np.cumsum(self.counts)[:-1])

    @cached_property
    def doubtful(self) -> NDArray[np.bool_]:
        """Rows whose predicted class is not the given one, though that is favoured by ``LEAD``."""
        favoured = self.given + self.given.dtype.type(LEAD)
        leads = (self.top > favoured) | ((self.top == favoured) & (self.best < self.codes))
        return leads & (self.best != self.codes)


def read_predictions(
    labels: ArrayLike, probabilities: ArrayLike, classes: ClassNames = None
) -> Predictions:
    """Check labels and probabilities and read them in one pass.

    Raises
    ------
    DataError
        If there are no items, a label is missing or no class, an entry is no probability, a row
        does not sum to one, or lengths or numbers of classes differ.
    """
    array = matrix(probabilities)
    n = check_same_length(labels=labels, probabilities=array)
    if n == 0:
        raise DataError("There are no items.", hint="Give a label and a row of each item.")
    codes, space = as_codes(labels, array.shape[1], classes)
    dtype = np.float32 if array.dtype == np.float32 else np.float64
    given, top = np.empty(n, dtype), np.empty(n, dtype)
    best = np.empty(n, np.int32)
    for part, block in checked_blocks(array):
        first = np.arange(len(block)) * block.shape[1]
        leader, flat = block.argmax(axis=1), block.reshape(-1)
        best[part] = leader
        top[part] = flat[first + leader]
        given[part] = flat[first + codes[part]]
    return Predictions(array, codes, given, top, best, space)


def as_codes(
    labels: ArrayLike,
    n_classes: int | None,
    classes: ClassNames = None,
    *,
    missing: bool = False,
) -> tuple[NDArray[np.int64], Classes | None]:
    """Codes (n,) of labels, and the classes where they were named.

    Integers are codes where no classes are given or all classes are text; everything else is looked
    up among the classes. With ``missing``, items without a label (-1, None) are let through as -1.

    Raises
    ------
    DataError
        If a label is missing or no class, or ``classes`` does not fit the number of columns.
    """
    if classes is None:
        array = np.asarray(labels)
        if n_classes is None:
            n_classes = int(array.max(initial=0)) + 1 if array.dtype.kind in "iu" else 0
        return check_codes(array, n_classes, missing=missing), None
    space = classes if isinstance(classes, Classes) else Classes(tuple(classes))
    if n_classes is not None and space.n_classes != n_classes:
        raise DataError(
            f"There are {space.n_classes} classes and {n_classes} columns of probabilities.",
            hint="Give the classes in the order of the columns.",
        )
    whole = np.asarray(labels).dtype.kind in "iu"
    if whole and all(isinstance(name, str) for name in space.names):
        return check_codes(labels, space.n_classes, missing=missing), space
    codes = space.encode(labels).astype(np.int64)
    row = first_row(codes < 0)
    if row is not None and not missing:
        raise DataError(
            f"labels[{row}] is missing.", where={"row": row}, hint="Leave out rows without a label."
        )
    return codes, space


def named(codes: NDArray[np.int64], space: Classes | None) -> NDArray[Any]:
    """The labels of codes, or the codes themselves where no classes were named."""
    return codes if space is None else np.array(space.names)[codes]
