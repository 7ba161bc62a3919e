"""Text of unknown encoding."""

from __future__ import annotations

import codecs
import warnings
from pathlib import Path

from labelwright.core.errors import DataError, DataWarning, ParameterError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # Before UTF-16, whose mark it begins with.
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def guess_encoding(head: bytes) -> str:
    """The encoding by its mark, UTF-16 without one by its zero bytes, else UTF-8."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    sample = head[: len(head) // 2 * 2]
    if sample:
        # Western text in UTF-16 has a zero in nearly every other byte, always on the same side.
        even, odd = (sample[start::2].count(0) / (len(sample) / 2) for start in (0, 1))
        if odd > 0.3 and even < 0.05:
            return "utf-16-le"
        if even > 0.3 and odd < 0.05:
            return "utf-16-be"
    return "utf-8"


def decode_head(head: bytes) -> str:
    """The beginning of a text, to look at; it may end inside a character."""
    text = codecs.getincrementaldecoder(guess_encoding(head))("replace").decode(head)
    return text.removeprefix("\ufeff")


def decode(raw: bytes, encoding: str | None, path: Path) -> str:
    """Bytes to text without mark; what is not UTF-8 is read as Windows-1252, with a warning."""
    stated = encoding is not None
    encoding = encoding or guess_encoding(raw[:4096])
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise ParameterError(f"There is no encoding {encoding!r}.") from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        if stated or not encoding.startswith("utf-8"):
            raise DataError(
                f"{path} is not {encoding}: byte {error.start} (line {line}) is "
                f"0x{raw[error.start]:02X}.",
                where={"file": str(path), "row": line},
                hint="Give another encoding=, or leave it out.",
            ) from error
        return _decode_western(raw, error.start, line, path)


def _decode_western(raw: bytes, start: int, line: int, path: Path) -> str:
    try:
        text, name = raw.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        # Five bytes mean nothing in Windows-1252; Latin-1 takes every byte.
        text, name = raw.decode("latin-1"), "Latin-1"
    warnings.warn(
        f"{path} is not UTF-8 (byte 0x{raw[start]:02X} in line {line}); it was read as {name}. "
        "If letters look wrong, give encoding=.",
        DataWarning,
        stacklevel=2,
    )
    return text
