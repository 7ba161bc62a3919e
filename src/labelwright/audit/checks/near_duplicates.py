"""Records that are the same, or nearly so, and those of them that are labelled differently."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelwright.audit._sentences import SENTENCES
from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.conflicts import find_conflicting_duplicates
from labelwright.audit.findings import Facts, Findings
from labelwright.retrieval import NeighbourGraph

__all__ = ["NearDuplicateCheck", "closeness_scores"]

SMALLEST_MEDIAN = 1e-6
ZERO = 1e-8


class NearDuplicateCheck(Check):
    """Sets of records that are the same or nearly so, and label conflicts inside a set.

    Exact duplicates have the same text up to case and white space, or, without texts, the same
    features. Near duplicates are those of :func:`labelwright.retrieval.near_duplicates`. A set
    holds all that is linked, also through others.

    Notes
    -----
    A record's score is 1 - exp(-d / median d) of the distance d to its nearest neighbour, 0 for
    exact duplicates; the score of the whole is the share of records without a duplicate. Kinds are
    ``conflicting duplicate``, ``conflicting near duplicate``, ``duplicate`` and ``near duplicate``;
    conflicting are the records that :func:`labelwright.audit.find_conflicting_duplicates` names.

    Given the same neighbours, marks and scores are those of cleanlab's Datalab. Its sets are each
    record's own near neighbours and overlap; ours are disjoint. Only a record's nearest neighbours
    are looked at, so a large set of near duplicates may come in several parts.
    """

    name = "near_duplicates"
    needs = ("graph or texts or features",)
    uses_graph = True

    def find(self, data: AuditData) -> Findings:
        """Every record that has a duplicate; of equal scores, conflicting ones first."""
        sets, exact = data.duplicate_sets, data.exact_sets
        scores = closeness_scores(data.graph) if data.has("graph") else np.ones(data.n)
        scores[exact >= 0] = 0.0
        rows = np.flatnonzero(sets >= 0)
        kinds = np.where(exact >= 0, "duplicate", "near duplicate").astype(object)
        twins = _twins(data)
        evidence = {}
        if data.labels is not None:
            suggested, conflicts = _conflicts(data, kinds, twins)
            rows = np.concatenate([conflicts, np.setdiff1d(rows, conflicts)])
            names = np.array(data.decoded(), dtype=object)
            evidence = {
                "given": names[rows],
                "suggested": suggested[rows],
                "duplicate_label": names[twins[rows]],
            }
        return Findings.worst_first(
            check=self.name,
            of="item",
            subject=rows,
            scores=scores[rows],
            kinds=kinds[rows].astype(str),
            reason=_sentence,
            score=1 - len(rows) / data.n,
            evidence=evidence
            | {
                "duplicate": data.names(twins[rows]),
                "set": np.unique(sets[rows], return_inverse=True)[1],
                "set_size": _sizes(sets)[rows],
            },
            item_scores=scores,
        )


def closeness_scores(graph: NeighbourGraph) -> NDArray[np.float64]:
    """1 - exp(-distance / median distance) of the distance (n,) to the nearest neighbour."""
    nearest = graph.distances[:, 0]
    scores = 1 - np.exp(-nearest / max(float(np.median(nearest)), SMALLEST_MEDIAN))
    scores[nearest <= ZERO] = 0.0
    return scores


def _twins(data: AuditData) -> NDArray[np.int64]:
    """Another record (n,) of the same set: an identical one, the nearest, or else the first."""
    twins = _first_other(data.duplicate_sets)
    if data.has("graph"):
        nearest = data.graph.indices[:, 0]
        together = data.duplicate_sets[nearest] == data.duplicate_sets
        twins = np.where(together, nearest, twins)
    return np.where(data.exact_sets >= 0, _first_other(data.exact_sets), twins)


def _first_other(sets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first row of the same set other than the row itself; 0 for rows in no set."""
    found = np.zeros(len(sets), dtype=np.int64)
    rows = np.flatnonzero(sets >= 0)
    rows = rows[np.argsort(sets[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(sets[rows], prepend=-1))
    sizes = np.diff(starts, append=len(rows))
    found[rows] = np.repeat(rows[starts], sizes)
    found[rows[starts]] = rows[starts + 1] if len(rows) else rows
    return found


def _sizes(sets: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many rows (n,) the set of each row has; rows in no set are counted together."""
    return np.bincount(sets + 1)[sets + 1]


def _conflicts(
    data: AuditData, kinds: NDArray[np.object_], twins: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Labels suggested by duplicates (n,), and the rows; their kinds and twins are set."""
    suggested = np.full(data.n, None, dtype=object)
    labels = data.known(data.labels)
    found = []
    # Exact sets come last, so that theirs is the kind that stays.
    for sets, near in ((data.duplicate_sets, True), (data.exact_sets, False)):
        conflicting = data.conflicting(sets)
        issues = find_conflicting_duplicates(np.maximum(labels, 0), conflicting, near=near)
        kinds[issues.index] = issues.kinds
        twins[issues.index] = issues.evidence["duplicate"]
        suggested[issues.index] = data.classes_of(issues.suggested)
        found.append(issues.index)
    return suggested, np.unique(np.concatenate(found))


def _sentence(facts: Facts) -> str:
    if facts["kind"] in SENTENCES:
        return SENTENCES[facts["kind"]](facts)
    how = "the same as" if facts["kind"] == "duplicate" else "nearly the same as"
    return f"it is {how} record {facts['duplicate']} ({facts['set_size']} records in the set)"
