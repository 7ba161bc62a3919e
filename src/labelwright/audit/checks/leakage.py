"""Records of one part of a split that are also in another."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.checks.near_duplicates import closeness_scores
from labelwright.audit.findings import Facts, Findings
from labelwright.core.errors import CapabilityError

__all__ = ["LeakageCheck"]

TRAINING = re.compile(r"train(ing)?|fit|learn(ing)?", re.IGNORECASE)


class LeakageCheck(Check):
    """Items outside the training part that have a duplicate, or their group, in another part.

    What a model has seen in training tells nothing about how it does on new data, so a figure
    measured on such items is too good. The training part is the one that is called so (train,
    training, fit), or else the largest.

    Notes
    -----
    Kinds are ``same record``, ``nearly the same record`` and ``same group``, of which the first
    that applies is given. Sets of duplicates are those of ``near_duplicates``. Scores are 0 for the
    same record, else 1 - exp(-d / median d) of the distance to the nearest neighbour, and 1 where
    only the group is shared; the score of the whole is the share of items outside the training
    part that are free of leaks. Datalab has no such check.
    """

    name = "leakage"
    needs = ("split", "graph or texts or features or groups")
    uses_graph = True

    def find(self, data: AuditData) -> Findings:
        """The leaking items, identical ones first."""
        parts, names = data.known(data.split), data.known(data.split_names)
        if len(names) < 2:
            raise CapabilityError("the split has one part only")
        training = _training_part(parts, names)
        found = np.full(data.n, -1)
        kinds = np.full(data.n, "", dtype=object)
        # The strongest kind comes last, so that it is the one that stays.
        for kind, sets in _sources(data):
            others = _in_another_part(sets, parts, training)
            found = np.where(others >= 0, others, found)
            kinds[others >= 0] = kind
        rows = np.flatnonzero(found >= 0)
        outside = np.count_nonzero((parts >= 0) & (parts != training))
        return Findings.worst_first(
            check=self.name,
            of="item",
            subject=rows,
            scores=_scores(data, rows, kinds),
            kinds=kinds[rows].astype(str),
            reason=_sentence,
            score=1 - len(rows) / outside,
            evidence={
                "part": names[parts[rows]],
                "twin": data.names(found[rows]),
                "twin_part": names[parts[found[rows]]],
            },
            notes=(f"The training part is {names[training]!r}.",),
        )


def _training_part(parts: NDArray[np.int64], names: NDArray[np.generic]) -> int:
    called = [code for code, name in enumerate(names.tolist()) if TRAINING.fullmatch(str(name))]
    return called[0] if called else int(np.bincount(parts[parts >= 0]).argmax())


def _sources(data: AuditData) -> list[tuple[str, NDArray[np.int64]]]:
    sources = []
    if data.groups is not None:
        sources.append(("same group", data.groups))
    if data.has("graph"):
        sources.append(("nearly the same record", data.duplicate_sets))
    sources.append(("same record", data.exact_sets))
    return sources


def _in_another_part(
    sets: NDArray[np.int64], parts: NDArray[np.int64], training: int
) -> NDArray[np.int64]:
    """A row (n,) of the same set in another part, the training part first; -1 where none is.

    Rows of the training part itself get none: it is the others that must go.
    """
    found = np.full(len(sets), -1)
    rows = np.flatnonzero((sets >= 0) & (parts >= 0))
    # The training part leads each set, so that its first row is the one that is named.
    order = np.where(parts == training, -1, parts)[rows]
    rows = rows[np.lexsort((rows, order, sets[rows]))]
    if not len(rows):
        return found
    starts = np.flatnonzero(np.diff(sets[rows], prepend=-1))
    sizes = np.diff(starts, append=len(rows))
    lead = np.repeat(rows[starts], sizes)
    # Rows of the leading part look at the last row, which is of another part if any is.
    last = np.repeat(rows[starts + sizes - 1], sizes)
    twin = np.where(parts[lead] != parts[rows], lead, last)
    leaks = (parts[twin] != parts[rows]) & (parts[rows] != training)
    found[rows[leaks]] = twin[leaks]
    return found


def _scores(
    data: AuditData, rows: NDArray[np.intp], kinds: NDArray[np.object_]
) -> NDArray[np.float64]:
    scores = np.ones(len(rows))
    if data.has("graph"):
        near = kinds[rows] == "nearly the same record"
        scores[near] = closeness_scores(data.graph)[rows[near]]
    scores[kinds[rows] == "same record"] = 0.0
    return scores


def _sentence(facts: Facts) -> str:
    verb = {
        "same record": "is the same record as",
        "nearly the same record": "is nearly the same record as",
        "same group": "belongs to the same group as",
    }[facts["kind"]]
    return f"it is in {facts['part']!r} and {verb} {facts['twin']} in {facts['twin_part']!r}"
