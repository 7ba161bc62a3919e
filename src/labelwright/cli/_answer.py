"""What a command answers, and showing it: for people, for pipes, or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labelwright.core.results import plain

__all__ = ["Answer", "Grid", "Verbatim", "clean", "show"]

# C0 and C1 controls, but for tab and newline: data could steer the terminal with them.
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "\ufffd")


@dataclass(frozen=True)
class Grid:
    """A small table among the lines of an answer."""

    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Verbatim(str):
    """Text that is data: it goes to a file or another program as it is."""


@dataclass(frozen=True)
class Answer:
    """What a command found.

    Attributes
    ----------
    data : dict
        For programs: what ``--json`` prints.
    text : sequence of str and Grid
        For people.
    exit_code : int
        0, or 1 and 3 for a gate.
    """

    data: dict[str, Any]
    text: Sequence[str | Grid]
    exit_code: int = 0


def show(answer: Answer, *, as_json: bool) -> None:
    """Print an answer on standard output."""
    if as_json:
        _write(json.dumps(plain(answer.data), ensure_ascii=not _writes_unicode(), default=str))
    elif sys.stdout.isatty():
        _show_rich(answer.text)
    else:
        for part in answer.text:
            _write(_plain(part))
    sys.stdout.flush()


def clean(text: str) -> str:
    r"""The text without control characters.

    Examples
    --------
    >>> clean("safe \x1b[2J")
    'safe \ufffd[2J'
    """
    return text.translate(_CONTROLS)


def _show_rich(text: Iterable[str | Grid]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, highlight=False, emoji=False)
    for part in text:
        if isinstance(part, str):
            # Commands are there to be copied: no line of ours is broken but by the terminal.
            console.print(clean(part), soft_wrap=True)
            continue
        table = Table(*part.header, box=None, header_style="bold", pad_edge=False)
        for row in _cells(part):
            table.add_row(*row)
        console.print(table)


def _plain(part: str | Grid) -> str:
    if isinstance(part, Grid):
        return _aligned(part)
    return part if isinstance(part, Verbatim) else clean(part)


def _aligned(grid: Grid) -> str:
    rows = [grid.header, *_cells(grid)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def _cells(grid: Grid) -> list[tuple[str, ...]]:
    return [tuple(_cell(value) for value in row) for row in grid.rows]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return clean(" ".join(text.split()))


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")


def _writes_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
