"""What a worker does: ask rules about records, and keep what they say and what fails."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import missing, plain_scalar
from labelwright.core.errors import SpaceError
from labelwright.core.spaces import Classes
from labelwright.sources._clock import TICKS, Clock, Stopped
from labelwright.sources._code import line_of
from labelwright.sources.rules import Rule

__all__ = ["Job", "Part", "Problem", "Said", "ask"]

# A worker hands back what it has after so many seconds, so that slow rules show progress and only
# a call that nothing can interrupt is ever killed.
PATIENCE = 2.0
GRACE = 1.0


@dataclass(frozen=True)
class Part:
    """Calls ``first`` to ``last`` of the table (call = record * n_rules + rule), with the records.

    Attributes
    ----------
    columns : mapping of name to list
        The values of the records from ``first // n_rules`` on.
    """

    first: int
    last: int
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Problem:
    """A call that failed: which, what was raised, and the line of the rule's own file."""

    call: int
    error: str
    line: int | None = None


@dataclass
class Said:
    """What rules said: calls ``calls`` (m,) with codes into ``labels``, as far as ``upto``."""

    calls: NDArray[np.int64]
    codes: NDArray[np.int32]
    labels: list[Any]
    problems: list[Problem]
    seconds: NDArray[np.float64]
    upto: int
    unknown: tuple[int, SpaceError] | None = None


@dataclass(frozen=True)
class Job:
    """What is asked, and how long a call may take.

    Attributes
    ----------
    rules : sequence of Rule
    fields : sequence of tuple of str or None
        For each rule the columns of the table that it reads; None is the whole record.
    space : Classes or None
        What a label can be; anything if it is not known.
    time_limit : float or None
        Seconds for one call.
    max_errors : int
        A rule that failed more often is not asked again.
    """

    rules: Sequence[Rule]
    fields: Sequence[tuple[str | None, ...]]
    space: Classes | None
    time_limit: float | None
    max_errors: int

    @property
    def timeout(self) -> float | None:
        """Seconds after which a part has not handed back what it has, so that a call hangs."""
        if self.time_limit is None:
            return None
        return PATIENCE + self.time_limit * (1 + 1 / TICKS) + GRACE

    @cached_property
    def known(self) -> dict[tuple[type, Any], Any]:
        """Labels as the space knows them, by type and value; filled as they come up."""
        return {}


class _Asker:
    """Asks the rules of a job and keeps what they say."""

    def __init__(self, job: Job, clock: Clock) -> None:
        self.job = job
        self.clock = clock
        self.calls: list[int] = []
        self.codes: list[int] = []
        self.labels: dict[tuple[type, Any], int] = {}
        self.problems: list[Problem] = []
        self.seconds = np.zeros(len(job.rules))
        self.failed = [0] * len(job.rules)

    def ask(self, call: int, values: Sequence[Any]) -> None:
        """Make one call; raises SpaceError for a label that is none."""
        place = call % len(self.job.rules)
        rule = self.job.rules[place]
        try:
            said = self.clock.call(rule, values)
        except Stopped:
            self._note(call, f"it was stopped after {self.job.time_limit:g} s")
        except (Exception, SystemExit) as error:
            self._note(call, " ".join(f"{type(error).__name__}: {error}".split()), error)
        else:
            label = _label(said, self.job)
            if label is not None:
                self.calls.append(call)
                # 1 and True are equal, and are different labels.
                key = (type(label), label)
                self.codes.append(self.labels.setdefault(key, len(self.labels)))
        self.seconds[place] += self.clock.seconds

    def _note(self, call: int, what: str, error: BaseException | None = None) -> None:
        place = call % len(self.job.rules)
        line = None if error is None else line_of(error, self.job.rules[place].file)
        self.problems.append(Problem(call, what, line))
        self.failed[place] += 1

    def said(self, upto: int, unknown: tuple[int, SpaceError] | None = None) -> Said:
        """What was said up to a call."""
        return Said(
            calls=np.array(self.calls, dtype=np.int64),
            codes=np.array(self.codes, dtype=np.int32),
            labels=[label for _, label in self.labels],
            problems=self.problems,
            seconds=self.seconds,
            upto=upto,
            unknown=unknown,
        )


def ask(part: Part, job: Job) -> Said:
    """Make the calls of a part, as far as patience goes; the first unknown label ends it."""
    n_rules = len(job.rules)
    read = [[None if f is None else part.columns[f] for f in fields] for fields in job.fields]
    with _quiet(), Clock(job.time_limit) as clock:
        asker = _Asker(job, clock)
        until = perf_counter() + PATIENCE
        for call in range(part.first, part.last):
            if perf_counter() > until and call > part.first:
                return asker.said(call)
            row, place = call // n_rules - part.first // n_rules, call % n_rules
            values = _values(part, read[place], row)
            if values is None or asker.failed[place] > job.max_errors:
                continue
            try:
                asker.ask(call, values)
            except SpaceError as error:
                return asker.said(call, (call, error))
        return asker.said(part.last)


def _values(part: Part, columns: list[Sequence[Any] | None], row: int) -> list[Any] | None:
    """What a rule reads of a record; None if a column that it names is missing there."""
    values: list[Any] = []
    for column in columns:
        if column is None:
            values.append({name: held[row] for name, held in part.columns.items()})
        elif column[row] is None:
            return None
        else:
            values.append(column[row])
    return values


def _label(said: Any, job: Job) -> Any:
    """A label as the space knows it; None where it stands for no vote."""
    if missing(said):
        return None
    value = plain_scalar(said)
    try:
        known = job.known.get((type(value), value))
    except TypeError:
        raise SpaceError(f"{value!r} is no label.", where={"label": value}) from None
    if known is None:
        known = job.known[type(value), value] = _canonical(value, job.space)
    return known


def _canonical(value: Any, space: Classes | None) -> Any:
    if space is not None:
        # An answer such as "unsure" is kept as an event when votes are made.
        return value if value in space.abstain else space.canonical(value)
    if not isinstance(value, (str, int)):
        raise SpaceError(f"{value!r} is no label.", where={"label": value})
    return value


def _quiet() -> AbstractContextManager[Any]:
    """What rules print goes to standard error, since standard output is the result."""
    if multiprocessing.parent_process() is None:
        return nullcontext()  # in threads, whoever started them does it once for all
    return redirect_stdout(sys.stderr)
