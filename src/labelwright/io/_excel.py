"""Worksheets, through the extra ``excel``."""

from __future__ import annotations

import datetime
import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.errors import CapabilityError, DataError, MissingExtraError, unknown_name
from labelwright.io._content import Content
from labelwright.io._names import checked_names, without_empty_columns

MOST_ROWS = 1_048_576
LONGEST_CELL = 32_767
# Spreadsheets hold every number as a float, which is exact up to here.
EXACT = 2**53
# Files with the same content should have the same bytes, so the time of writing stays out.
CREATED = datetime.datetime(2000, 1, 1)


def read_excel(content: Content, sheet: str | None, limit: int | None) -> pl.DataFrame:
    """Read the named worksheet, or the only one that holds something."""
    fastexcel = _package("fastexcel")
    try:
        book = fastexcel.read_excel(content.read())
    except fastexcel.FastExcelError as error:
        raise DataError(
            f"{content.path} cannot be read as a worksheet: {error}",
            where={"file": str(content.path)},
        ) from error
    name = _chosen_sheet(book, sheet, content.path)
    with _quiet():
        header = _header(book, name)
        names = checked_names(header, content.path)
        frame = book.load_sheet(
            name,
            header_row=None,
            skip_rows=1,
            column_names=names,
            n_rows=limit,
            schema_sample_rows=None,
        ).to_polars()
    # A formula may leave empty text; an empty cell is missing here as it is in csv.
    frame = frame.with_columns(pl.col(pl.String).replace("", None))
    frame = without_empty_columns(frame, header)
    frame = frame.with_columns(_whole(series) for series in frame if series.dtype.is_float())
    return frame.filter(~pl.all_horizontal(pl.all().is_null())) if frame.height else frame


def write_excel(frame: pl.DataFrame, path: Path, target: Path) -> None:
    """Write one worksheet; text is marked as text, so that nothing in it is run."""
    if frame.height >= MOST_ROWS:
        raise CapabilityError(
            f"A worksheet holds {MOST_ROWS - 1:,} rows, and there are {frame.height:,}.",
            where={"file": str(target)},
            hint="Write csv or parquet.",
        )
    _check_lengths(frame, target)
    xlsxwriter = _package("xlsxwriter")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": CREATED})
        sheet = book.add_worksheet("data")
        sheet.freeze_panes(1, 0)
        for place, series in enumerate(frame):
            sheet.write_string(0, place, series.name)
            write, values = _cell_writer(sheet, book, series)
            for row, value in enumerate(values, 1):
                if value is not None:
                    write(row, place, value)


def _cell_writer(sheet: Any, book: Any, series: pl.Series) -> tuple[Callable[..., Any], list[Any]]:
    dtype = series.dtype
    if dtype == pl.Boolean:
        return sheet.write_boolean, series.to_list()
    if dtype.is_integer() and not (series.abs() > EXACT).any():
        return sheet.write_number, series.to_list()
    if dtype.is_float():
        # A worksheet has no cell for what is not finite.
        return sheet.write_number, series.replace([float("inf"), -float("inf")], None).fill_nan(
            None
        ).to_list()
    if isinstance(dtype, (pl.Date, pl.Datetime)) and getattr(dtype, "time_zone", None) is None:
        style = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        if dtype == pl.Date:
            style = book.add_format({"num_format": "yyyy-mm-dd"})
        return lambda row, col, value: sheet.write_datetime(
            row, col, value, style
        ), series.to_list()
    return sheet.write_string, series.cast(pl.String).to_list()


def _check_lengths(frame: pl.DataFrame, target: Path) -> None:
    for series in frame:
        if series.dtype == pl.String:
            # Counted as spreadsheets do it: in units of UTF-16, of which a character has up to two.
            long = series.str.len_chars() > LONGEST_CELL // 2
            for row in long.arg_true():
                units = len(series[row].encode("utf-16-le")) // 2
                if units > LONGEST_CELL:
                    raise CapabilityError(
                        f"Row {row} of column {series.name!r} has {units:,} characters; a cell of "
                        f"a worksheet holds {LONGEST_CELL:,}.",
                        where={"file": str(target), "row": row, "column": series.name},
                        hint="Write csv or parquet.",
                    )


def _chosen_sheet(book: Any, sheet: str | None, path: Path) -> str:
    names = list(book.sheet_names)
    if sheet is not None:
        if sheet not in names:
            raise unknown_name("worksheet", sheet, names, where={"file": str(path)})
        return sheet
    with _quiet():
        filled = [name for name in names if _header(book, name)]
    if not filled:
        raise DataError(f"{path} is empty.", where={"file": str(path)})
    if len(filled) > 1:
        listed = ", ".join(repr(name) for name in filled)
        raise DataError(
            f"{path} holds {len(filled)} worksheets: {listed}.",
            where={"file": str(path)},
            hint=f"Say which one: sheet={filled[0]!r}.",
        )
    return filled[0]


def _header(book: Any, name: str) -> list[str]:
    first = book.load_sheet(name, header_row=None, n_rows=1, dtypes="string").to_polars()
    return [value or "" for value in first.row(0)] if first.height else []


def _whole(series: pl.Series) -> pl.Series:
    fits = (series == series.floor()) & (series.abs() <= EXACT)
    return series.cast(pl.Int64) if fits.all() and series.is_not_null().any() else series


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError.of(name, "excel", "A worksheet") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep fastexcel from logging that an empty column has no type, which is no news here."""
    logger = logging.getLogger("fastexcel")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
