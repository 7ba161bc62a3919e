"""Reading csv: polars does the work, and whatever looks odd to it is looked at line by line."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from labelwright.core.errors import DataError, ParameterError
from labelwright.io._cells import typed, unprotected_name
from labelwright.io._content import HEAD, Content
from labelwright.io._encoding import decode, decode_head, guess_encoding
from labelwright.io._names import checked_names, without_empty_columns

SEPARATORS = (",", ";", "\t", "|")
NO_SEPARATOR = "\x1f"
SNIFFED_LINES = 200
CELL_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class _Csv:
    """UTF-8 text of a csv, in a file or unpacked, with its separator and column names."""

    path: Path
    data: bytes | None
    separator: str
    names: list[str]
    limit: int | None

    @property
    def source(self) -> Path | bytes:
        return self.path if self.data is None else self.data

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and fields of each record below the header; a blank line has no fields."""
        raw = self.path.open("rb") if self.data is None else io.BytesIO(self.data)
        # Bytes beyond the limit are not looked at by polars and may be no UTF-8.
        with io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="") as stream:
            found = _records(stream, self.separator, self.path)
            next(fields for _, fields in found if fields)
            for count, record in enumerate(found):
                if count == self.limit:
                    return
                yield record


def read_csv(
    content: Content, *, separator: str | None, encoding: str | None, limit: int | None
) -> pl.DataFrame:
    """Read a csv; see :func:`labelwright.io.read_table` for the rules."""
    if separator is not None and len(separator.encode()) != 1:
        raise ParameterError(f"separator={separator!r} is not one character.")
    data = _as_utf8(content, encoding)
    try:
        return _read(content, data, separator, limit)
    except _NotUtf8Error:
        return _read(content, _decoded(content, None), separator, limit)


class _NotUtf8Error(Exception):
    """The file was passed to polars as it is, and turned out not to be UTF-8."""


def _as_utf8(content: Content, encoding: str | None) -> bytes | None:
    """The text as UTF-8, or None where the file itself can be read as it is."""
    guess = guess_encoding(content.head[:4096])
    plain = encoding is None and guess.startswith("utf-8") and _is_utf8(content.head)
    # Before 2001, Macintoshes ended lines with a carriage return, and spreadsheets still offer it.
    old_lines = b"\r" in content.head and b"\n" not in content.head
    if plain and not old_lines:
        return content.data
    return _decoded(content, encoding)


def _is_utf8(head: bytes) -> bool:
    try:
        # An incremental decoder does not mind a head that ends inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(content: Content, encoding: str | None) -> bytes:
    text = decode(content.read(), encoding, content.path)
    if "\n" not in text[:HEAD]:
        text = text.replace("\r", "\n")
    return text.encode()


def _read(
    content: Content, data: bytes | None, separator: str | None, limit: int | None
) -> pl.DataFrame:
    head = content.head if data is None else data[:HEAD]
    text = decode_head(head)
    if not text.strip():
        raise DataError(f"{content.path} is empty.", where={"file": str(content.path)})
    separator = separator or sniff_separator(text, content.suffix)
    header = _header(text, separator, content.path)
    names = checked_names(header, content.path)
    parsed = _Csv(content.path, data, separator, names, limit)
    frame = _parse(content, parsed)
    return typed(without_empty_columns(frame, header))


def _header(text: str, separator: str, path: Path) -> list[str]:
    records = _records(io.StringIO(text, newline=""), separator, path)
    fields = next(fields for _, fields in records if fields)
    return [unprotected_name(name) for name in fields]


def _parse(content: Content, parsed: _Csv) -> pl.DataFrame:
    try:
        frame = pl.read_csv(
            parsed.source,
            separator=parsed.separator,
            infer_schema=False,
            n_rows=parsed.limit,
            glob=False,
        )
    except pl.exceptions.PolarsError as error:
        _check_utf8(content, parsed, error)
        return _read_slowly(parsed)
    if frame.width != len(parsed.names):
        return _read_slowly(parsed)
    frame.columns = parsed.names
    return _without_blank_lines(frame, parsed)


def _check_utf8(content: Content, parsed: _Csv, error: Exception) -> None:
    """Tell bytes that are no UTF-8 from the other reasons that polars has to stop."""
    try:
        (content.read() if parsed.data is None else parsed.data).decode()
    except UnicodeDecodeError:
        raise _NotUtf8Error from error


