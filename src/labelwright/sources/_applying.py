"""What the caller does: cut the calls into parts, send them out, take apart what hangs."""

from __future__ import annotations

import sys
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from itertools import pairwise
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import LabelwrightError, LabelwrightWarning, SpaceError
from labelwright.core.executor import Executor, LocalExecutor, Overran, usable_cpus
from labelwright.core.progress import Advance, bar
from labelwright.sources._asking import Job, Part, Problem, Said, ask
from labelwright.sources._clock import can_stop
from labelwright.sources.rules import Rule

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Heard", "apply_rules", "line_in_file"]

RECORDS_A_PART = 256
PIECES = 16
ROUNDS = 20
# Seconds; about what two processes take to start.
HEAD_START = 1.0

Span = tuple[int, int]


class Heard:
    """Everything that rules said.

    Attributes
    ----------
    problems : list of Problem
        Calls that failed.
    seconds : (n_rules,) float64
        How long each rule took.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.problems: list[Problem] = []
        self.seconds = np.zeros(len(job.rules))
        self._failed = np.zeros(len(job.rules), dtype=np.int64)
        self._calls: list[NDArray[np.int64]] = []
        self._codes: list[NDArray[np.int64]] = []
        self._labels: dict[tuple[type, Any], int] = {}

    def add(self, span: Span, found: Said | Overran) -> list[Span]:
        """Take in what a part found, and return what is left of it."""
        low, high = span
        if isinstance(found, Overran):
            if high - low > 1:
                return _pieces(span)
            self._add_problem(Problem(low, "it hung, and its process was ended"))
            return []
        if found.unknown is not None:
            raise _unknown_label(*found.unknown, self.job)
        places = [self._labels.setdefault((type(x), x), len(self._labels)) for x in found.labels]
        self._calls.append(found.calls)
        self._codes.append(np.array(places, dtype=np.int64)[found.codes])
        self.seconds += found.seconds
        for problem in found.problems:
            self._add_problem(problem)
        # What is slow is shared out.
        return _pieces((found.upto, high)) if found.upto < high else []

    def _add_problem(self, problem: Problem) -> None:
        self.problems.append(problem)
        self._failed[problem.call % len(self.job.rules)] += 1

    def check_errors(self) -> None:
        """Refuse to go on where a rule failed too often."""
        over = np.flatnonzero(self._failed > self.job.max_errors)
        if over.size:
            raise _too_many_errors(int(over[0]), int(self._failed[over[0]]), self)

    @property
    def labels(self) -> list[Any]:
        """The distinct labels that came up."""
        return [label for _, label in self._labels]

    def in_order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of the calls that gave a vote, ascending, and codes into ``labels``."""
        empty = np.empty(0, dtype=np.int64)
        calls = np.concatenate([empty, *self._calls])
        order = np.argsort(calls)
        return calls[order], np.concatenate([empty, *self._codes])[order]


