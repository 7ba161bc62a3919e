"""The files of a run folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from labelwright.core.files import write_bytes, writing
from labelwright.core.ledger import GoldLedger
from labelwright.io import write_table
from labelwright.pipeline._folder import RunFolder
from labelwright.pipeline._labels import EXPLANATIONS

if TYPE_CHECKING:
    from labelwright.pipeline._stages import Found

__all__ = ["GOLD_USES", "record_gold", "write_outputs"]

GOLD_USES = "gold_uses.parquet"

FILES = {
    "labels": "One row an item, in the order of the input, with your columns as they came.",
    "likely_errors": "Labels that are probably wrong, worst first, with the reason.",
    "annotators": "Annotators: how far they agree with the aggregated labels, with an interval.",
    "estimates": "Shares of the classes with intervals, corrected by the gold.",
    "gold_uses": "What each gold label was used for; gold that was tuned on judges nothing.",
    "model/": "The model; try: labelwright predict model NEW.csv",
    "report.html": "The report; report.json holds the same figures.",
    "run.toml": "This run as a project file: labelwright run run.toml",
}


def write_outputs(folder: RunFolder, found: Found, report: dict[str, Any], *, share: bool) -> None:
    """Write every file, each whole or not at all."""
    from labelwright.report import write_report

    path = folder.path
    question = report["questions"][0]
    _write_both(path, "labels", found.labels)
    _write_both(path, "likely_errors", _errors_table(found))
    _write_both(path, "annotators", _frame(question["annotators"], ANNOTATORS))
    _write_both(path, "estimates", _frame(question["estimates"], ESTIMATES))
    if found.probabilities is None and (path / "model").exists():
        shutil.rmtree(path / "model")
    found.settings.write(path / "run.toml", note=f"Made by: {report['command']}")
    write_bytes(path / "README.txt", _readme(found).encode())
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


def _errors_table(found: Found) -> pl.DataFrame:
    """The likely errors beside their records."""
    doubtful = found.labels.with_row_index("index").filter(pl.col("lw_doubtful"))["index"]
    issues = found.issues.filter(pl.col("index").is_in(doubtful.implode()))
    records = found.inputs.records[issues["index"].to_list()]
    own = issues.drop("index").rename(lambda name: f"lw_{name}")
    return own.hstack(records) if own.height else own


def _write_both(path: Path, name: str, table: pl.DataFrame) -> None:
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


def _readme(found: Found) -> str:
    listed = [f"{name:<15} {text}" for name, text in FILES.items()]
    columns = [f"{name:<15} {text}" for name, text in EXPLANATIONS.items()]
    return "\n".join(
        [
            f"A run of Labelwright on {found.settings.file or 'a table'}.",
            "",
            *listed,
            "",
            "Columns that were added in labels:",
            *columns,
            "",
        ]
    )
