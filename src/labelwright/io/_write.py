"""The writer of each format, by the end of the file's name."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.errors import CapabilityError
from labelwright.core.files import writing
from labelwright.io._cells import protected
from labelwright.io._excel import write_excel

TEXT = ("csv", "tsv", "json", "jsonl", "ndjson")


def write(frame: pl.DataFrame, target: Path, name: str, *, packed: bool, safe: bool) -> None:
    """Write ``frame`` to ``target`` in the format ``name``."""
    if name in ("csv", "tsv", "xlsx"):
        frame = _flat(frame)
    if name in ("csv", "tsv"):
        _refuse_nul(frame, target)
        frame = protected(frame) if safe else frame
    try:
        with writing(target) as beside:
            if name == "xlsx":
                write_excel(frame, beside, target)
            elif packed:
                buffer = io.BytesIO()
                WRITERS[name](frame, buffer)
                # Without the time of writing, the same content gives the same bytes.
                beside.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))
            else:
                WRITERS[name](frame, beside)
    except pl.exceptions.PolarsError as error:
        raise CapabilityError(
            f"This table cannot be written as {name}: {error}",
            where={"file": str(target)},
            hint="Parquet holds every table.",
        ) from error


def _write_csv(frame: pl.DataFrame, target: Path | io.BytesIO, separator: str) -> None:
    if frame.width == 1:
        # A missing value would be a blank line, which is no row; empty text is written as "".
        frame = frame.select(pl.all().cast(pl.String).fill_null(""))
    frame.write_csv(target, separator=separator)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists and records as JSON text, bytes refused, for formats whose cells hold one value."""
    columns = []
    for series in frame:
        if series.dtype.is_nested():
            columns.append(pl.Series(series.name, map(_json_text, series.to_list()), pl.String))
        elif series.dtype in (pl.Binary, pl.Object):
            raise CapabilityError(
                f"Column {series.name!r} holds {series.dtype}, which has no form as text.",
                where={"column": series.name},
                hint="Write parquet, or drop the column.",
            )
    return frame.with_columns(columns)


def _json_text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _refuse_nul(frame: pl.DataFrame, target: Path) -> None:
    for series in frame:
        if series.dtype == pl.String and series.str.contains("\0", literal=True).any():
            row = series.str.contains("\0", literal=True).arg_max()
            raise CapabilityError(
                f"Row {row} of column {series.name!r} holds a NUL character, which csv cannot.",
                where={"file": str(target), "row": row, "column": series.name},
                hint="Write parquet or jsonl.",
            )


WRITERS: dict[str, Callable[[pl.DataFrame, Any], Any]] = {
    "csv": partial(_write_csv, separator=","),
    "tsv": partial(_write_csv, separator="\t"),
    "json": pl.DataFrame.write_json,
    "jsonl": pl.DataFrame.write_ndjson,
    "ndjson": pl.DataFrame.write_ndjson,
    "parquet": pl.DataFrame.write_parquet,
    "arrow": pl.DataFrame.write_ipc,
    "feather": pl.DataFrame.write_ipc,
}
FORMATS = (*WRITERS, "xlsx")