def apply_rules(job: Job, frame: pl.DataFrame, executor: Executor | None) -> Heard:
    """Ask every rule about every record; ``frame`` holds the columns that they read."""
    n_calls = frame.height * len(job.rules)
    with bar("applying rules", n_calls) as advance, redirect_stdout(sys.stderr):
        work = _Work(job, frame, advance)
        if executor is None and (job.time_limit is None or can_stop()):
            # Small work is done here before processes would have started.
            here, until = LocalExecutor("threads", workers=1), monotonic() + HEAD_START
            while work.waiting and monotonic() < until:
                work.round(here, 1, None)
        if work.waiting:
            with _running(job, executor) as (runner, at_once, timeout):
                # The bar moves between rounds, and each round waits for its last part: not many.
                width = max(4 * at_once, -(-len(work.waiting) // ROUNDS))
                while work.waiting:
                    work.round(runner, width, timeout)
    return work.heard


class _Work:
    """What is still to be asked, and what has been heard."""

    def __init__(self, job: Job, frame: pl.DataFrame, advance: Advance) -> None:
        self.job = job
        self.frame = frame
        self.advance = advance
        self.heard = Heard(job)
        n_calls, step = frame.height * len(job.rules), RECORDS_A_PART * len(job.rules)
        self.waiting = deque((low, min(low + step, n_calls)) for low in range(0, n_calls, step))

    def round(self, runner: Executor, width: int, timeout: float | None) -> None:
        """Have the next parts done; what is left of them waits again."""
        n_rules = len(self.job.rules)
        spans = [self.waiting.popleft() for _ in range(min(width, len(self.waiting)))]
        handles = runner.put([_part(self.frame, span, n_rules) for span in spans])
        try:
            found = runner.map(ask, handles, self.job, timeout=timeout)
        except LabelwrightError as error:
            raise _with_records(error, spans, n_rules) from None
        for span, one in zip(spans, found, strict=True):
            left = self.heard.add(span, one)
            self.waiting.extendleft(left)
            self.advance(span[1] - span[0] - sum(high - low for low, high in left))
        self.heard.check_errors()


def _part(frame: pl.DataFrame, span: Span, n_rules: int) -> Part:
    first, last = span[0] // n_rules, -(-span[1] // n_rules)
    columns = {c.name: c.to_list() for c in frame[first:last].iter_columns()}
    return Part(*span, columns)


def _pieces(span: Span) -> list[Span]:
    cuts = np.unique(np.linspace(*span, PIECES + 1).astype(int)).tolist()
    return list(pairwise(cuts))


@contextmanager
def _running(job: Job, executor: Executor | None) -> Iterator[tuple[Executor, int, float | None]]:
    """What runs the job, how many parts at once, and the time after which a part hangs."""
    in_threads = getattr(executor, "kind", "processes") == "threads"
    reason = None if in_threads else _why_here(job.rules)
    if reason is not None:
        warnings.warn(reason, LabelwrightWarning, stacklevel=5)
    if executor is not None and reason is None:
        at_once = getattr(executor, "workers", None) or usable_cpus()
        yield executor, at_once, None if in_threads else job.timeout
        return
    own = LocalExecutor("processes") if reason is None else LocalExecutor("threads", workers=1)
    with own:
        yield own, usable_cpus(), job.timeout if reason is None else None


def _why_here(rules: Sequence[Rule]) -> str | None:
    """Why these rules cannot be sent to other processes; None if they can."""
    for rule in rules:
        try:
            ForkingPickler.dumps(rule)
        except Exception as error:  # whatever a user's resource raises when it is packed
            return (
                f"Rule {rule.name!r} cannot be sent to other processes: {error}. All rules run "
                "here, one call after the other. Write rules at the top of a module, or in a file "
                "that RuleSet.read reads."
            )
    return None


def _with_records(error: LabelwrightError, spans: Sequence[Span], n_rules: int) -> LabelwrightError:
    """The error of a process that ended, now naming the records it worked on."""
    if "shard" in error.where:
        low, high = spans[error.where["shard"]]
        records = (low // n_rules, (high - 1) // n_rules)
        error.message += " It asked the rules about records {} to {}.".format(*records)
        error.where["records"] = records
    return error


def line_in_file(rule: Rule, line: int | None) -> str:
    """Where in the file of a rule something happened; empty if that is not known."""
    return f"{Path(rule.file).name}, line {line}" if line else ""


def _unknown_label(call: int, error: SpaceError, job: Job) -> SpaceError:
    row, place = divmod(call, len(job.rules))
    name, label = job.rules[place].name, error.where["label"]
    further = " For no vote return None."
    if isinstance(label, bool):
        further = " A rule that answers yes or no states its label: @rule(label=...)."
    hint = error.hint or "A rule gives a label (text, a whole number, True or False) or None."
    return SpaceError(
        f"Rule {name!r} gave record {row} the label {label!r}, which is no class.",
        where={"rule": name, "row": row, "label": label},
        hint=hint + further,
    )


def _too_many_errors(place: int, times: int, heard: Heard) -> LabelwrightError:
    rules = heard.job.rules
    own = [problem for problem in heard.problems if problem.call % len(rules) == place]
    first = min(own, key=lambda problem: problem.call)
    row, rule = first.call // len(rules), rules[place]
    where = line_in_file(rule, first.line)
    return LabelwrightError(
        f"Rule {rule.name!r} failed on {times:,} records, first on record {row}: {first.error}"
        f"{f' ({where})' if where else ''}.",
        where={"rule": rule.name, "row": row, "errors": times},
        hint=f"Mend it, or allow more than max_errors={heard.job.max_errors}.",
    )
