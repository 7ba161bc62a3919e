"""Column names as they stand in the first row of a csv or worksheet."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from labelwright.core.errors import DataError, DataWarning

NUMBER = re.compile(r"-?\d+(\.\d+)?")


def checked_names(header: Sequence[str], path: Path) -> list[str]:
    """Names of all columns; one without a name is called after its place, none may repeat."""
    names = [name or f"column_{place}" for place, name in enumerate(header, 1)]
    place_of: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if name in place_of:
            raise DataError(
                f"{path} has two columns {name!r}, in places {place_of[name]} and {place}.",
                where={"file": str(path), "column": name},
                hint="Rename one of them.",
            )
        place_of[name] = place
    counted = [str(place) for place in range(len(header))]
    if all(NUMBER.fullmatch(name) for name in header) and list(header) != counted:
        warnings.warn(
            f"The first line of {path} ({', '.join(header[:5])}) was read as column names, though "
            "it looks like values. If it is, put a line with names above it.",
            DataWarning,
            stacklevel=2,
        )
    return names


def without_empty_columns(frame: pl.DataFrame, header: Sequence[str]) -> pl.DataFrame:
    """Leave out columns that have neither a name nor content, as spreadsheets write them."""
    unnamed = [frame.columns[place] for place, name in enumerate(header) if not name]
    return frame.drop(name for name in unnamed if frame[name].null_count() == frame.height)
