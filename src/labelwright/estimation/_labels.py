"""Reading a column of class labels, of which some may be missing, as codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import as_array, factorize
from labelwright.core.errors import DataError
from labelwright.core.spaces import Classes
from labelwright.core.validation import check_codes, check_probabilities, check_same_length

# More unused codes than this a used one, and whole numbers are taken for labels, not for codes.
SPARSE = 10


def encode_labels(
    labels: Any, classes: Classes | Sequence[Any] | None = None, name: str = "labels"
) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    """Codes (n,) with -1 where there is no label, and the names of the classes.

    Without ``classes``, text is put in natural order and whole numbers are codes 0..K-1 (-1, None
    and NaN are missing). With ``classes``, labels are looked up among them; whole numbers are codes
    if the classes are no numbers.
    """
    values = _whole_numbers(as_array(labels))
    space = classes if isinstance(classes, Classes) or classes is None else Classes(tuple(classes))
    numeric = values.dtype.kind in "iu"
    if space is None:
        if numeric:
            return _as_codes(values, name)
        if not factorize(values)[1].size:
            return np.full(values.size, -1), ()
        space = Classes.from_values(values)
    elif numeric and not isinstance(space.names[0], int):
        return check_codes(values, space.n_classes, name=name, missing=True), tuple(space.names)
    if numeric and -1 not in space.names and (values == -1).any():
        values = np.array([None if value == -1 else value for value in values.tolist()], object)
    return space.encode(values).astype(np.int64), tuple(space.names)


def encode_pair(
    labels: Any, gold: Any, classes: Classes | Sequence[Any] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[Any, ...]]:
    """Labels and gold of the same records as codes of the same classes."""
    n = check_same_length(labels=labels, gold=gold)
    both = np.concatenate([as_array(values).astype(object) for values in (labels, gold)])
    codes, names = encode_labels(both, classes, "labels and gold")
    return codes[:n], codes[n:], names


def read_soft(
    labels: Any, classes: Classes | Sequence[Any] | None = None, name: str = "labels"
) -> tuple[NDArray[np.float64], NDArray[np.bool_], tuple[Any, ...]]:
    """Soft labels (n, K), which rows have one (others are NaN), and the names of the classes."""
    soft = np.asarray(labels)
    if soft.dtype.kind not in "fiu":
        raise DataError(
            f"{name} has shape {soft.shape} and type {soft.dtype}.",
            hint="Give one label a row, or soft labels as numbers that sum to 1 in each row.",
        )
    if classes is None:
        names: tuple[Any, ...] = tuple(range(soft.shape[1]))
    else:
        names = tuple(classes.names if isinstance(classes, Classes) else classes)
    soft = soft.astype(np.float64)
    labelled = np.asarray(~np.isnan(soft).all(axis=1))
    # Rows keep their numbers in errors, so those without a label stand in as certain of a class.
    stand_in = np.eye(1, max(soft.shape[1], 1))
    check_probabilities(
        np.where(labelled[:, None], soft, stand_in), n_classes=len(names), name=name
    )
    return soft, labelled, names


def _whole_numbers(values: NDArray[Any]) -> NDArray[Any]:
    """Floats (as pandas makes of integers with gaps) and such objects as integers with -1."""
    if values.dtype.kind == "O":
        kept = [value for value in values if value is not None]
        if not kept or not all(_is_number(value) for value in kept):
            return values
        values = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    if values.dtype.kind != "f":
        return values
    present = values[np.isfinite(values)]
    if not np.array_equal(present, np.floor(present)):
        raise DataError(
            "Labels must be classes, but these are fractions.",
            hint="Give (n, K) rows that sum to 1 for soft labels.",
        )
    return np.where(np.isfinite(values), values, -1).astype(np.int64)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _as_codes(values: NDArray[Any], name: str) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    used = np.unique(values[values >= 0])
    n_classes = int(used[-1]) + 1 if used.size else 0
    if n_classes > SPARSE * used.size:
        raise DataError(
            f"{name} holds {used.size} different whole numbers up to {n_classes - 1}.",
            hint="If these are labels rather than codes 0..K-1, give classes= as well.",
        )
    return check_codes(values, n_classes, name=name, missing=True), tuple(range(n_classes))
