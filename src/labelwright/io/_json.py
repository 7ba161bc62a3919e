"""Reading json and jsonl: records first, columns second."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.errors import DataError, DataWarning
from labelwright.io._content import Content
from labelwright.io._encoding import decode

BIGGEST = 2**63
KINDS: dict[type, str] = {
    bool: "true/false",
    int: "numbers",
    float: "numbers",
    str: "text",
    list: "lists",
    dict: "records",
}


def load_records(content: Content, encoding: str | None, limit: int | None) -> list[dict[str, Any]]:
    """The records of a json or jsonl file, as they stand there.

    Raises
    ------
    DataError
        Naming the record and the byte where the file breaks off or something else stands.
    """
    text = decode(content.read(), encoding, content.path)
    if content.kind == "jsonl":
        return _records_by_line(text, content.path, limit)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text.lstrip().startswith("{"):
            return _records_by_line(text, content.path, limit)
        raise _broken(text, error, content.path) from error
    except RecursionError as error:
        raise DataError(f"{content.path} is nested too deep to be a table.") from error
    return _checked_records(_listed(value, content.path)[:limit], content.path)


def frame_from_records(records: list[dict[str, Any]], path: Path) -> pl.DataFrame:
    """Columns of records, in order of first appearance; a key that a record lacks is missing."""
    names = list(dict.fromkeys(name for record in records for name in record))
    if not names:
        raise DataError(f"{path} holds no records.", where={"file": str(path)})
    return pl.DataFrame([_column(name, [r.get(name) for r in records], path) for name in names])


def _listed(value: Any, path: Path) -> list[Any]:
    """The list of records: all of the file, or the one list of records that an object holds."""
    if isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        if len(lists) == 1:
            return lists[0]
        raise DataError(
            f"{path} is one JSON object with the keys {', '.join(list(value)[:12])}.",
            where={"file": str(path)},
            hint="Give a list of records, or one record a line.",
        )
    if not isinstance(value, list) or not value:
        raise DataError(f"{path} holds no records.", where={"file": str(path)})
    return value


def _checked_records(records: list[Any], path: Path) -> list[dict[str, Any]]:
    for place, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise DataError(
                f"Record {place} of {path} is {json.dumps(record)[:60]}, not an object with keys.",
                where={"file": str(path), "row": place},
            )
    return records


def _records_by_line(text: str, path: Path, limit: int | None) -> list[dict[str, Any]]:
    records: list[Any] = []
    byte = 0
    # str.splitlines would also cut at characters that may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), 1):
        if len(records) == limit:
            break
        if line.strip():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError as error:
                place = byte + len(line[: error.pos].encode())
                raise _broken_line(number, place, error, path) from error
        byte += len(line.encode()) + 1
    return _checked_records(records, path)


def _broken_line(line: int, byte: int, error: json.JSONDecodeError, path: Path) -> DataError:
    what, hint = _verdict(error)
    return DataError(
        f"Line {line} of {path} {what} at byte {byte}.",
        where={"file": str(path), "row": line, "byte": byte},
        hint=hint,
    )


def _broken(text: str, error: json.JSONDecodeError, path: Path) -> DataError:
    record = _whole_records(text) + 1
    byte = len(text[: error.pos].encode())
    what, hint = _verdict(error)
    return DataError(
        f"{path} {what} in record {record}, at byte {byte}.",
        where={"file": str(path), "row": record, "byte": byte},
        hint=hint,
    )


def _verdict(error: json.JSONDecodeError) -> tuple[str, str]:
    """What is wrong, and what may have happened: cut off, or wrong inside."""
    rest = error.doc[error.pos :].strip()
    # A number, a word or a string may itself be cut in two.
    cut = error.msg.startswith("Unterminated string") or not re.search(r'[\s,:{}\[\]"]', rest)
    if cut:
        return "breaks off", "Was the file cut off while it was copied or exported?"
    return f"is not valid JSON ({error.msg})", ""


def _whole_records(text: str) -> int:
    """How many records of a damaged list can be read."""
    decoder, count = json.JSONDecoder(), 0
    place = text.find("[") + 1
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        try:
            _, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            return count
        count += 1


def _column(name: str, values: list[Any], path: Path) -> pl.Series:
    kinds = {KINDS[type(value)] for value in values if value is not None}
    if len(kinds) > 1:
        _warn_of_mixture(name, values, kinds, path)
        return pl.Series(name, [_as_text(value) for value in values], dtype=pl.String)
    try:
        return _series(name, values, kinds)
    except (UnicodeEncodeError, OverflowError, TypeError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"Column {name!r} of {path} cannot be read: {error}",
            where={"file": str(path), "column": name},
        ) from error


def _series(name: str, values: list[Any], kinds: set[str]) -> pl.Series:
    if kinds <= {"text"}:
        return pl.Series(name, values, dtype=pl.String)
    if kinds == {"numbers"}:
        present = [value for value in values if value is not None]
        if any(isinstance(value, float) for value in present):
            return pl.Series(name, [None if v is None else float(v) for v in values])
        if all(-BIGGEST <= value < BIGGEST for value in present):
            return pl.Series(name, values, dtype=pl.Int64)
        # Ids that no integer column can hold.
        return pl.Series(name, [None if v is None else str(v) for v in values])
    # A frame looks at all values to find the type of what is nested; a series only at the first.
    nested = pl.DataFrame([{name: value} for value in values], infer_schema_length=None)
    return nested.to_series()


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _warn_of_mixture(name: str, values: list[Any], kinds: set[str], path: Path) -> None:
    first: dict[str, int] = {}
    for place, value in enumerate(values, 1):
        if value is not None:
            first.setdefault(KINDS[type(value)], place)
    places = ", ".join(f"{kind} (first in record {first[kind]})" for kind in sorted(kinds))
    warnings.warn(
        f"Column {name!r} of {path} mixes {places}; it was read as text.",
        DataWarning,
        stacklevel=2,
    )