def sniff_separator(text: str, suffix: str = "") -> str:
    r"""The separator under which most lines have as many fields as the first one.

    Examples
    --------
    >>> sniff_separator("a;b\n1,5;2\n")
    ';'
    """
    lines = list(islice(io.StringIO(text, newline=""), SNIFFED_LINES))
    if len(lines) > 2 and not lines[-1].endswith(("\n", "\r")):
        lines.pop()  # The head of a long file ends in the middle of a line.
    order = ("\t", *SEPARATORS) if suffix == ".tsv" else SEPARATORS
    best, best_score = NO_SEPARATOR, (0.0, 0)
    for separator in dict.fromkeys(order):
        widths = _widths(lines, separator)
        if not widths or widths[0] < 2:
            continue
        score = (Counter(widths)[widths[0]] / len(widths), widths[0])
        if score > best_score:
            best, best_score = separator, score
    return best


def _widths(lines: Iterable[str], separator: str) -> list[int]:
    with _long_cells():
        # Not strict: a quoted cell may go on beyond the lines that are looked at.
        return [len(fields) for fields in csv.reader(lines, delimiter=separator) if fields]


def _without_blank_lines(frame: pl.DataFrame, parsed: _Csv) -> pl.DataFrame:
    """The frame without blank lines, once it is certain that no row was short.

    Polars fills a short row with missing values, so only rows that end with one are suspicious.
    """
    if not frame[:, -1].has_nulls() or _all_full(frame, parsed):
        return frame
    blank = []
    for row, (line, fields) in enumerate(parsed.records()):
        if not fields:
            blank.append(row)
        elif len(fields) != frame.width:
            raise _ragged(parsed, line, fields)
    if not blank:
        return frame
    keep = pl.Series([True]).new_from_index(0, frame.height)
    return frame.filter(keep.scatter([row for row in blank if row < frame.height], False))


def _all_full(frame: pl.DataFrame, parsed: _Csv) -> bool:
    """Whether the separators, counted, leave no room for a short row or a blank line."""
    if frame.width == 1 or parsed.limit is not None:
        return False
    separators, quotes = 0, 0
    stream = parsed.path.open("rb") if parsed.data is None else io.BytesIO(parsed.data)
    with stream:
        while block := stream.read(1 << 24):
            separators += block.count(parsed.separator.encode())
            quotes += block.count(b'"')
    return not quotes and separators == (frame.width - 1) * (frame.height + 1)


def _read_slowly(parsed: _Csv) -> pl.DataFrame:
    """Read record by record, for files that polars cannot read; most have an error to be named."""
    width = len(parsed.names)
    rows = []
    for line, fields in parsed.records():
        if fields and len(fields) != width:
            raise _ragged(parsed, line, fields)
        if fields:
            rows.append(fields)
    places = [f"{place}" for place in range(width)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(places, pl.String), orient="row")
    frame.columns = parsed.names
    return frame


def _records(stream: Iterable[str], separator: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Records with the line on which each begins; a quote that is never closed is an error."""
    with _long_cells():
        reader = csv.reader(stream, delimiter=separator, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _bad_quotes(path, line, error) from error
            yield line, fields


def _bad_quotes(path: Path, line: int, error: csv.Error) -> DataError:
    closed = "unexpected end" not in str(error)
    what = "has text after a closing quote" if closed else "opens a quote that is never closed"
    return DataError(
        f"The record that begins in line {line} of {path} {what}.",
        where={"file": str(path), "row": line},
        hint='A quote inside a quoted field is written twice: "".',
    )


def _ragged(parsed: _Csv, line: int, fields: list[str]) -> DataError:
    found, width = len(fields), len(parsed.names)
    shown = "tab" if parsed.separator == "\t" else repr(parsed.separator)
    return DataError(
        f"Line {line} of {parsed.path} has {found} field{'s' * (found != 1)}, and the header has "
        f"{width}.",
        where={"file": str(parsed.path), "row": line, "found": found, "expected": width},
        hint=f"The separator is {shown}; a field that holds it must stand in quotes.",
    )


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let Python's csv module read cells of any length; its limit is one for the whole process."""
    before = csv.field_size_limit(CELL_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)
