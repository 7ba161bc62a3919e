"""Naming several columns at once, by a pattern."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labelwright.core.errors import DataError, unknown_name
from labelwright.core.spaces._base import natural_key

__all__ = ["match_columns"]


def match_columns(columns: Sequence[str], pattern: str | Sequence[str]) -> dict[str, str]:
    """The columns that a pattern names, each with what its stars stand for.

    Parameters
    ----------
    columns : sequence of str
        All there are.
    pattern : str or sequence of str
        ``*`` stands for any text and ``?`` for one character; everything else for itself. A list
        names columns or patterns, one after the other.

    Returns
    -------
    dict of str to str
        Column to what the stars stood for, in natural order ("w2" before "w10"); a column named
        in full stands for itself.

    Raises
    ------
    DataError
        If a part of the pattern names no column.

    Examples
    --------
    >>> match_columns(["id", "n_10", "n_2"], "n_*")
    {'n_2': '2', 'n_10': '10'}
    """
    parts = [pattern] if isinstance(pattern, str) else list(pattern)
    matched: dict[str, str] = {}
    for part in parts:
        matched |= _matching(columns, part)
    if not matched:
        raise DataError("No columns are named.", hint="Give a name, a pattern or a list.")
    return matched


def _matching(columns: Sequence[str], pattern: str) -> dict[str, str]:
    if pattern in columns:
        return {pattern: pattern}
    if not re.search(r"[*?]", pattern):
        raise unknown_name("column", pattern, columns)
    # Only the two wildcards: column names may hold brackets, which other patterns give a meaning.
    parts = re.split(r"([*?])", pattern)
    wild = {"*": "(.*)", "?": "(.)"}
    expression = re.compile("".join(wild.get(p) or re.escape(p) for p in parts), re.DOTALL)
    found = {
        name: "".join(match.groups())
        for name in columns
        if (match := expression.fullmatch(name)) is not None
    }
    if not found:
        raise DataError(
            f"No column fits {pattern!r}.",
            where={"column": pattern},
            hint=f"There is: {', '.join(map(repr, columns[:20]))}.",
        )
    return dict(sorted(found.items(), key=lambda pair: natural_key(pair[0])))
