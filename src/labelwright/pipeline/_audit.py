"""Likely label errors of a run, with their reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.aggregation._base import ClassAggregator
from labelwright.audit import (
    LabelIssues,
    combine_beliefs,
    explain_issues,
    find_doubtful_labels,
    find_label_issues,
)
from labelwright.pipeline._gather import Gathered
from labelwright.pipeline._learn import Learner
from labelwright.retrieval import exact_duplicates

__all__ = ["likely_errors"]


def likely_errors(
    inputs: Gathered,
    fitted: ClassAggregator,
    probabilities: NDArray[np.float64] | None,
    learner: Learner,
) -> pl.DataFrame:
    """Index, quality, given, suggested, kind and why of each likely error, worst first.

    One doubtful label an item is held against the model (confident learning). Where items have
    votes, a label is in doubt if votes and model together believe it too little.
    """
    codes = fitted.codes_
    classes = inputs.votes.classes
    if not inputs.doubtful:
        beliefs = fitted.posterior_
        if probabilities is not None:
            beliefs = combine_beliefs(beliefs, probabilities, fitted.class_prior_)
        voted = np.where(fitted.item_votes_ > 0, codes, -1)
        issues = find_doubtful_labels(voted, beliefs, classes=classes)
    elif probabilities is not None:
        issues = _from_model(codes, probabilities, classes)
    else:
        issues = find_doubtful_labels(np.full(codes.size, -1), fitted.posterior_, classes=classes)
    return (
        _explained(issues, inputs, codes, learner)
        .to_table()
        .select("index", "quality", "given", "suggested", "kind", "why")
    )


def _from_model(codes: NDArray[Any], probabilities: NDArray[Any], classes: Any) -> LabelIssues:
    """Confident learning on the items that have a label."""
    rows = np.flatnonzero(codes >= 0)
    labels = classes.decode(codes[rows])
    issues = find_label_issues(labels, probabilities[rows], classes=classes)
    return replace(issues, index=rows[issues.index], n_items=codes.size)


def _explained(
    issues: LabelIssues, inputs: Gathered, codes: NDArray[Any], learner: Learner
) -> LabelIssues:
    if not len(issues):
        return issues
    text = learner.settings.text
    duplicates = None
    if text:
        texts = inputs.records[text].cast(pl.String).fill_null("")
        duplicates = exact_duplicates(texts.to_list())
    ids = inputs.records[inputs.id_column].to_list() if inputs.id_column else None
    return explain_issues(
        issues,
        inputs.votes.classes.decode(codes),
        classes=inputs.votes.classes,
        duplicates=duplicates,
        vote_counts=None if inputs.doubtful else inputs.votes.counts().astype(np.int64),
        graph=learner.graph,
        ids=ids,
    )
