"""Votes come in many shapes of table; all of them become one row a vote.

Each function gives columns ``row`` (of the table that came in), ``item``, ``annotator`` and
``label``, and whether the annotators are mere slots. Every item has a row, if need be without a
label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from labelwright.core.errors import DataError
from labelwright.core.tables import column
from labelwright.core.validation import first_row

Long = tuple[pl.DataFrame, bool]

SLOT = (pl.int_range(pl.len()).over("row") + 1).alias("annotator")


def wide_to_long(frame: pl.DataFrame, item: str | None, *, votes: Sequence[str]) -> Long:
    """A column a person."""
    given = _columns(frame, votes, "votes")
    people = (pl.repeat(name, frame.height, eager=True) for name in votes)
    return _stacked(_ids(frame, item), people, given), False


def slots_to_long(
    frame: pl.DataFrame,
    item: str | None,
    *,
    labels: Sequence[str],
    annotators: Sequence[str] | None,
) -> Long:
    """First vote, second vote ... with or without who gave each."""
    if annotators is None:
        return wide_to_long(frame, item, votes=labels)[0], True
    given = _columns(frame, labels, "labels")
    people = _columns(frame, annotators, "annotators")
    if len(given) != len(people):
        raise DataError(
            f"There are {len(given)} columns of labels and {len(people)} of annotators.",
            hint="Name both in the same order, one annotator column a label column.",
        )
    return _stacked(_ids(frame, item), people, given), False


def counts_to_long(
    frame: pl.DataFrame, item: str | None, *, counts: Mapping[str, Any] | Sequence[str]
) -> Long:
    """Numbers of votes, a column a class; votes on an item are numbered."""
    labels = list(counts.values()) if isinstance(counts, Mapping) else list(counts)
    ids = _ids(frame, item)
    parts = [
        ids.with_columns(label=pl.lit(label), n=_whole(given)).filter(pl.col("n") > 0)
        for label, given in zip(labels, _columns(frame, list(counts), "counts"), strict=True)
    ]
    votes = pl.concat(parts, how="vertical_relaxed")
    each = votes.select(pl.exclude("n").repeat_by("n")).explode("row", "item", "label")
    return pl.concat([ids, each.with_columns(SLOT)], how="diagonal_relaxed"), True


def lists_to_long(
    frame: pl.DataFrame, item: str | None, *, label: str, split: str | None, annotator: str | None
) -> Long:
    """All votes on an item in one cell, as a list or as text to split."""
    ids, given = _ids(frame, item), _cells(column(frame, label), split).alias("label")
    if annotator is None:
        return ids.with_columns(given).explode("label").with_columns(SLOT), True
    who = _cells(column(frame, annotator), split).alias("annotator")
    lengths = pl.DataFrame([given.list.len(), who.list.len()]).fill_null(0)
    row = first_row((lengths["label"] != lengths["annotator"]).to_numpy())
    if row is not None:
        raise DataError(
            f"There are {lengths['label'][row]} labels and {lengths['annotator'][row]} annotators.",
            where={"column": label},
        ).in_row(row)
    return ids.with_columns(who, given).explode("annotator", "label"), False


def _ids(frame: pl.DataFrame, item: str | None) -> pl.DataFrame:
    """Row numbers and item ids; an id that repeats is refused."""
    rows = pl.int_range(frame.height, eager=True).alias("row")
    if item is None:
        return pl.DataFrame([rows, rows.alias("item")])
    ids = column(frame, item).alias("item")
    again = first_row((~ids.is_first_distinct() & ids.is_not_null()).to_numpy())
    if again is not None:
        name = ids[again]
        first = (ids == name).arg_max()
        raise DataError(
            f"Item {name!r} stands in rows {first} and {again}; here a row is an item.",
            where={"row": again, "column": item},
            hint="If each row is a vote, name the columns: item=, annotator=, label=.",
        )
    return pl.DataFrame([rows, ids])


def _columns(frame: pl.DataFrame, names: Sequence[str], what: str) -> list[pl.Series]:
    """The columns named, which must hold one type of answer."""
    if isinstance(names, str) or not names:
        raise DataError(f"{what}={names!r} names no columns.", hint="Give a list of column names.")
    found = [column(frame, name) for name in names]
    kinds = {series.name: _kind(series.dtype) for series in found if series.count()}
    if len(set(kinds.values())) > 1:
        (one, held), *others = kinds.items()
        other = next(name for name, kind in others if kind != held)
        raise DataError(
            f"Column {one!r} holds {held} and column {other!r} holds {kinds[other]}.",
            where={"column": other},
            hint=f"All {what} have one type; are both of them {what}?",
        )
    return found


def _kind(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "numbers"
    return "text" if dtype in (pl.String, pl.Categorical, pl.Enum) else str(dtype)


def _stacked(
    ids: pl.DataFrame, people: Iterable[pl.Series], given: Iterable[pl.Series]
) -> pl.DataFrame:
    """One part a column, below each other; a vote without label names nobody."""
    parts = [
        ids.with_columns(_plain(who).alias("annotator"), _plain(label).alias("label"))
        for who, label in zip(people, given, strict=True)
    ]
    return pl.concat(parts, how="vertical_relaxed")


def _plain(series: pl.Series) -> pl.Series:
    return series.cast(pl.String) if series.dtype in (pl.Categorical, pl.Enum) else series


def _whole(series: pl.Series) -> pl.Series:
    """Numbers of votes; an empty cell is none."""
    if not (series.dtype.is_numeric() or series.dtype == pl.Null):
        raise DataError(
            f"Column {series.name!r} holds {series.dtype}, not numbers of votes.",
            where={"column": series.name},
        )
    numbers = series.cast(pl.Float64).fill_nan(None).fill_null(0)
    row = first_row(((numbers < 0) | (numbers != numbers.floor())).to_numpy())
    if row is not None:
        raise DataError(
            f"Column {series.name!r} holds {series[row]}, which is no number of votes.",
            where={"column": series.name},
        ).in_row(row)
    return numbers.cast(pl.UInt32)


def _cells(series: pl.Series, split: str | None) -> pl.Series:
    """Lists of votes; an empty list becomes null, which stays a row when lists are unfolded."""
    if isinstance(series.dtype, (pl.List, pl.Array)):
        lists = series.cast(pl.List(series.dtype.inner))
    elif series.dtype == pl.String and split:
        parts = series.str.split(split).list.eval(pl.element().str.strip_chars())
        lists = parts.list.eval(pl.element().filter(pl.element() != ""))
    else:
        raise DataError(
            f"Column {series.name!r} holds {series.dtype}, and it is not said how to split it.",
            where={"column": series.name},
            hint="Give split=';' (or what stands between the votes), or a column of lists.",
        )
    return pl.select(pl.when(lists.list.len() > 0).then(lists)).to_series()
