"""Votes come in many shapes of table; all of them become one row a vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from labelwright.core.errors import DataError
from labelwright.core.tables import column


def wide_to_long(
    frame: pl.DataFrame, item: str | None, *, votes: Sequence[str]
) -> tuple[pl.DataFrame, bool]:
    """A column a person."""
    ids = _item_ids(frame, item)
    long = _stack(ids, {name: column(frame, name) for name in _listed(votes, "votes")})
    return long, False


def slots_to_long(
    frame: pl.DataFrame,
    item: str | None,
    *,
    labels: Sequence[str],
    annotators: Sequence[str] | None,
) -> tuple[pl.DataFrame, bool]:
    """First vote, second vote ... with or without who gave each."""
    ids = _item_ids(frame, item)
    columns = {name: column(frame, name) for name in _listed(labels, "labels")}
    if annotators is None:
        return _stack(ids, columns), True
    if len(annotators) != len(columns):
        raise DataError(
            f"There are {len(columns)} columns of labels and {len(annotators)} of annotators.",
            hint="Name both in the same order, one annotator column a label column.",
        )
    parts = [
        pl.DataFrame([ids, column(frame, who).alias("annotator"), given.alias("label")])
        for given, who in zip(columns.values(), annotators, strict=True)
    ]
    return pl.concat(parts, how="vertical_relaxed"), False


def counts_to_long(
    frame: pl.DataFrame, item: str | None, *, counts: Mapping[str, Any] | Sequence[str]
) -> tuple[pl.DataFrame, bool]:
    """Numbers of votes, a column a class; votes on an item are numbered."""
    classes = counts if isinstance(counts, Mapping) else {name: name for name in counts}
    ids = _item_ids(frame, item)
    parts = []
    for name, label in classes.items():
        numbers = _whole(column(frame, name))
        parts.append(pl.DataFrame([ids, numbers.alias("n")]).with_columns(label=pl.lit(label)))
    long = pl.concat(parts).select(pl.exclude("n").repeat_by("n")).explode("item", "label")
    # A count of zero leaves an empty list, which explodes into a row without item.
    voted = long.drop_nulls("item").with_columns(annotator=pl.int_range(pl.len()).over("item") + 1)
    silent = ids.filter(~ids.is_in(voted["item"].implode())).to_frame()
    return pl.concat([voted, silent], how="diagonal"), True


def lists_to_long(
    frame: pl.DataFrame, item: str | None, *, label: str, split: str | None, annotator: str | None
) -> tuple[pl.DataFrame, bool]:
    """All votes on an item in one cell, as a list or as text to split."""
    ids = _item_ids(frame, item)
    given = _cells(column(frame, label), split).alias("label")
    if annotator is None:
        long = pl.DataFrame([ids, given]).explode("label", empty_as_null=True)
        return long.with_columns(annotator=pl.int_range(pl.len()).over("item") + 1), True
    who = _cells(column(frame, annotator), split).alias("annotator")
    unequal = (given.list.len() != who.list.len()).fill_null(False)
    if unequal.any():
        row = unequal.arg_max()
        raise DataError(
            f"Row {row} holds {given.list.len()[row]} labels and {who.list.len()[row]} annotators.",
            where={"row": row, "column": label},
        )
    return pl.DataFrame([ids, who, given]).explode("annotator", "label", empty_as_null=True), False


def _item_ids(frame: pl.DataFrame, item: str | None) -> pl.Series:
    if item is None:
        return pl.int_range(frame.height, eager=True).alias("item")
    ids = column(frame, item).alias("item")
    twice = ids.is_duplicated() & ids.is_not_null()
    if twice.any():
        name = ids.filter(twice)[0]
        rows = (ids == name).arg_true().head(2).to_list()
        raise DataError(
            f"Item {name!r} stands in rows {rows[0]} and {rows[1]}; one row an item is needed here.",
            where={"row": rows[1], "column": item},
            hint="If each row is a vote, name the columns: item=, annotator=, label=.",
        )
    return ids


def _stack(ids: pl.Series, columns: Mapping[str, pl.Series]) -> pl.DataFrame:
    kinds = {series.dtype for series in columns.values() if series.dtype != pl.Null}
    texts = [name for name, series in columns.items() if series.dtype == pl.String]
    if texts and len(kinds) > 1:
        other = next(n for n, s in columns.items() if s.dtype not in (pl.String, pl.Null))
        raise DataError(
            f"Column {texts[0]!r} holds text and column {other!r} holds {columns[other].dtype}.",
            where={"column": other},
            hint="Votes on one question have one type; are both of them votes?",
        )
    parts = [
        pl.DataFrame([ids, given.alias("label")]).with_columns(annotator=pl.lit(name))
        for name, given in columns.items()
    ]
    return pl.concat(parts, how="vertical_relaxed")


def _listed(names: Sequence[str], what: str) -> Sequence[str]:
    if isinstance(names, str) or not names:
        raise DataError(f"{what}={names!r} names no columns.", hint="Give a list of column names.")
    return names


def _whole(series: pl.Series) -> pl.Series:
    if not series.dtype.is_numeric():
        raise DataError(
            f"Column {series.name!r} holds {series.dtype}, not numbers of votes.",
            where={"column": series.name},
        )
    filled = series.fill_null(0)
    bad = (filled < 0) | (filled != filled.cast(pl.Float64).floor())
    if bad.any():
        row = bad.arg_max()
        raise DataError(
            f"Row {row} of column {series.name!r} holds {series[row]}, which is no number of votes.",
            where={"row": row, "column": series.name},
        )
    return filled.cast(pl.UInt32)


def _cells(series: pl.Series, split: str | None) -> pl.Series:
    if isinstance(series.dtype, (pl.List, pl.Array)):
        return series.cast(pl.List(series.dtype.inner))
    if series.dtype == pl.String and split:
        parts = series.str.split(split).list.eval(pl.element().str.strip_chars())
        return parts.list.eval(pl.element().filter(pl.element() != ""))
    raise DataError(
        f"Column {series.name!r} holds {series.dtype}, and it is not said how to split it.",
        where={"column": series.name},
        hint="Give split=';' (or what stands between the votes), or a column of lists.",
    )
