"""Which annotators agree more or less than before, beyond chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import bdtr

from labelwright.core.stats import benjamini_hochberg, normal_quantile
from labelwright.core.votes import Votes
from labelwright.pipeline._diff_labels import Rows, difference, said
from labelwright.pipeline._run_side import Side

__all__ = ["annotator_changes"]

# As everywhere: nobody is judged on fewer votes.
FEWEST = 20
COMMON, ALL = "their votes on common items", "all of their votes in each run"


def annotator_changes(
    first: Side,
    second: Side,
    rows: Rows,
    level: float,
) -> list[dict[str, Any]]:
    """One row an annotator of both runs, the surest changes first.

    Where the votes of both runs are at hand, each annotator's votes on common items are held
    against the labels of the one and of the other run, and tested as pairs (McNemar). Without
    common votes, or without votes at hand, all votes of each run are compared, as two samples.
    """
    paired = _paired(first, second, rows, level)
    known = {row["annotator"] for row in paired}
    found = paired + [row for row in _apart(first, second) if row["annotator"] not in known]
    judged = [row for row in found if min(row["n_before"], row["n_after"]) >= FEWEST]
    if judged:
        sure = benjamini_hochberg([row["p"] for row in judged]) <= 1 - level
        for row, is_sure in zip(judged, sure.tolist(), strict=True):
            way = "up" if row["difference"] > 0 else "down"
            row["change"] = way if is_sure else ""
    for row in found:
        row.setdefault("change", "too few")
    return sorted(found, key=lambda row: (row["change"] == "too few", row["p"], row["annotator"]))


def _paired(
    first: Side,
    second: Side,
    rows: Rows,
    level: float,
) -> list[dict[str, Any]]:
    if first.votes is None or second.votes is None or not rows[0].size:
        return []
    one = _hits(first.votes, first.labels["lw_label"], rows[0])
    other = _hits(second.votes, second.labels["lw_label"], rows[1])
    both = one.join(other, on=["who", "at"], suffix="_after")
    counted = both.group_by("who", maintain_order=True).agg(
        pl.len().alias("n"),
        pl.col("right").sum(),
        pl.col("right_after").sum(),
        (pl.col("right") & ~pl.col("right_after")).sum().alias("lost"),
        (~pl.col("right") & pl.col("right_after")).sum().alias("won"),
    )
    return [_pair_row(row, level) for row in counted.iter_rows(named=True)]


def _pair_row(row: dict[str, Any], level: float) -> dict[str, Any]:
    n, lost, won = row["n"], row["lost"], row["won"]
    # One half more in each cell keeps the width above zero (Agresti and Min, 2005).
    size, fewer, more = n + 2, lost + 0.5, won + 0.5
    middle = (more - fewer) / size
    spread = np.sqrt(fewer + more - (more - fewer) ** 2 / size) / size
    width = float(normal_quantile((1 + level) / 2) * spread)
    return {
        "annotator": row["who"],
        "before": row["right"] / n,
        "after": row["right_after"] / n,
        "difference": (won - lost) / n,
        "low": middle - width,
        "high": middle + width,
        "n_before": n,
        "n_after": n,
        "p": min(1.0, 2 * float(bdtr(min(lost, won), lost + won, 0.5))),
        "of": COMMON,
    }


def _hits(votes: Votes, labels: pl.Series, rows: NDArray[np.int64]) -> pl.DataFrame:
    """Each vote on a common item, and whether it agrees with the label of the run."""
    table = said(votes, rows)
    right = table["said"] == labels.cast(pl.String).gather(table["item"])
    table = table.select("who", "at", right.fill_null(False).alias("right"))
    return table.unique(["who", "at"], keep="last", maintain_order=True)


def _apart(first: Side, second: Side) -> list[dict[str, Any]]:
    """All votes of each run, from its table of annotators."""
    both = first.annotators.join(second.annotators, on="annotator", suffix="_after")
    found = []
    for row in both.iter_rows(named=True):
        before, after = (
            tuple(row[name + end] for name in ("agreement", "low", "high"))
            for end in ("", "_after")
        )
        if None in (*before, *after):
            continue
        sizes = {"n_before": row["votes"], "n_after": row["votes_after"]}
        p = _two_samples(before[0], sizes["n_before"], after[0], sizes["n_after"])
        found.append(
            {"annotator": row["annotator"], **difference(before, after), **sizes, "p": p, "of": ALL}
        )
    return found


def _two_samples(one: float, n: int, other: float, m: int) -> float:
    """Two-sided test that two shares are the same."""
    from scipy.special import ndtr

    if not n or not m:
        return 1.0
    pooled = (one * n + other * m) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return float(2 * ndtr(-abs(one - other) / error)) if error > 0 else 1.0
