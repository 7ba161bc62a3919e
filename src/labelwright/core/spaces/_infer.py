"""Reading a label space from data."""

from __future__ import annotations

import unicodedata
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from labelwright.core._factorize import factorize, missing, plain_scalar
from labelwright.core.errors import DataError, DataWarning
from labelwright.core.spaces._base import Space, natural_key
from labelwright.core.spaces.classes import Classes
from labelwright.core.spaces.numbers import Numbers
from labelwright.core.spaces.tags import Tags

__all__ = ["infer_space", "spelling_variants"]

FEW = 20


def infer_space(values: Any, what: str = "labels") -> Space:
    """The label space that a column of labels shows.

    Text, booleans and whole numbers are :class:`Classes` (not ordered), fractions are
    :class:`Numbers`, lists are :class:`Tags`. Numeric text is text. Spelling variants stay apart
    and are reported by a warning.

    Raises
    ------
    DataError
        If there is no label, types are mixed, or it could be read in two ways.

    Examples
    --------
    >>> infer_space(["spam", "ham", None]).names
    ('ham', 'spam')
    """
    if _holds_lists(values):
        rows = values.to_list() if hasattr(values, "to_list") else values
        tags = {plain_scalar(tag) for row in rows if not missing(row) for tag in row}
        return Tags(_sorted(tags, "tags"))
    # A fraction among the first labels spares a search for all distinct ones.
    _, first = factorize(values[:1000])
    if first.dtype.kind == "f" and np.any(first != np.floor(first)):
        return Numbers()
    _, distinct = factorize(values)
    if not distinct.size:
        raise DataError(f"There are no {what}: every value is missing.")
    if distinct.dtype.kind == "f":
        return _infer_numbers(distinct, what)
    names = _sorted(distinct.tolist(), what)
    _warn_of_variants(names)
    return Classes(names)


def spelling_variants(names: Iterable[Any]) -> list[list[str]]:
    """Groups of names that differ only in case, white space or the form of a character.

    Examples
    --------
    >>> spelling_variants(["Billing", "billing ", "Refund"])
    [['Billing', 'billing ']]
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if isinstance(name, str):
            folded = unicodedata.normalize("NFKC", name).casefold()
            groups[" ".join(folded.split())].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _holds_lists(values: Any) -> bool:
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        return False
    if hasattr(values, "drop_nulls"):
        values = values.drop_nulls().head(1).to_list()
    first = next((value for value in values if not missing(value)), None)
    return isinstance(first, (list, tuple, set, frozenset, np.ndarray))


def _sorted(names: Collection[Any], what: str) -> list[Any]:
    kinds = {type(name) for name in names}
    if len(kinds) > 1 or not kinds <= {str, int, bool}:
        raise DataError(
            f"The {what} are of type {' and '.join(sorted(kind.__name__ for kind in kinds))}.",
            hint="Make them one type (text, whole numbers, True/False), or give space=.",
        )
    return sorted(names, key=natural_key)


def _infer_numbers(distinct: np.ndarray, what: str) -> Numbers:
    if distinct.size <= FEW and np.all(distinct == np.floor(distinct)):
        listed = ", ".join(f"{v:g}" for v in sorted(distinct.tolist()))
        raise DataError(
            f"The {what} are the numbers {listed}, held as fractions: class codes or measurements?",
            hint="Whole numbers become fractions where a value is missing. Give the label space: "
            "space=Classes([...]) with whole numbers, or space=Numbers().",
        )
    return Numbers()


def _warn_of_variants(names: list[Any]) -> None:
    groups = spelling_variants(names)
    if groups:
        shown = "; ".join(" / ".join(map(repr, group)) for group in groups[:5])
        warnings.warn(
            f"Some labels differ only in spelling and are kept apart: {shown}. "
            "To join them, name the others as aliases in a codebook.",
            DataWarning,
            stacklevel=4,
        )
