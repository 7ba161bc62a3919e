"""What duplicates, votes and neighbours say against a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError
from labelwright.retrieval import NeighbourGraph

Evidence = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Suspects:
    """The issues and the records around them.

    Attributes
    ----------
    index, suggested : (m,) int64
        Rows of the issues, and codes of the labels suggested for them.
    codes : (n,) int64
        The labels of all records, -1 where there is none.
    ids, labels : (n,) array
        Names of all records, and their labels by name.
    """

    index: NDArray[np.int64]
    suggested: NDArray[np.int64]
    codes: NDArray[np.int64]
    ids: NDArray[Any]
    labels: NDArray[Any]


def neighbours(suspects: Suspects, graph: NeighbourGraph) -> tuple[NDArray[np.bool_], Evidence]:
    """Where more than half of the nearest records have the suggested label, and which have it."""
    near, distances = graph.indices[suspects.index], graph.distances[suspects.index]
    agrees = suspects.codes[near] == suspects.suggested[:, None]
    n_agreeing = agrees.sum(axis=1)
    # Those that agree come first, nearest first; the rest is blanked out.
    order = np.argsort(~agrees, axis=1, kind="stable")
    shown = suspects.ids[np.take_along_axis(near, order, axis=1)].astype(object)
    shown[np.arange(graph.k) >= n_agreeing[:, None]] = None
    closest = np.where(agrees, distances, np.inf).min(axis=1, initial=np.inf)
    closest[n_agreeing == 0] = np.nan
    cosine = graph.metric == "cosine"
    evidence = {
        "neighbours": shown,
        "n_agreeing": n_agreeing,
        "n_neighbours": np.full(len(near), graph.k),
        "similarity" if cosine else "distance": 1 - closest if cosine else closest,
    }
    return 2 * n_agreeing > graph.k, evidence


def votes(suspects: Suspects, vote_counts: ArrayLike) -> tuple[NDArray[np.bool_], Evidence]:
    """Where the suggested label has more votes than the given one, and how many each has."""
    counts = np.asarray(vote_counts)
    highest = max(suspects.codes.max(initial=-1), suspects.suggested.max(initial=-1))
    if counts.ndim != 2 or counts.shape[1] <= highest:
        raise DataError(
            f"vote_counts has shape {counts.shape}.",
            hint="Give a row an item and a column a class.",
        )
    of_issues, rows = counts[suspects.index], np.arange(len(suspects.index))
    for_given = of_issues[rows, suspects.codes[suspects.index]]
    for_suggested = of_issues[rows, suspects.suggested]
    evidence = {
        "votes_given": for_given,
        "votes_suggested": for_suggested,
        "n_votes": of_issues.sum(axis=1),
    }
    return for_suggested > for_given, evidence


def duplicates(suspects: Suspects, sets: Sequence[ArrayLike]) -> tuple[NDArray[np.bool_], Evidence]:
    """Where an identical record has another label, and one such, as suggested if possible."""
    place = {row: at for at, row in enumerate(suspects.index.tolist())}
    other = np.full(len(suspects.index), -1)
    for members in (np.asarray(rows) for rows in sets):
        for row in filter(place.__contains__, members.tolist()):
            theirs = suspects.codes[members]
            differing = members[(theirs != suspects.codes[row]) & (theirs >= 0)]
            wanted = differing[suspects.codes[differing] == suspects.suggested[place[row]]]
            if len(differing):
                other[place[row]] = min(wanted if len(wanted) else differing)
    found = other >= 0
    record, label = np.full((2, len(other)), None, dtype=object)
    record[found] = suspects.ids[other[found]]
    label[found] = suspects.labels[other[found]]
    return found, {"duplicate": record, "duplicate_label": label}
