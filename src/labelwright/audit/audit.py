"""One call that runs every check for which there are data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from labelwright.audit._predictions import ClassNames
from labelwright.audit._reading import read_data
from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.checks._registry import CHECKS
from labelwright.audit.findings import Findings
from labelwright.audit.result import Audit
from labelwright.core.errors import CapabilityError, ParameterError, unknown_name
from labelwright.core.progress import track
from labelwright.core.seeds import RandomState
from labelwright.core.tables import frame_kind
from labelwright.core.votes import Votes
from labelwright.retrieval import NeighbourGraph

__all__ = ["audit"]

NEIGHBOURS = "neighbours"


def audit(
    labels: ArrayLike | None = None,
    *,
    probabilities: ArrayLike | None = None,
    features: Any = None,
    table: Any = None,
    texts: Any = None,
    groups: Any = None,
    split: Any = None,
    votes: Votes | None = None,
    classes: ClassNames = None,
    graph: NeighbourGraph | None = None,
    ids: Any = None,
    checks: str | Sequence[str | Check] = "all",
    random_state: RandomState = 0,
) -> Audit:
    """Run every check for which there are data, and rank what they find.

    Give what there is; the summary says which checks were not run and what they need.

    Parameters
    ----------
    labels : (n,) array-like, optional
        Codes 0..K-1, or labels together with ``classes`` (which, without probabilities, are taken
        from the labels). Items without a label are -1 or None.
    probabilities : (n, K) array-like, optional
        Out-of-sample class probabilities, as from ``estimation.cross_val_probabilities``. They are
        read in blocks of rows, so a memory-mapped array may be larger than memory.
    features : (n, d) array or scipy sparse matrix, optional
        Numbers by which items are alike, such as embeddings. Up to 50,000 items are compared with
        each other.
    table : table of n rows, optional
        Columns that describe the items, not the label: to look for slices that do badly, for
        columns that give the label away, and for missing values.
    texts : (n,) sequence of str, optional
        The records as text.
    groups : (n,) array-like, optional
        What belongs together (customer, document).
    split : (n,) array-like, optional
        The part that an item is in, such as "train" and "test".
    votes : Votes, optional
        Of several annotators on the n items, in the order of the items.
    classes : sequence or Classes, optional
        The classes, in the order of the columns of ``probabilities``.
    graph : NeighbourGraph, optional
        Neighbours found elsewhere, in place of those by ``features``.
    ids : (n,) sequence, optional
        Names of the items in tables and reasons; rows without it.
    checks : "all", or sequence of str and Check
        Names of :data:`labelwright.audit.checks.CHECKS`, and checks of your own or with other
        settings: ``["label_issues", OutlierCheck(spread=3)]``. All of ours and one of your own are
        ``[*CHECKS, MyCheck()]``.
    random_state : int, Generator, SeedSequence or None
        Seed of permutations and folds.

    Returns
    -------
    Audit

    Raises
    ------
    DataError
        If there is nothing to audit, lengths differ, an entry is no probability, a row does not sum
        to one, or a label is no class.
    ParameterError
        If there is no such check.

    Notes
    -----
    A finding is a place to look at, not a verdict. Checks differ in what they promise: those with a
    p-value hold false discoveries at 5 % where items are independent, the others rank.

    Scores and marks of single items agree with those of cleanlab's Datalab (2.9.0) given the same
    neighbours and probabilities; where ours differ on purpose stands in the notes of each check.

    Ctrl-C stops at once and leaves nothing half written.

    Examples
    --------
    >>> labels = ["ham", "ham", "spam", "spam", "spam"]
    >>> probabilities = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.95, 0.05]]
    >>> found = audit(labels, probabilities=probabilities, classes=["ham", "spam"])
    >>> found["label_issues"].subject, found["label_issues"].why
    (array([4]), ["the model gives 'ham' 0.95 and the given label 'spam' 0.05"])
    >>> found.not_run["leakage"]
    'needs split; needs features or texts or groups'
    """
    chosen = _chosen(checks)
    frame = frame_kind(table)
    data = read_data(
        labels,
        classes=classes,
        probabilities=probabilities,
        features=features,
        graph=graph,
        table=table,
        texts=texts,
        groups=groups,
        split=split,
        votes=votes,
        ids=ids,
        random_state=random_state,
    )
    not_run = {name: why for name, check in chosen.items() if (why := data.why_not(check.needs))}
    running = {name: check for name, check in chosen.items() if name not in not_run}
    findings: dict[str, Findings] = {}
    seconds: dict[str, float] = {}
    if data.has("graph") and any(check.uses_graph for check in running.values()):
        started = time.perf_counter()
        _ = data.graph
        seconds[NEIGHBOURS] = time.perf_counter() - started
    for name, check in track(running.items(), "auditing"):
        started = time.perf_counter()
        try:
            findings[name] = _with_ids(check.find(data), data, frame)
        except CapabilityError as error:
            not_run[name] = str(error)
        else:
            seconds[name] = time.perf_counter() - started
    return Audit(findings, not_run, seconds, data.n, frame)


def _chosen(checks: str | Sequence[str | Check]) -> dict[str, Check]:
    """The checks by name."""
    if isinstance(checks, str) and checks != "all":
        raise ParameterError(
            f"checks={checks!r} is not accepted.",
            hint=f'Give "all" or a list of checks; there are {", ".join(CHECKS)}.',
        )
    chosen: dict[str, Check] = {}
    for one in CHECKS if checks == "all" else checks:
        check = one if isinstance(one, Check) else _by_name(one)
        check._check_params()
        if check.name in chosen:
            raise ParameterError(f"The check {check.name!r} is asked for twice.")
        chosen[check.name] = check
    return chosen


def _by_name(name: object) -> Check:
    if name not in CHECKS:
        raise unknown_name("check", name, CHECKS, error=ParameterError, show=len(CHECKS))
    return CHECKS[str(name)]()


def _with_ids(found: Findings, data: AuditData, frame: str) -> Findings:
    """The findings with the ids of their items, for tables of the kind that came in."""
    if data.ids is None or found.of != "item":
        return replace(found, frame=frame)
    return replace(found, frame=frame, evidence={"id": data.ids[found.subject], **found.evidence})
