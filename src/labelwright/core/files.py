"""Files that are never half written, and the formats that state is kept in.

Whatever Labelwright keeps (models, caches, codebooks, ledgers, stage results) goes through
:func:`writing`: the new content is written beside the old, synced and renamed over it. A reader
sees the whole old file or the whole new one, also after ``kill -9`` or a full disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelwright.core.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "check_format",
    "file_hash",
    "read_json",
    "read_table_with_head",
    "write_bytes",
    "write_json",
    "write_table_with_head",
    "writing",
]

HEAD = "labelwright"


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on leaving without an error it takes its place.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "result.txt"
    >>> with writing(target) as beside:
    ...     _ = beside.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays, since some writers choose their format by it.
    handle, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.stem}.", suffix=f".part{target.suffix}"
    )
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        _sync(beside)
        beside.chmod(0o666 & ~_umask())
        beside.replace(target)
        _sync(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def write_bytes(path: str | Path, content: bytes) -> Path:
    """Write ``content`` to ``path``, whole or not at all."""
    with writing(path) as beside:
        beside.write_bytes(content)
    return Path(path)


def write_json(path: str | Path, value: Any) -> Path:
    """Write ``value`` as indented JSON, whole or not at all; NaN is refused."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return write_bytes(path, (text + "\n").encode())


def read_json(path: str | Path) -> Any:
    """Read a JSON file; a damaged one is named with the line where it breaks."""
    try:
        return json.loads(Path(path).read_bytes())
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is no text in UTF-8 (byte {error.start}).", where={"file": str(path)}
        ) from error
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path} is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            where={"file": str(path), "row": error.lineno},
            hint="Was it cut off while it was copied?",
        ) from error


def write_table_with_head(path: str | Path, table: pl.DataFrame, head: dict[str, Any]) -> Path:
    """Write a table as parquet with plain values, among them ``format``, in its metadata."""
    with writing(path) as beside:
        table.write_parquet(beside, metadata={HEAD: json.dumps(head)})
    return Path(path)


def read_table_with_head(
    path: str | Path, known: int, what: str
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Read what :func:`write_table_with_head` wrote; ``known`` is the newest format understood."""
    import polars as pl

    try:
        head = json.loads(pl.read_parquet_metadata(path).get(HEAD, "{}"))
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"{path} cannot be read as {what}: {error}", where={"file": str(path)}
        ) from error
    check_format(head.get("format"), known, path)
    return table, head


def check_format(found: object, known: int, path: str | Path) -> None:
    """Refuse a file of ours that is newer than this version, or none of ours.

    Every file of Labelwright carries ``format = N``.
    """
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise DataError(
            f"{path} carries no 'format' number, so it is no file of Labelwright.",
            where={"file": str(path)},
        )
    if found > known:
        raise DataError(
            f"{path} has format {found}; this version of Labelwright reads up to {known}.",
            where={"file": str(path)},
            hint="Update with: pip install --upgrade labelwright",
        )


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    # There is no way to read the mask but to set it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
