"""What became of the labels of items that two runs share."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from labelwright.core.stats import benjamini_hochberg, normal_quantile
from labelwright.core.votes import Votes
from labelwright.pipeline._run_side import Side

__all__ = ["Rows", "changed_labels", "difference", "moved", "said", "share_changes"]

# Of the items that two runs share: the row of each in the one and in the other.
Rows = tuple[NDArray[np.int64], NDArray[np.int64]]

# A label that both runs believe so far, each its own, has changed beyond a toss-up.
CLEAR = 0.8
# Settings that decide which label an item with the same votes gets.
DECISIVE = ("method", "codebook", "question", "votes", "label", "annotator", "repeats", "text")


def difference(
    before: tuple[float, float, float], after: tuple[float, float, float]
) -> dict[str, Any]:
    """Two figures with intervals, (value, low, high), as if independent (Newcombe, 1998).

    Where they share data they vary together, and the interval is wider than it need be.
    """
    (v1, l1, h1), (v2, l2, h2) = before, after
    low = v2 - v1 - float(np.hypot(v2 - l2, h1 - v1))
    high = v2 - v1 + float(np.hypot(h2 - v2, v1 - l1))
    return {"before": v1, "after": v2, "difference": v2 - v1, "low": low, "high": high}


def moved(row: dict[str, Any]) -> str:
    """Up or down where the interval of the difference lies on one side of zero, else nothing."""
    return "up" if row["low"] > 0 else "down" if row["high"] < 0 else ""


def changed_labels(first: Side, second: Side, rows: Rows) -> pl.DataFrame:
    """One row a common item whose label differs, those that are clear first."""
    one, other = (
        side.labels[place.tolist()].with_columns(pl.col("lw_label").cast(pl.String))
        for side, place in zip((first, second), rows, strict=True)
    )
    table = pl.DataFrame(
        {
            "id": first.ids.gather(rows[0].tolist()),
            "before": one["lw_label"],
            "after": other["lw_label"],
            "confidence_before": one["lw_confidence"],
            "confidence_after": other["lw_confidence"],
            "why": _why(first, second, one, other, _new_votes(first, second, rows)),
        }
    )
    both = (table["confidence_before"] > CLEAR) & (table["confidence_after"] > CLEAR)
    decided = other["lw_source"].is_in(["gold", "review"])
    table = table.with_columns((both | decided).fill_null(False).alias("clear"))
    differs = table["before"].ne_missing(table["after"])
    return table.filter(differs).sort("clear", descending=True, maintain_order=True)


def _new_votes(first: Side, second: Side, rows: Rows) -> NDArray[np.bool_]:
    """Whether the votes on each common item differ; by their number where votes are not at hand."""
    if first.votes is None or second.votes is None:
        numbers = (
            side.labels["lw_votes"].gather(place.tolist()).to_numpy()
            for side, place in zip((first, second), rows, strict=True)
        )
        return np.not_equal(*numbers)
    one, other = said(first.votes, rows[0]), said(second.votes, rows[1])
    keys = ["at", "who", "said"]
    apart = [a.join(b, on=keys, how="anti")["at"] for a, b in ((one, other), (other, one))]
    found = np.zeros(rows[0].size, dtype=bool)
    found[pl.concat(apart).to_numpy()] = True
    return found


def said(votes: Votes, rows: NDArray[np.int64]) -> pl.DataFrame:
    """Who said what on the common items, which are numbered as they stand in ``rows``."""
    at = np.full(votes.n_items, -1)
    at[rows] = np.arange(rows.size)
    table = pl.DataFrame(
        {
            "who": pl.Series(votes.annotators).cast(pl.String).gather(votes.annotator),
            "at": at[votes.item],
            "item": votes.item,
            "said": pl.Series(list(map(str, votes.answers)), dtype=pl.String).gather(votes.label),
        }
    )
    return table.filter(pl.col("at") >= 0)


def _why(
    first: Side,
    second: Side,
    one: pl.DataFrame,
    other: pl.DataFrame,
    new_votes: NDArray[np.bool_],
) -> pl.Series:
    """Why an item may have another label: the first reason that applies."""
    settings = [
        name for name in DECISIVE if getattr(first.settings, name) != getattr(second.settings, name)
    ]
    way, was = other["lw_source"], one["lw_source"]
    ties = one["lw_tie"] | other["lw_tie"]
    reasons = [
        (way != was, "from " + was + " to " + way),
        (pl.Series(new_votes), "other votes on it"),
        (ties, "a tie, broken another way"),
    ]
    rest = "other votes elsewhere: annotators are judged anew"
    if first.method != second.method:
        rest = f"another method: {first.method}, now {second.method}"
    elif settings:
        rest = f"other settings: {', '.join(settings)}"
    found = pl.Series("why", [rest]).new_from_index(0, one.height)
    for holds, reason in reversed(reasons):
        words = reason if isinstance(reason, pl.Series) else pl.Series([reason] * one.height)
        found = words.cast(pl.String).zip_with(holds.fill_null(False), found)
    return found.alias("why")


def share_changes(
    first: Side,
    second: Side,
    rows: Rows,
    level: float,
) -> list[dict[str, Any]]:
    """Share of each class among the common items, before and after, by a paired test.

    Items whose belief moved here and there by chance cancel out; what counts is whether they moved
    one way, over all classes together.
    """
    names = [name for name in first.classes if name in second.classes]
    if not names or not rows[0].size:
        return []
    one, other = (
        np.column_stack([_belief(side, name, place) for name in names])
        for side, place in zip((first, second), rows, strict=True)
    )
    change = other - one
    n = len(change)
    error = change.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(len(names), np.inf)
    z = np.divide(change.mean(axis=0), error, out=np.zeros(len(names)), where=error > 0)
    sure = benjamini_hochberg(2 * ndtr(-np.abs(z))) <= 1 - level
    width = float(normal_quantile((1 + level) / 2)) * error
    return [
        {
            "class": name,
            "before": float(one[:, k].mean()),
            "after": float(other[:, k].mean()),
            "difference": float(change[:, k].mean()),
            "low": float(change[:, k].mean() - width[k]),
            "high": float(change[:, k].mean() + width[k]),
            "change": ("up" if z[k] > 0 else "down") if sure[k] else "",
        }
        for k, name in enumerate(names)
    ]


def _belief(side: Side, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Belief in a class; with many classes, whether it is the label."""
    column = f"lw_p_{name}"
    if column in side.labels.columns:
        values = side.labels[column]
    else:
        values = (side.labels["lw_label"].cast(pl.String) == name).cast(pl.Float64)
    return values.gather(rows.tolist()).fill_null(0.0).to_numpy().astype(np.float64)
