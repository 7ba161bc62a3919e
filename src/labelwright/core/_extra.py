"""What came along with votes: columns whose names have a meaning are checked."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError
from labelwright.core.spaces import Classes, Space
from labelwright.core.validation import check_probabilities, first_row

__all__ = ["check_extra", "check_weights", "checked_probabilities"]

NUMERIC = ("weight", "seconds", "confidence", "cost")
RESERVED = ("item", "annotator", "label", "event", "said", "probabilities")


def check_extra(extra: pl.DataFrame | None) -> pl.DataFrame | None:
    """Check columns that came along and give numbers and times one type; None if there are none."""
    if extra is None or not extra.width:
        return None
    taken = [name for name in RESERVED if name in extra.columns]
    if taken:
        raise DataError(
            f"A further column is called {taken[0]!r}, a name that votes use themselves.",
            where={"column": taken[0]},
            hint="Rename or drop it.",
        )
    columns = {"time": _checked_time, "shown": _checked_shown} | dict.fromkeys(
        NUMERIC, _checked_numbers
    )
    return extra.with_columns(
        [check(extra[name]) for name, check in columns.items() if name in extra.columns]
    )


def check_weights(extra: pl.DataFrame | None, rows: NDArray[np.int64]) -> None:
    """Check that every vote has a weight, if any has one."""
    if extra is not None and "weight" in extra.columns:
        finite = extra["weight"].is_finite().fill_null(False)
        place = first_row((~finite).to_numpy()[rows])
        if place is not None:
            raise DataError(
                "The weight is missing or infinite.",
                where={"column": "weight"},
                hint="Give every vote a weight of zero or more.",
            ).in_row(rows[place])


def checked_probabilities(probabilities: ArrayLike, space: Space) -> NDArray[np.float64] | None:
    """Check what models said; a row that is NaN throughout is a vote without probabilities."""
    array = np.array(probabilities, dtype=np.float64)
    silent = np.isnan(array).all(axis=-1, keepdims=True)
    filled = np.where(silent, 1 / max(array.shape[-1], 1), array)
    check_probabilities(filled, n_classes=space.n_classes if isinstance(space, Classes) else None)
    return None if bool(np.all(silent)) else array


def _checked_numbers(series: pl.Series) -> pl.Series:
    if not (series.dtype.is_numeric() or series.dtype == pl.Null):
        raise DataError(
            f"Column {series.name!r} holds {series.dtype}, not numbers.",
            where={"column": series.name},
            hint=f"Convert it, or rename it if it is not the {series.name} of a vote.",
        )
    series = series.cast(pl.Float64).fill_nan(None)
    row = first_row((series < 0).fill_null(False).to_numpy())
    if row is not None:
        raise DataError(
            f"{series.name} is {series[row]:g}, below zero.", where={"column": series.name}
        ).in_row(row)
    return series


def _checked_time(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Null:
        return series.cast(pl.Datetime("us", "UTC"))
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None:
        return series.dt.convert_time_zone("UTC")
    raise DataError(
        f"Column 'time' holds {series.dtype}: a time with its zone is needed.",
        where={"column": "time", "row": 0},
        hint="Convert it, for example with .dt.replace_time_zone('UTC'), or rename the column.",
    )


def _checked_shown(series: pl.Series) -> pl.Series:
    if series.dtype not in (pl.Boolean, pl.Null):
        raise DataError(
            f"Column 'shown' holds {series.dtype}, not True or False.",
            where={"column": "shown"},
            hint="It says whether a pre-label was shown; convert or rename it.",
        )
    return series.cast(pl.Boolean)
