"""The reader of each kind of table, by the name that ``_content`` gives the kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from labelwright.core.errors import DataError
from labelwright.io._content import Content
from labelwright.io._csv import read_csv
from labelwright.io._excel import read_excel
from labelwright.io._huggingface import read_saved
from labelwright.io._json import frame_from_records, load_records


@dataclass(frozen=True)
class Options:
    """What the caller said about the file; see :func:`labelwright.io.read_table`."""

    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = None
    limit: int | None = None


def _csv(content: Content, options: Options) -> pl.DataFrame:
    return read_csv(
        content, separator=options.separator, encoding=options.encoding, limit=options.limit
    )


def _json(content: Content, options: Options) -> pl.DataFrame:
    records = load_records(content, options.encoding, options.limit)
    return frame_from_records(records, content.path)


def _excel(content: Content, options: Options) -> pl.DataFrame:
    return read_excel(content, options.sheet, options.limit)


def _huggingface(content: Content, options: Options) -> pl.DataFrame:
    return read_saved(content, options.limit)


def _binary(read: Callable[..., pl.DataFrame]) -> Callable[[Content, Options], pl.DataFrame]:
    """A reader of a format that polars reads by itself."""

    def reader(content: Content, options: Options) -> pl.DataFrame:
        source = content.path if content.data is None else content.data
        try:
            return read(source, n_rows=options.limit)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(
                f"{content.path} is damaged or breaks off: {error}",
                where={"file": str(content.path)},
                hint="Was it cut off while it was copied?",
            ) from error

    return reader


READERS: Mapping[str, Callable[[Content, Options], pl.DataFrame]] = {
    "csv": _csv,
    "json": _json,
    "jsonl": _json,
    "excel": _excel,
    "huggingface": _huggingface,
    "parquet": _binary(pl.read_parquet),
    "arrow": _binary(pl.read_ipc),
    "arrow_stream": _binary(pl.read_ipc_stream),
}


def tidy(frame: pl.DataFrame) -> pl.DataFrame:
    """Make columns that are missing throughout text, so that they can be worked with."""
    empty = [name for name, dtype in frame.schema.items() if dtype == pl.Null]
    return frame.with_columns(pl.col(empty).cast(pl.String)) if empty else frame
