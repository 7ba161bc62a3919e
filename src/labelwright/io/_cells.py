"""From the text of csv cells to typed columns, and back to text that spreadsheets do not run."""

from __future__ import annotations

import re

import polars as pl

LOOKED_AT_FIRST = 1000
EXACT_WHOLE = 10**18
NUMBER = r"^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$"
NOT_FINITE = ("NaN", "inf", "-inf")
TRUTH = ("true", "false", "True", "False", "TRUE", "FALSE")
# What makes a spreadsheet run a cell; apostrophes before it are part of the pattern, so that
# adding one and taking one off undo each other.
RUNS = r"^('*[=+\-@\t\r])"
PROTECTED = r"^'('*[=+\-@\t\r])"


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Give each column of text the type that all its cells clearly have."""
    return frame.with_columns(_typed_column(series) for series in frame)


def protected(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text, also column names, that a spreadsheet would run."""
    frame = frame.with_columns(pl.col(pl.String).str.replace(RUNS, "'$1"))
    return frame.rename(lambda name: re.sub(RUNS, r"'\1", name))


def unprotected_name(name: str) -> str:
    """A column name without the apostrophe that :func:`protected` put before it."""
    return re.sub(PROTECTED, r"\1", name)


def _typed_column(series: pl.Series) -> pl.Series:
    if (series == "").any():
        series = series.replace("", None)
    if series.null_count() == len(series):
        return series
    if _may_be_typed(series.head(LOOKED_AT_FIRST)):
        for convert in (_whole_numbers, _fractions, _truth):
            column = convert(series)
            if column is not None:
                return column
    if series.str.starts_with("'").any():
        return series.str.replace(PROTECTED, "$1")
    return series


def _may_be_typed(first: pl.Series) -> bool:
    """Whether these cells could be numbers or truth values; most text shows at once that not."""
    present = first.drop_nulls()
    number = present.str.contains(NUMBER) | present.is_in(NOT_FINITE)
    return bool(number.all() or present.is_in(TRUTH).all())


def _whole_numbers(series: pl.Series) -> pl.Series | None:
    """Integers, if every cell is written as the integer itself is: no zeros or sign before it."""
    numbers = series.cast(pl.Int64, strict=False)
    if numbers.null_count() != series.null_count():
        return None
    as_written = (numbers.cast(pl.String) == series).all()
    short = not (numbers.abs() >= EXACT_WHOLE).any()
    return numbers if as_written and short else None


def _fractions(series: pl.Series) -> pl.Series | None:
    """Fractions, if every cell is a number and some show that they are no codes or ids."""
    present = series.drop_nulls()
    finite = present.filter(~present.is_in(NOT_FINITE))
    if not finite.len() and present.len():
        return None
    # Ids such as 12e4 occur among whole numbers; measurements have a point or are all 1e20.
    pointed = finite.str.contains(".", literal=True).any()
    exponents = finite.str.contains("e|E").all()
    long_id = finite.str.contains(r"^-?\d{19,}$").any()
    if not finite.str.contains(NUMBER).all() or not (pointed or exponents) or long_id:
        return None
    return series.cast(pl.Float64)


def _truth(series: pl.Series) -> pl.Series | None:
    present = series.drop_nulls()
    if not present.is_in(TRUTH).all():
        return None
    return series.str.to_lowercase() == "true"
