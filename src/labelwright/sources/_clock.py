"""Timing calls, and stopping one that takes too long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from labelwright.sources.rules import Rule

__all__ = ["TICKS", "Clock", "Stopped", "can_stop"]

# How often within the limit a call is looked at: it is stopped up to a quarter late.
TICKS = 4


class Stopped(BaseException):
    """Raised in a rule that has used up its time; an Exception might be caught by the rule."""


class Clock:
    """Times each call and stops it at the limit, where a signal can do that.

    Signals reach the main thread only, as which a worker process runs its tasks, and are not known
    on every system; the process is killed otherwise (see ``Job.timeout``). The timer repeats, so a
    rule that catches everything is stopped again and again.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self.started: float | None = None
        self.seconds = 0.0
        self.rings = limit is not None and can_stop()

    def __enter__(self) -> Self:
        if self.rings:
            self.previous = signal.signal(signal.SIGALRM, self._ring)
            every = float(self.limit or 0) / TICKS
            signal.setitimer(signal.ITIMER_REAL, every, every)
        return self

    def __exit__(self, *_: object) -> None:
        if self.rings:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self.previous)

    def _ring(self, *_: object) -> None:
        if self.started is not None and perf_counter() - self.started >= (self.limit or 0):
            raise Stopped

    def call(self, rule: Rule, values: Sequence[Any]) -> Any:
        """What the rule says; afterwards ``seconds`` is how long it took."""
        began = self.started = perf_counter()
        try:
            return rule.vote(*values)
        finally:
            self.started = None
            self.seconds = perf_counter() - began


def can_stop() -> bool:
    """Whether a call that runs in this thread can be stopped without killing its process."""
    main = threading.current_thread() is threading.main_thread()
    return main and hasattr(signal, "setitimer")
