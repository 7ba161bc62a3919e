"""Texts in Markdown, so that nothing in them is read as a sign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from labelwright.report._format import shorten
from labelwright.report.markdown import SIGNS

__all__ = ["escaped", "table"]


def escaped(value: Any, limit: int = 120) -> str:
    """One line of text with all signs escaped."""
    return SIGNS.sub(r"\\\1", " ".join(shorten(value, limit).split()))


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """A table; what its cells hold is escaped."""
    lines = [header, ["---"] * len(header), *([escaped(cell) for cell in row] for row in rows)]
    return ["| " + " | ".join(cells) + " |" for cells in lines]
