"""The table of labels: the user's records, untouched, and what is believed about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.aggregation._starts import put_gold
from labelwright.core.votes import Votes

__all__ = [
    "FinalLabels",
    "EXPLANATIONS",
    "REVIEW",
    "REVIEW_TAG",
    "decide",
    "doubtful_issues",
    "label_table",
]

MANY_CLASSES = 20
# Where a label comes from that a person decided in a review.
REVIEW = "review"
# The column of a sheet for a review that says which review and which record of it a row is.
REVIEW_TAG = "lw_review"
EXPLANATIONS = {
    "lw_label": "The label.",
    "lw_confidence": "Belief in it, 0 to 1; 1 for gold and for what a person decided.",
    "lw_second": "The next best label; where a review changed the label, the one before.",
    "lw_votes": "Number of votes on the item.",
    "lw_agreement": "Share of these votes that say lw_label; empty where a review changed it.",
    "lw_tie": "True where the best two labels were equally likely and a rule decided.",
    "lw_majority": "What a plain majority vote says; empty without votes.",
    "lw_changed": "True where lw_label differs from lw_majority.",
    "lw_source": "Where lw_label comes from: votes, model (no votes there), gold, review (a "
    "person decided), or none.",
    "lw_doubtful": "True where lw_label is among the likely errors.",
    "lw_p_<class>": "Belief in that class.",
    "lw_top": "With more than 20 classes, in place of lw_p_: the five likeliest with their belief.",
}


@dataclass(frozen=True)
class FinalLabels:
    """What is believed about each item in the end.

    Attributes
    ----------
    codes : (n,) int32
        -1 where there is no label.
    beliefs : (n, K) float64
    source : (n,) array of str
        votes, model, gold or none.
    """

    codes: NDArray[np.int32]
    beliefs: NDArray[np.float64]
    source: NDArray[np.str_]


def decide(
    codes: NDArray[np.int32],
    posterior: NDArray[np.float64],
    voted: NDArray[np.bool_],
    probabilities: NDArray[np.float64] | None,
    gold: NDArray[np.int32] | None,
) -> FinalLabels:
    """Votes where there are some, the model where there are none, and gold above both."""
    codes, beliefs = codes.copy(), posterior.copy()
    source = np.where(codes >= 0, "votes", "none").astype("<U5")
    if probabilities is not None:
        unseen = ~voted
        codes[unseen] = probabilities[unseen].argmax(axis=1)
        beliefs[unseen] = probabilities[unseen]
        source[unseen] = "model"
    if gold is not None:
        known = gold >= 0
        codes[known], source[known] = gold[known], "gold"
        put_gold(beliefs, gold)
    return FinalLabels(codes, beliefs, source)


def label_table(
    records: pl.DataFrame,
    votes: Votes,
    final: FinalLabels,
    majority: NDArray[np.int32],
    ties: NDArray[np.bool_],
    doubtful: NDArray[np.bool_],
) -> pl.DataFrame:
    """The records with the columns of :data:`EXPLANATIONS` beside them."""
    space = votes.classes
    counts = votes.counts()
    rows = np.arange(len(records))
    total = counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        agreement = np.where(final.codes >= 0, counts[rows, final.codes] / total, np.nan)
    names = pl.Series("name", [*space.names, None])
    columns: list[pl.Series] = [
        names.gather(final.codes % (len(space.names) + 1)).alias("lw_label"),
        pl.Series(
            "lw_confidence", np.where(final.codes >= 0, final.beliefs[rows, final.codes], np.nan)
        ),
        names.gather(_second(final)).alias("lw_second"),
        pl.Series("lw_votes", np.diff(votes.indptr).astype(np.int32)),
        pl.Series("lw_agreement", agreement),
        pl.Series("lw_tie", ties),
        names.gather(majority % (len(space.names) + 1)).alias("lw_majority"),
        pl.Series("lw_changed", (majority >= 0) & (final.codes != majority)),
        pl.Series("lw_source", final.source),
        pl.Series("lw_doubtful", doubtful),
        *_belief_columns(final.beliefs, space.names),
    ]
    return records.with_columns(s.fill_nan(None) if s.dtype.is_float() else s for s in columns)


def doubtful_issues(labels: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """Those issues (a row ``index`` into the labels each) whose label is still in doubt."""
    return issues.filter(labels["lw_doubtful"].gather(issues["index"]))


def _second(final: FinalLabels) -> NDArray[np.int64]:
    """Code of the next best class; K, which stands for none, where there is none."""
    n, k = final.beliefs.shape
    if k == 1:
        return np.full(n, k)
    others = final.beliefs.copy()
    labelled = final.codes >= 0
    others[np.flatnonzero(labelled), final.codes[labelled]] = -1
    return np.where(labelled, others.argmax(axis=1), k)


def _belief_columns(beliefs: NDArray[np.float64], names: Sequence[Any]) -> list[pl.Series]:
    if len(names) <= MANY_CLASSES:
        return [pl.Series(f"lw_p_{name}", beliefs[:, k]) for k, name in enumerate(names)]
    best = np.argsort(-beliefs, axis=1, kind="stable")[:, :5]
    shown = [
        "; ".join(f"{names[k]}: {row[k]:.3f}" for k in order)
        for row, order in zip(beliefs, best, strict=True)
    ]
    return [pl.Series("lw_top", shown)]
