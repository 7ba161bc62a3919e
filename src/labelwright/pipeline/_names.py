"""Names of annotators by their ids, for the report of those who may know them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from labelwright.core.errors import DataError, DataWarning
from labelwright.io import read_table

__all__ = ["read_names", "warn_if_strangers"]

ID_COLUMNS = ("annotator", "id")
NAME_COLUMN = "name"


def read_names(path: str) -> dict[str, str]:
    """Ids of annotators, as text, each with its name.

    The file has two columns, the id first; or, among others, ``annotator`` or ``id``, and
    ``name``. Where two annotators have the same name, their ids are added to it.
    """
    table = _two_columns(read_table(path), path).drop_nulls("id")
    again = table.filter(table["id"].is_duplicated())
    if again.height:
        (first, one), (second, other) = again.filter(pl.col("id") == again["id"][0])[
            ["row", "name"]
        ].rows()[:2]
        raise DataError(
            f"Id {again['id'][0]!r} stands in rows {first} and {second} of {path}: {one!r} and "
            f"{other!r}.",
            where={"file": path, "row": second},
            hint="Keep one of them.",
        )
    table = table.filter(pl.col("name").str.len_chars() > 0)
    shared = Counter(table["name"].to_list())
    pairs = table["id", "name"].iter_rows()
    return {key: name if shared[name] == 1 else f"{name} ({key})" for key, name in pairs}


def warn_if_strangers(
    names: Mapping[str, str], path: str, questions: Iterable[Mapping[str, Any]]
) -> None:
    """Warn where none of the ids voted: they may be written in another way there."""
    rows = [row for question in questions for row in question["annotators"]]
    if rows and not any("name" in row for row in rows):
        warnings.warn(
            f"No id of {path} is among the annotators: {list(names)[:3]} there, "
            f"{[row['annotator'] for row in rows[:3]]} here.",
            DataWarning,
            stacklevel=2,
        )


def _two_columns(table: pl.DataFrame, path: str) -> pl.DataFrame:
    """Row, id and name, as text."""
    ids = [name for name in ID_COLUMNS if name in table.columns]
    if NAME_COLUMN in table.columns and len(ids) == 1:
        chosen = [ids[0], NAME_COLUMN]
    elif table.width == 2:
        chosen = table.columns
    else:
        raise DataError(
            f"{path} has the columns {', '.join(table.columns)}: which are ids and names?",
            where={"file": path},
            hint="Call them 'annotator' and 'name', or keep only these two, the id first.",
        )
    pair = table[chosen].cast(pl.String)
    pair.columns = ["id", "name"]
    return pair.with_columns(pl.all().str.strip_chars()).with_row_index("row")
