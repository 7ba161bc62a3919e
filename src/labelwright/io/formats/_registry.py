"""All readers: ours and those of installed plug-ins."""

from __future__ import annotations

import json
import warnings
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from labelwright.core.errors import LabelwrightWarning
from labelwright.io._content import Content, open_content
from labelwright.io._encoding import decode_head
from labelwright.io._json import load_records
from labelwright.io.formats._base import Reader, Sample
from labelwright.io.formats.label_studio import LabelStudio, LabelStudioMin

OURS: tuple[type[Reader], ...] = (LabelStudio, LabelStudioMin)
SAMPLED = 20


@cache
def readers() -> tuple[Reader, ...]:
    """One reader of each kind, ours first.

    Examples
    --------
    >>> [reader.name for reader in readers()][:2]
    ['label-studio', 'label-studio-min']
    """
    found: list[type[Reader]] = list(OURS)
    for point in entry_points(group="labelwright.plugins"):
        try:
            part = point.load()
        except ImportError as error:
            warnings.warn(
                f"The plug-in {point.name!r} cannot be loaded: {error}",
                LabelwrightWarning,
                stacklevel=2,
            )
            continue
        if isinstance(part, type) and issubclass(part, Reader):
            found.append(part)
    return tuple(reader() for reader in found)


def fitting(path: str | Path) -> tuple[Sample, tuple[Reader, ...]]:
    """The beginning of a file and the readers that take it for theirs."""
    sample = take_sample(path)
    return sample, tuple(reader for reader in readers() if reader.recognises(sample))


def take_sample(path: str | Path) -> Sample:
    """Read the first records of a file."""
    from labelwright.io.tables import read_table

    content = open_content(path)
    if content.kind in ("json", "jsonl"):
        records = _first_records(content)
    else:
        frame = read_table(path, limit=SAMPLED)
        # A table of no rows has columns all the same.
        records = frame.to_dicts() or [dict.fromkeys(frame.columns)]
    keys = frozenset(key for record in records for key in record)
    return Sample(content.path, content.kind, tuple(records), keys)


def _first_records(content: Content) -> list[dict[str, Any]]:
    """Records that stand whole in the head of a file; all are read where not even one does."""
    text = decode_head(content.head)
    decoder = json.JSONDecoder()
    records: list[dict[str, Any]] = []
    place = text.find("[") + 1 if content.kind == "json" else 0
    while len(records) < SAMPLED:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        try:
            record, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            break
        if not isinstance(record, dict):
            break
        records.append(record)
    return records or load_records(content, None, SAMPLED)
