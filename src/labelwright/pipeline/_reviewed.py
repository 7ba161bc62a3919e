"""Decisions put on the labels of a run, and on all that follows from them.

A run and ``apply`` do this in the same way: from what the run itself found and from the log, never
from labels that already hold decisions. So it may be done again at any time, also after a kill.
"""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.errors import DataWarning, RunError
from labelwright.core.files import read_json, write_json, writing
from labelwright.core.results import plain
from labelwright.io import write_table
from labelwright.pipeline._by import MISSING
from labelwright.pipeline._decisions import InForce, in_force, read_log, reviewed_labels
from labelwright.pipeline._labelled import LOG, UNREVIEWED, Labelled, read_labelled
from labelwright.pipeline._next import review_steps
from labelwright.pipeline._outputs import errors_table, write_both
from labelwright.pipeline._report_data import error_figures, label_figures

__all__ = ["keep_run", "keep_run_labels", "put_decisions", "read_kept_run"]

# The data of the report before decisions, and before anything was left out for sharing.
FOUND = "report.json"


def keep_run(whole: Path, report: dict[str, Any]) -> None:
    """Keep what a run has just found, so that decisions can be put on it at any time."""
    write_json(whole / ".labelwright" / FOUND, report)
    for question in report["questions"]:
        folder = _folder(whole, question)
        if (folder / LOG).exists():
            keep_run_labels(folder)


def keep_run_labels(folder: Path) -> None:
    """Keep the labels that the run itself gave, before decisions take their place."""
    with writing(folder / ".labelwright" / UNREVIEWED) as beside:
        shutil.copyfile(folder / "labels.parquet", beside)


def read_kept_run(whole: Path) -> dict[str, Any]:
    """The data of the report as the run itself found them."""
    path = whole / ".labelwright" / FOUND
    if not path.exists():
        raise RunError(
            f"The run in {whole} was made by a version that knew no reviews.",
            hint="Run the same command again: finished stages are kept.",
        )
    report: dict[str, Any] = read_json(path)
    return report


def put_decisions(whole: Path, report: dict[str, Any]) -> dict[str, Any]:
    """Write labels and likely errors with the decisions in force, and give the report with them."""
    questions = [_renewed(whole, question) for question in report["questions"]]
    return report | {"questions": questions}


def _folder(whole: Path, question: dict[str, Any]) -> Path:
    return whole / question.get("folder", "")


def _renewed(whole: Path, question: dict[str, Any]) -> dict[str, Any]:
    folder = _folder(whole, question)
    if (folder / LOG).exists():
        question = _with_decisions(folder, question)
    return question | {"next": [*review_steps(question, whole), *question["next"]]}


def _with_decisions(folder: Path, question: dict[str, Any]) -> dict[str, Any]:
    labelled, log = read_labelled(folder), read_log(folder)
    held = in_force(labelled, log)
    for note in held.notes():
        warnings.warn(note, DataWarning, stacklevel=2)
    labels = reviewed_labels(labelled.labels, labelled.space, held)
    write_both(folder, "labels", labels)
    write_both(folder, "likely_errors", errors_table(labels, labelled.issues))
    write_table(log, (folder / LOG).with_suffix(".csv"))
    return question | plain(_figures(question, labelled, labels, held))


def _figures(
    question: dict[str, Any], labelled: Labelled, labels: pl.DataFrame, held: InForce
) -> dict[str, Any]:
    """The parts of a question's figures that decisions change."""
    columns = labelled.id_column, labelled.settings.text
    figures = label_figures(labels, labelled.space.names, *columns)
    changed = labels["lw_label"].ne_missing(labelled.labels["lw_label"])
    given = question["input"]
    found: dict[str, Any] = {
        "input": given | {"notes": [*given["notes"], *held.notes()]},
        "labels": question["labels"] | figures,
        "review": {
            "decided": len(held.labels),
            "changed": changed.sum(),
            "undecided": len(held.undecided),
        },
    }
    if question["likely_errors"] is not None:
        found["likely_errors"] = error_figures(labels, labelled.issues, *columns)
    if "by" in question:
        found["by"] = question["by"] | {"rows": _rows_by(question["by"], labels)}
    return found


def _rows_by(by: dict[str, Any], labels: pl.DataFrame) -> list[dict[str, Any]]:
    """The breakdown by a column, with the labels that are still in doubt."""
    values = labels[by["column"]].cast(pl.String).fill_null(MISSING).alias("value")
    doubts = labels.group_by(values).agg(pl.col("lw_doubtful").sum())
    doubtful = dict(doubts.iter_rows())
    rows = [row | {"doubtful": doubtful.get(row["value"], 0)} for row in by["rows"]]
    return [
        row | {"doubtful_share": row["doubtful"] / row["labels"] if row["labels"] else None}
        for row in rows
    ]
