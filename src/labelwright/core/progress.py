"""Progress of long work: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Protocol, TypeVar

__all__ = ["Advance", "bar", "track"]

T = TypeVar("T")


class Advance(Protocol):
    """Called as work gets done: ``advance(3)`` says that three more steps are finished."""

    def __call__(self, steps: float = 1) -> None:
        """Count ``steps`` as done."""


@contextmanager
def bar(what: str, total: float | None = None) -> Iterator[Advance]:
    """Show a bar on standard error while the block runs, if that is a terminal.

    Parameters
    ----------
    what : str
        What is being done, as the user would say it.
    total : float, optional
        How many steps there are; without it the bar only shows that work goes on.
    """
    if not sys.stderr.isatty():
        yield lambda steps=1: None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
    )
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as shown:
        task = shown.add_task(what, total=total)
        yield lambda steps=1: shown.advance(task, steps)


def track(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yield ``items`` one by one and show how far they are.

    Examples
    --------
    >>> sum(track([1, 2, 3], "adding up"))
    6
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    with bar(what, total) as advance:
        for item in items:
            yield item
            advance()
