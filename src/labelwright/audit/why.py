"""Why a label is probably wrong: duplicates, votes, neighbours and words that speak against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit import _reasons
from labelwright.audit._predictions import ClassNames, as_codes, named
from labelwright.audit._words import words_for
from labelwright.audit.issues import LabelIssues
from labelwright.core.errors import DataError
from labelwright.core.validation import check_same_length
from labelwright.retrieval import NeighbourGraph

__all__ = ["explain_issues"]

NO_NEIGHBOURS = "There were no features to find neighbours by, so no reason comes from neighbours."


def explain_issues(
    issues: LabelIssues,
    labels: ArrayLike,
    *,
    classes: ClassNames = None,
    duplicates: Sequence[ArrayLike] | None = None,
    vote_counts: ArrayLike | None = None,
    graph: NeighbourGraph | None = None,
    features: Any = None,
    coefficients: ArrayLike | None = None,
    feature_names: Sequence[str] | None = None,
    ids: Sequence[Any] | NDArray[Any] | None = None,
) -> LabelIssues:
    """Give each issue the strongest reason that the data hold for it.

    The first of these that applies becomes the kind; what was found on all of them stays in the
    evidence:

    1. ``conflicting duplicate``: an identical record has another label;
    2. ``votes against``: more votes for the suggested label than for the given one;
    3. ``neighbours disagree``: more than half of the nearest records have the suggested label;
    4. the kind that the issue had, such as ``model disagrees``.

    Parameters
    ----------
    issues : LabelIssues
        As from ``find_label_issues``.
    labels : (n,) array-like
        The labels that were audited: codes 0..K-1, or labels together with ``classes``; -1 or None
        for records around them that have no label.
    classes : sequence or Classes, optional
        The classes, as given when the issues were found.
    duplicates : sequence of array-like of int, optional
        Rows that are the same record, as from ``retrieval.exact_duplicates``.
    vote_counts : (n, K) array-like of int, optional
        How many votes each item has for each class.
    graph : NeighbourGraph, optional
        Nearest neighbours of all n items.
    features, coefficients, feature_names : optional
        (n, d) features, dense or sparse, the (K, d) weights of a linear model, and d names: the
        words or columns that speak most for the suggested label are added to model reasons.
    ids : (n,) sequence, optional
        Names of the records in the reasons; rows without it.

    Returns
    -------
    LabelIssues
        The same issues in the same order, with new kinds, evidence and notes.

    Raises
    ------
    DataError
        If something does not have n rows, or vote counts no K columns.

    Examples
    --------
    >>> from labelwright.audit import find_label_issues
    >>> labels = ["ham", "ham", "spam", "spam", "spam"]
    >>> probabilities = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.95, 0.05]]
    >>> issues = find_label_issues(labels, probabilities, classes=["ham", "spam"])
    >>> votes = [[3, 0], [3, 0], [0, 3], [1, 2], [2, 1]]
    >>> explain_issues(issues, labels, classes=["ham", "spam"], vote_counts=votes).why
    ["2 of 3 votes say 'ham'"]
    """
    codes, space = as_codes(labels, None, classes, missing=True)
    if len(codes) != issues.n_items:
        raise DataError(
            f"labels has {len(codes):,} rows and {issues.n_items:,} were audited.",
            hint="Give the labels that the issues were found in.",
        )
    check_same_length(
        labels=codes, vote_counts=vote_counts, graph=graph, features=features, ids=ids
    )
    names = np.arange(len(codes)) if ids is None else np.asarray(ids)
    suspects = _reasons.Suspects(
        index=issues.index,
        suggested=as_codes(issues.suggested, None, classes)[0],
        codes=codes,
        ids=names,
        labels=named(codes, space),
    )
    evidence = ({} if ids is None else {"item": names[issues.index]}) | dict(issues.evidence)
    kinds = issues.kinds.astype(object)
    # The strongest reason comes last, so that it is the one that stays.
    found = {
        "neighbours disagree": graph and _reasons.neighbours(suspects, graph),
        "votes against": None if vote_counts is None else _reasons.votes(suspects, vote_counts),
        "conflicting duplicate": duplicates and _reasons.duplicates(suspects, duplicates),
    }
    for kind, reason in found.items():
        if reason:
            kinds[reason[0]] = kind
            evidence |= reason[1]
    if features is not None and coefficients is not None and feature_names is not None:
        evidence["words"] = words_for(
            features[issues.index],
            coefficients,
            feature_names,
            suspects.suggested,
            codes[issues.index],
        )
    notes = issues.notes + (() if graph is not None else (NO_NEIGHBOURS,))
    return replace(issues, kinds=kinds.astype(str), evidence=evidence, notes=notes)
