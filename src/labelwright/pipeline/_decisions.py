"""The log of decisions: who decided what about which label, and what is in force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.files import read_table_with_head, write_table_with_head
from labelwright.core.spaces import Classes
from labelwright.pipeline._labelled import LOG, Labelled
from labelwright.pipeline._labels import REVIEW

__all__ = [
    "SCHEMA",
    "InForce",
    "in_force",
    "newest_version",
    "read_log",
    "reviewed_labels",
    "write_log",
]

FORMAT = 1
MOMENT = pl.Datetime("us", "UTC")
SCHEMA: dict[str, Any] = {
    "item": pl.String,
    "decision": pl.String,  # what the reviewer says: a class, or that it cannot be told
    "comment": pl.String,
    "reviewer": pl.String,
    "time": MOMENT,  # of the decision, where it is known
    "before": pl.String,  # the label that was in question
    "label": pl.String,  # what has been in force since; missing: the label of the run
    "how": pl.String,  # one reviewer, agreed, newest, majority, or undecided
    "review": pl.String,
    "file": pl.String,
    "applied": MOMENT,
    "version": pl.Int64,  # of the labels, which begin with 1
    "record": pl.String,  # hash of a record without an id
}


def read_log(folder: Path) -> pl.DataFrame:
    """All decisions that were ever applied, the oldest first."""
    path = folder / LOG
    if not path.exists():
        return pl.DataFrame(schema=SCHEMA)
    return read_table_with_head(path, FORMAT, "a log of decisions")[0]


def write_log(folder: Path, log: pl.DataFrame) -> None:
    """Write the log, whole or not at all."""
    write_table_with_head(folder / LOG, log, {"format": FORMAT})


def newest_version(log: pl.DataFrame) -> int:
    """The version of the labels with all of these decisions; 1 without any."""
    return max(log["version"].to_list(), default=1)


@dataclass(frozen=True)
class InForce:
    """Which decisions hold for the labels of a run.

    Attributes
    ----------
    labels : dict of int to class
        The row of each label that people decided.
    undecided : set of int
        Rows that were looked at without a decision.
    aside : dict of str to int
        Why some decisions hold for no label now, and how many.
    """

    labels: dict[int, Any]
    undecided: set[int]
    aside: dict[str, int]

    def notes(self) -> list[str]:
        """What became of decisions that hold for no label, one line each."""
        return [
            f"{count:,} decisions are kept and not in force: {why}."
            for why, count in self.aside.items()
        ]


def in_force(labelled: Labelled, log: pl.DataFrame) -> InForce:
    """What the log says about these labels: the last entry of each item counts."""
    found = InForce({}, set(), {})
    class_of = {str(name): name for name in labelled.space.names}
    gold = labelled.labels["lw_source"] == "gold"
    last = log.unique("item", keep="last", maintain_order=True)
    for item, label, record in last.select("item", "label", "record").iter_rows():
        row = labelled.row_of.get(item)
        why = ""
        if row is None:
            why = "their records are not in this run"
        elif record != labelled.record_hash(row):
            why = "the records have no ids and are not those that were reviewed (run with --id)"
        elif gold[row]:
            why = "there is gold"
        elif label is not None and label not in class_of:
            why = "their classes are not in this run"
        if why:
            found.aside[why] = found.aside.get(why, 0) + 1
        elif row is not None and label is None:
            found.undecided.add(row)
        elif row is not None:
            found.labels[row] = class_of[label]
    return found


def reviewed_labels(labels: pl.DataFrame, space: Classes, held: InForce) -> pl.DataFrame:
    """The table of labels with what people decided in place of what the run found."""
    if not held.labels:
        return labels
    decided = pl.DataFrame(
        {"lw_row": list(held.labels), "lw_new": list(held.labels.values())},
        schema={"lw_row": pl.UInt32, "lw_new": labels["lw_label"].dtype},
    )
    joined = labels.with_row_index("lw_row").join(
        decided, on="lw_row", how="left", maintain_order="left"
    )
    new, known = pl.col("lw_new"), pl.col("lw_new").is_not_null()
    changed = known & new.ne_missing(pl.col("lw_label"))
    differs = pl.col("lw_majority").is_not_null() & (new != pl.col("lw_majority"))

    def where_decided(name: str, value: Any) -> pl.Expr:
        return pl.when(known).then(value).otherwise(pl.col(name)).alias(name)

    columns = [
        where_decided("lw_label", new),
        where_decided("lw_confidence", pl.lit(1.0)),
        pl.when(changed).then("lw_label").otherwise("lw_second").alias("lw_second"),
        pl.when(~changed).then("lw_agreement").alias("lw_agreement"),
        where_decided("lw_tie", pl.lit(False)),
        where_decided("lw_changed", differs),
        where_decided("lw_source", pl.lit(REVIEW)),
        where_decided("lw_doubtful", pl.lit(False)),
        *(
            where_decided(f"lw_p_{name}", (new == pl.lit(name)).cast(pl.Float64))
            for name in space.names
            if f"lw_p_{name}" in labels.columns
        ),
    ]
    if "lw_top" in labels.columns:
        columns.append(where_decided("lw_top", pl.format("{}: 1.000", new.cast(pl.String))))
    return joined.with_columns(columns).drop("lw_row", "lw_new")
