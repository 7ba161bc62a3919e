"""The files of a run folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs

from labelwright.core.files import write_bytes, writing
from labelwright.core.ledger import GoldLedger
from labelwright.io import write_table
from labelwright.pipeline._checks import OWN
from labelwright.pipeline._labels import EXPLANATIONS, doubtful_issues

if TYPE_CHECKING:
    from labelwright.pipeline._stages import Found
    from labelwright.pipeline.settings import Settings

__all__ = [
    "GOLD_USES",
    "errors_table",
    "record_gold",
    "write_both",
    "write_question",
    "write_run",
]

GOLD_USES = "gold_uses.parquet"

FILES = {
    "labels": "One row an item, in the order of the input, with your columns as they came.",
    "likely_errors": "Labels that are probably wrong, worst first, with the reason.",
    "annotators": "Annotators: how far they agree with the aggregated labels, with an interval.",
    "estimates": "Shares of the classes with intervals, corrected by the gold; with --by, below "
    "them those of each of its values.",
    "gold_uses": "What each gold label was used for; gold that was tuned on judges nothing.",
    "decisions": "What people decided in a review, with who and when: nothing is taken out of it. "
    "labels holds what is in force.",
    "versions/": "labels as they were before the first time decisions were applied (1), before the "
    "second (2), and so on.",
    "model/": "The model; try: labelwright predict model NEW.csv",
}
FILES_OF_ALL = {
    "report.html": "The report; report.json holds the same figures.",
    "run.toml": "This run as a project file: labelwright run run.toml",
}


def write_question(path: Path, found: Found, question: dict[str, Any]) -> None:
    """Write the tables of one question, each whole or not at all."""
    shares = question["estimates"] + question.get("by", {"estimates": []})["estimates"]
    write_both(path, "labels", found.labels)
    write_both(path, "likely_errors", errors_table(found.labels, found.issues))
    write_both(path, "annotators", _frame(question["annotators"], ANNOTATORS))
    write_both(path, "estimates", _frame(shares, ESTIMATES))
    if found.probabilities is None and (path / "model").exists():
        shutil.rmtree(path / "model")


def write_run(path: Path, settings: Settings, report: dict[str, Any], *, share: bool) -> None:
    """Write what a run has once: its project file, its report, and what explains the files."""
    from labelwright.report import write_report

    settings.write(path / "run.toml", note=f"Made by: {report['command']}")
    write_bytes(path / "README.txt", _readme(settings, report).encode())
    write_report(report, path, share=share)


ANNOTATORS = {
    "annotator": pl.String,
    "votes": pl.Int64,
    "agreement": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "verdict": pl.String,
    "confuses": pl.String,
}
ESTIMATES = {
    "what": pl.String,
    "by": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "level": pl.Float64,
    "n_gold": pl.Int64,
    "n": pl.Int64,
    "effective_n": pl.Float64,
    "method": pl.String,
    "naive": pl.Float64,
    "refused": pl.String,
}


def _frame(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    kept = [{name: row.get(name) for name in schema} for row in rows]
    return pl.DataFrame(kept, schema=schema)


def errors_table(labels: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """The issues of labels that are in doubt, worst first, beside their records."""
    left = doubtful_issues(labels, issues)
    records = labels[left["index"].to_list()].select(~cs.starts_with(OWN))
    own = left.drop("index").rename(lambda name: OWN + name)
    return own.hstack(records) if own.height else own


def write_both(path: Path, name: str, table: pl.DataFrame) -> None:
    """Write a table as parquet and as csv."""
    with writing(path / f"{name}.parquet") as beside:
        table.write_parquet(beside)
    write_table(table, path / f"{name}.csv")


def record_gold(path: Path, ledger: GoldLedger, found: Found) -> None:
    """Add to the ledger that gold was used to check and to estimate, once for the same run."""
    gold = found.inputs.gold
    if gold is None:
        return
    known = found.inputs.ids.filter(pl.Series(gold.judging >= 0)).to_list()
    detail = found.settings.command()
    if not ledger.knows(known, "estimate", detail):
        ledger.record(known, "estimate", detail)
    ledger.save(path)


def _readme(settings: Settings, report: dict[str, Any]) -> str:
    files = [f"{name:<15} {text}" for name, text in FILES.items()]
    folders = [f"{one['folder']}/" for one in report["questions"] if "folder" in one]
    if folders:
        own = [f"{name:<15} {text}" for name, text in FILES_OF_ALL.items()]
        files = [*own, "", f"In each of {', '.join(folders)}:", *files]
    else:
        files += [f"{name:<15} {text}" for name, text in FILES_OF_ALL.items()]
    columns = [f"{name:<15} {text}" for name, text in EXPLANATIONS.items()]
    return "\n".join(
        [
            f"A run of Labelwright on {settings.file or 'a table'}.",
            "",
            *files,
            "",
            "Columns that were added in labels:",
            *columns,
            "",
        ]
    )
