"""Opening a file and telling from its first bytes what it is."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from labelwright.core.errors import DataError, nearest
from labelwright.io._encoding import decode_head, guess_encoding

HEAD = 1 << 20
MAGIC = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow_stream"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel"),
)
OTHERS = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"BZh", "packed with bzip2"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"\xfd7zXZ", "packed with xz"),
    (b"\x80\x04\x95", "a pickle, which may run code when it is read"),
)


@dataclass(frozen=True)
class Content:
    """A file that is known to be there and to hold something.

    ``data`` is the unpacked content where the file was packed with gzip.
    """

    path: Path
    kind: str
    head: bytes
    data: bytes | None = None

    def read(self) -> bytes:
        """All of it."""
        return self.path.read_bytes() if self.data is None else self.data

    @property
    def suffix(self) -> str:
        """The end of the name, without ``.gz``."""
        suffixes = [suffix.lower() for suffix in self.path.suffixes if suffix.lower() != ".gz"]
        return suffixes[-1] if suffixes else ""


def open_content(path: str | Path) -> Content:
    """Look at the first bytes of a file (or the names in a folder) and tell its kind."""
    path = Path(path)
    where = {"file": str(path)}
    if path.is_dir():
        return Content(path, _folder_kind(path), b"")
    if not path.exists():
        raise DataError(f"There is no file {path}.", where=where, hint=_near_file(path))
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    data = None
    if head.startswith(b"\x1f\x8b"):
        data = _unpack(path)
        head = data[:HEAD]
    if not head.strip():
        raise DataError(f"{path} is empty.", where=where)
    return Content(path, _kind(path, head), head, data)


def _kind(path: Path, head: bytes) -> str:
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    for magic, what in OTHERS:
        if head.startswith(magic):
            raise _no_table(path, what)
    return _text_kind(path, head)


def _text_kind(path: Path, head: bytes) -> str:
    if guess_encoding(head) == "utf-8" and b"\0" in head:
        line = head.count(b"\n", 0, head.index(b"\0")) + 1
        raise DataError(
            f"Line {line} of {path} holds a NUL byte, so it is no text, or it is damaged.",
            where={"file": str(path), "row": line},
        )
    text = decode_head(head).lstrip(" \t\r\n")
    if re.match(r'\{\s*("|\}|$)', text):
        first, _, rest = text.partition("\n")
        one_a_line = first.rstrip().endswith("}") and rest.lstrip().startswith("{")
        return "jsonl" if one_a_line or path.suffix.lower() in (".jsonl", ".ndjson") else "json"
    # A list of anything but records is no table, yet it is JSON, and the error should say so.
    if re.match(r'\[\s*([\[{\]"]|-?\d|true\b|false\b|null\b|$)', text):
        return "json"
    return "csv"


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise DataError(
            f"{path} is a worksheet or zip archive that breaks off.",
            where={"file": str(path)},
            hint="Was it cut off while it was copied?",
        ) from error
    if {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & names:
        return "excel"
    raise _no_table(path, "a zip archive")


def _folder_kind(path: Path) -> str:
    if (path / "dataset_dict.json").is_file() or (path / "dataset_info.json").is_file():
        return "huggingface"
    raise DataError(
        f"{path} is a folder.",
        where={"file": str(path)},
        hint="Give a file, or a folder that Dataset.save_to_disk of Hugging Face wrote.",
    )


def _no_table(path: Path, what: str) -> DataError:
    return DataError(
        f"{path} is {what}, not a table.",
        where={"file": str(path)},
        hint="Give csv, tsv, json, jsonl, parquet, arrow or xlsx.",
    )


def _unpack(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} is packed with gzip and breaks off or is damaged: {error}",
            where={"file": str(path)},
            hint="Was it cut off while it was copied?",
        ) from error


def _near_file(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} either."
    guess = nearest(path.name, [other.name for other in path.parent.iterdir()])
    return f"Did you mean {path.parent / guess}?" if guess else ""
