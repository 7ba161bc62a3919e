"""Decisions of people put on the labels of a run: a new version, with who and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from labelwright.core.errors import DataError
from labelwright.core.files import read_json, writing
from labelwright.core.ledger import GoldLedger
from labelwright.core.params import OneOf, check_argument
from labelwright.pipeline._answers import Answer, Reading, read_answers
from labelwright.pipeline._applied import VERSIONS, Applied
from labelwright.pipeline._conflicts import RULES, Settled, settle
from labelwright.pipeline._decisions import (
    SCHEMA,
    in_force,
    newest_version,
    read_log,
    reviewed_labels,
    write_log,
)
from labelwright.pipeline._folder import RunFolder
from labelwright.pipeline._labelled import Labelled, open_question, read_labelled
from labelwright.pipeline._labels import REVIEW
from labelwright.pipeline._outputs import GOLD_USES
from labelwright.pipeline._review_plan import known_reviews
from labelwright.pipeline._reviewed import keep_run_labels, put_decisions, read_kept_run
from labelwright.report import write_report

if TYPE_CHECKING:
    from labelwright.pipeline.run import RunResult

__all__ = ["Applied", "apply_decisions"]


def apply_decisions(
    run: RunResult | str | Path,
    decisions: Any,
    *,
    conflicts: str = "refuse",
    reviewer: str | None = None,
    question: str | None = None,
) -> Applied:
    """Put decisions of a review on the labels of a run.

    Parameters
    ----------
    run : RunResult or path
    decisions : path or table, or sequence of them
        Sheets that :func:`review` wrote and people filled in, or what its page downloads.
    conflicts : {"refuse", "newest", "majority", "skip"}
        What holds where reviewers differ: nothing is applied; the newest decision; that of most
        reviewers (where there is none, the label of the run); the label of the run.
    reviewer : str, optional
        Who decided, where a sheet does not say. By default the name of the file stands for them.
    question : str, optional
        Which one, in a run of several.

    Returns
    -------
    Applied

    Raises
    ------
    DataError
        If something in the files cannot be used, naming each row, or reviewers differ. Nothing is
        applied then.
    RunError
        If the run is not finished, or another process is writing into its folder.

    Notes
    -----
    ``labels`` holds the decisions from then on, as ``lw_source = "review"``; the labels before lie
    in ``versions``, and every decision stays in ``decisions``. A later run into the same folder
    puts all decisions on the labels that it finds. Reviewed labels count nowhere as gold, no
    estimate looks at them, and no model learns from them: they were chosen because they looked
    wrong, and an interval from them would not hold for the others. Gold stands above decisions.

    The log is written before the labels, and labels are made from the log: after a kill, the same
    call leaves what it would have left.

    Examples
    --------
    >>> import tempfile
    >>> import polars as pl
    >>> from labelwright import run
    >>> from labelwright.pipeline import review
    >>> table = {"text": ["good", "bad", "fine"], "ann": list("yny"), "bo": list("yyy")}
    >>> result = run(table, votes=["ann", "bo"], out=tempfile.mkdtemp())
    >>> sheet = review(result).to_table().with_columns(lw_decision=pl.lit("n"))
    >>> apply_decisions(result, sheet, reviewer="cy").changes.select("item", "label").rows()
    [('1', 'n')]
    """
    check_argument("conflicts", conflicts, OneOf(*RULES))
    whole, folder = open_question(run, question)
    with RunFolder.reopened(whole):
        labelled, log, found = read_labelled(folder), read_log(folder), read_kept_run(whole)
        reading = _read_all(decisions, labelled, reviewer)
        now = datetime.now(UTC)
        names = list(map(str, labelled.space.names))
        settled = settle(reading.answers, log, names, conflicts, now)
        entries = _entries(settled, log, now)
        before, after = _labels(labelled, log), _labels(labelled, pl.concat([log, entries]))
        if entries.height:
            if not log.height:
                keep_run_labels(folder)
            _keep_version(folder, before, newest_version(log))
            # From here on it is done: all that follows is made from the log.
            write_log(folder, log := pl.concat([log, entries]))
        _record_reviewed(folder, log)
        report = put_decisions(whole, found)
        write_report(report, whole, share=bool(read_json(whole / "report.json").get("shared")))
    return Applied(
        folder=folder,
        version=newest_version(log),
        changes=_changes(labelled, entries, before, after),
        reviewers=tuple(entries["reviewer"].unique(maintain_order=True)),
        n_decisions=entries.height,
        n_known=settled.known,
        conflicts=tuple(settled.conflicts),
        still_doubtful=int(after["lw_doubtful"].sum()),
        notes=tuple(reading.notes),
    )


def _read_all(decisions: Any, labelled: Labelled, reviewer: str | None) -> Reading:
    """All files, or one error that names every row which cannot be used."""
    several = isinstance(decisions, (list, tuple))
    plans, whole = known_reviews(labelled.path), Reading()
    for source in decisions if several else [decisions]:
        one = read_answers(source, plans, labelled.space, labelled.id_name, reviewer)
        whole.answers += one.answers
        whole.notes += one.notes
        whole.problems += [*one.problems, *_strangers(one.answers, labelled)]
    if whole.problems:
        raise DataError(
            f"{len(whole.problems):,} rows cannot be used, so nothing was applied.\n"
            + "\n".join(whole.problems),
            where={"rows": list(whole.problems)},
            hint="Correct them and apply again.",
        )
    if not whole.answers:
        raise DataError(
            "There is no decision to apply.",
            hint=f"Fill in the column lw_decision. {' '.join(whole.notes)}".strip(),
        )
    return whole


def _strangers(answers: Sequence[Answer], labelled: Labelled) -> list[str]:
    """Answers about records that this run no longer has."""
    problems = []
    for answer in answers:
        row = labelled.row_of.get(answer.item)
        if row is None:
            what = f"unknown {labelled.id_name} {answer.item!r}: the run no longer has this record"
        elif answer.plan.records[answer.number] != labelled.record_hash(row):
            what = (
                f"{labelled.id_name} {answer.item} is another record now; next time run with --id"
            )
        else:
            continue
        problems.append(f"{answer.place}: {what}. Take the row out.")
    return problems


def _entries(settled: Settled, log: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """New rows of the log."""
    version = newest_version(log) + 1
    rows = [
        {
            "item": answer.item,
            "decision": answer.decision,
            "comment": answer.comment,
            "reviewer": answer.reviewer,
            "time": answer.time,
            "before": answer.plan.given[answer.number],
            "label": label,
            "how": how,
            "review": answer.plan.id,
            "file": answer.file,
            "applied": now,
            "version": version,
            "record": answer.plan.records[answer.number],
        }
        for answer, label, how in settled.entries
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _labels(labelled: Labelled, log: pl.DataFrame) -> pl.DataFrame:
    return reviewed_labels(labelled.labels, labelled.space, in_force(labelled, log))


def _keep_version(folder: Path, labels: pl.DataFrame, version: int) -> None:
    with writing(folder / VERSIONS / str(version) / "labels.parquet") as beside:
        labels.write_parquet(beside)


def _record_reviewed(folder: Path, log: pl.DataFrame) -> None:
    """Tell the ledger which records were reviewed, once for each version."""
    path = folder / GOLD_USES
    ledger = GoldLedger.load(path) if path.exists() else GoldLedger()
    for (version,), rows in log.group_by(["version"], maintain_order=True):
        detail = f"decisions of version {version}"
        if not ledger.knows(rows["item"], REVIEW, detail):
            ledger.record(rows["item"], REVIEW, detail)
    ledger.save(path)


def _changes(
    labelled: Labelled, entries: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame
) -> pl.DataFrame:
    last = entries.unique("item", keep="last", maintain_order=True)
    rows = [labelled.row_of[item] for item in last["item"]]
    was, now = before["lw_label"].gather(rows), after["lw_label"].gather(rows)
    return last.select(
        "item",
        was.alias("before"),
        now.alias("label"),
        was.ne_missing(now).alias("changed"),
        "how",
    )
