"""What changed from one run to another, and how much of it is more than noise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelwright.core.errors import DataError
from labelwright.core.results import Result
from labelwright.core.stats import check_level, wilson_interval
from labelwright.pipeline._diff_figures import (
    agreement_change,
    doubts,
    estimate_changes,
    notes_on,
    only_in,
    settings_that_differ,
    vote_numbers,
)
from labelwright.pipeline._diff_labels import Rows, changed_labels, share_changes
from labelwright.pipeline._diff_people import annotator_changes
from labelwright.pipeline._diff_words import question_words
from labelwright.pipeline._run_side import Side, read_side

if TYPE_CHECKING:
    import polars as pl

    from labelwright.pipeline.run import RunResult

__all__ = ["QuestionDiff", "RunDiff", "diff"]


@dataclass(frozen=True, eq=False)
class QuestionDiff(Result):
    """What changed in one question.

    Attributes
    ----------
    name : str or None
    items, votes, classes, doubtful, share_changed : dict
        Numbers before and after, and what only one run has.
    agreement : dict or None
        Krippendorff's alpha before and after, with the interval of the difference.
    changed : polars frame
        A row a common item whose label differs: ``id, before, after, confidence_before,
        confidence_after, why, clear``. A change is clear where both runs believed their label with
        more than 0.8, or gold or a review decided.
    shares, estimates, annotators : list of dict
        Before, after, the difference with its interval, and ``change``: up, down or nothing.
    settings : dict
        Settings that differ: (before, after).
    notes : tuple of str
    """

    kind: ClassVar[str] = "question_diff"

    name: str | None
    items: dict[str, Any]
    votes: dict[str, Any]
    classes: dict[str, Any]
    doubtful: dict[str, int]
    share_changed: dict[str, float]
    agreement: dict[str, Any] | None
    changed: pl.DataFrame
    shares: list[dict[str, Any]]
    estimates: list[dict[str, Any]]
    annotators: list[dict[str, Any]]
    settings: dict[str, tuple[Any, Any]]
    notes: tuple[str, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """How many labels changed for each reason."""
        return dict(Counter(self.changed["why"].to_list()).most_common())

    def to_table(self) -> Any:
        """One row a common item whose label differs."""
        return self.changed


@dataclass(frozen=True, eq=False)
class RunDiff(Result):
    """What changed from one run to another.

    Attributes
    ----------
    first, second : Path
        The run folders.
    questions : tuple of QuestionDiff
        Those that both have.
    left_out : dict
        Questions of one run only, each with that run.
    level : float
    """

    kind: ClassVar[str] = "run_diff"

    first: Path
    second: Path
    questions: tuple[QuestionDiff, ...]
    left_out: dict[str, str]
    level: float

    @property
    def share_changed(self) -> float:
        """Share of the common items with another label, over all questions."""
        n = sum(one.items["common"] for one in self.questions)
        return sum(one.changed.height for one in self.questions) / n if n else 0.0

    def to_dict(self) -> dict[str, Any]:
        """All figures; paths as text."""
        return super().to_dict() | {"first": str(self.first), "second": str(self.second)}

    def to_table(self) -> Any:
        """One row a changed label, with its question where there are several."""
        import polars as pl

        tables = [
            one.changed.with_columns(question=pl.lit(one.name, dtype=pl.String))
            for one in self.questions
        ]
        table = pl.concat(tables)
        return table if len(self.questions) > 1 else table.drop("question")

    def summary(self) -> list[str]:
        """What changed, in lines for a terminal."""
        lines = [f"from {self.first} to {self.second}"]
        for one in self.questions:
            lines += [*([f"question {one.name}"] if one.name else []), *question_words(one)]
        return lines + [
            f"Question {name!r} is only in {run}." for name, run in self.left_out.items()
        ]


def diff(
    first: RunResult | str | Path, second: RunResult | str | Path, *, level: float = 0.95
) -> RunDiff:
    """Compare two runs: labels, annotators, agreement, shares, estimates, settings.

    Parameters
    ----------
    first, second : RunResult or path
        Run folders, the earlier one first.
    level : float
        Confidence of intervals. Of the annotators and of the classes that are called changed, at
        most 1 - level are so by chance, on average.

    Returns
    -------
    RunDiff

    Raises
    ------
    RunError
        If a folder is no finished run.
    DataError
        If the runs have no question in common, or one names items by ids and the other by rows.

    Notes
    -----
    Labels are compared on the items that both runs have; this week's items against last week's
    have none in common, and then only figures are compared. Votes are read once more from the
    files of the runs where these still hold what the runs saw. A figure that rests on two samples
    is compared as if they were independent: where they share items, that is cautious.

    Examples
    --------
    >>> import tempfile
    >>> from labelwright import run
    >>> table = {"id": list("abcd"), "ann": list("yynn"), "bo": list("ynny")}
    >>> before = run(table, id="id", votes=["ann", "bo"], out=tempfile.mkdtemp())
    >>> after = run(table | {"cy": list("yyny")}, id="id", votes=["ann", "bo", "cy"],
    ...             out=tempfile.mkdtemp())
    >>> found = diff(before, after).questions[0]
    >>> found.votes["before"], found.votes["after"]
    (8, 12)
    """
    from labelwright.pipeline.run import load_run

    check_level(level)
    runs = [load_run(one) if isinstance(one, (str, Path)) else one for one in (first, second)]
    alone = all(len(one.report_data["questions"]) == 1 for one in runs)
    sides = [_questions(one, alone=alone) for one in runs]
    common = [name for name in sides[0] if name in sides[1]]
    if not common:
        listed = [", ".join(map(str, side)) for side in sides]
        raise DataError(
            f"The runs have no question in common: {listed[0]} there, {listed[1]} here.",
            hint="Compare runs on the same question.",
        )
    one, other = runs
    version, now = (run.report_data["version"] for run in runs)
    questions = [
        _compare(name, read_side(*sides[0][name]), read_side(*sides[1][name]), level)
        for name in common
    ]
    if version != now:
        for question in questions:
            question.settings["version"] = (version, now)
    left_out = {
        str(name): str(run.folder)
        for run, side in zip(runs, sides, strict=True)
        for name in side
        if name not in common
    }
    return RunDiff(one.folder, other.folder, tuple(questions), left_out, level)


def _questions(run: RunResult, *, alone: bool) -> dict[str | None, tuple[Path, dict[str, Any]]]:
    """Folder and figures of each question; two runs of one question each need no name for it."""
    return {
        None if alone else one["name"]: (run.folder / one.get("folder", ""), one)
        for one in run.report_data["questions"]
    }


def _compare(name: str | None, first: Side, second: Side, level: float) -> QuestionDiff:
    rows = _common_rows(first, second)
    changed = changed_labels(first, second, rows)
    n = rows[0].size
    low, high = (float(end) for end in wilson_interval(changed.height, n, level))
    share = changed.height / n if n else 0.0
    return QuestionDiff(
        name=name,
        items=only_in(first.ids.to_list(), second.ids.to_list()),
        votes=vote_numbers(first, second),
        classes=only_in(first.classes, second.classes),
        doubtful=doubts(first, second, rows),
        share_changed={"value": share, "low": low, "high": high},
        agreement=agreement_change(first, second),
        changed=changed,
        shares=share_changes(first, second, rows, level),
        estimates=estimate_changes(first, second),
        annotators=annotator_changes(first, second, rows, level),
        settings=settings_that_differ(first, second),
        notes=tuple(notes_on(first, second, n)),
    )


def _common_rows(first: Side, second: Side) -> Rows:
    """Rows of the items that both have, in the order of the first."""
    if first.by_row != second.by_row:
        raise DataError(
            "One run names its items by ids and the other by rows.",
            hint="Run both with --id, then compare.",
        )
    if first.by_row and first.labels.height != second.labels.height:
        raise DataError(
            f"The runs have {first.labels.height:,} and {second.labels.height:,} rows and no ids, "
            "so it is not known which is which.",
            hint="Run both with --id, then compare.",
        )
    place = {name: row for row, name in enumerate(second.ids.to_list())}
    pairs = [(i, place[name]) for i, name in enumerate(first.ids.to_list()) if name in place]
    one, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return one, other
