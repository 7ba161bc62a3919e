"""Groups of items on which the model does worse than on the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.checks._slices import Crossing, Division, clusters, table_slices
from labelwright.audit.findings import Facts, Findings
from labelwright.core.errors import CapabilityError
from labelwright.core.params import Accepts, Int, Nullable, Real
from labelwright.core.stats import benjamini_hochberg, wilson_interval

__all__ = ["WeakGroupCheck"]

EVIDENCE = ("n", "share", "low", "high", "overall", "p")
MOSTLY = 0.5
"""A group of whose items more are in groups found before is no news."""
SHOWN = 5


class WeakGroupCheck(Check):
    """Clusters of neighbours, given groups, and slices of the table that do badly.

    A group does badly if the model's first guess differs from the label more often than elsewhere:
    significantly so (the hypergeometric test; false discoveries among all groups looked at are held
    to ``level``) and by at least ``margin``. Of groups that mostly hold the same items, the most
    significant is given.

    Parameters
    ----------
    level : float
        Expected share of false findings.
    margin : float
        By how much the share of differing labels must exceed that of all.
    min_size : int
        The smallest group looked at.
    eps : float, optional
        Width of a cluster, as in DBSCAN; by default three widths that fit the distances.

    Notes
    -----
    Groups are made without a look at labels or predictions, so the test is exact if the items are
    independent; where they come in bunches (patients, documents), give ``groups``, and read a bad
    slice of few groups with care. A group may do badly since its labels are wrong or since it is
    hard: look at the label issues in it.

    The score of a group is its mean probability of the given label over that of all items in such
    groups, at most 1; with ``eps=0.5`` and ``min_size=5`` it is that of cleanlab's Datalab. Datalab
    names one group at most, where that ratio is below 0.1, without a test. The score of the whole
    is the share of items in no bad group.
    """

    name = "weak_groups"
    needs = ("labels", "probabilities", "graph or table or groups")
    uses_graph = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "level": Real(0, 1),
        "margin": Real(0, 1),
        "min_size": Int(2),
        "eps": Nullable(Real(0, open_low=True)),
    }

    def __init__(
        self,
        level: float = 0.05,
        margin: float = 0.05,
        min_size: int = 20,
        eps: float | None = None,
    ) -> None:
        self.level = level
        self.margin = margin
        self.min_size = min_size
        self.eps = eps

    def find(self, data: AuditData) -> Findings:
        """The bad groups, worst first."""
        divisions = list(_divisions(data, self.eps))
        table, item_scores = _measured(divisions, data, self.min_size)
        if not len(table["n"]):
            raise CapabilityError(f"no group has {self.min_size} items")
        table["p"] = benjamini_hochberg(table["p"])
        clear = (table["p"] <= self.level) & (table["share"] >= table["overall"] + self.margin)
        candidates = np.flatnonzero(clear)
        candidates = candidates[np.argsort(table["p"][candidates], kind="stable")]
        kept, members = _distinct(divisions, table, candidates, data.labelled)
        covered = np.zeros(data.n, dtype=bool)
        for rows in members:
            covered[rows] = True
        return Findings.worst_first(
            check=self.name,
            of="group",
            subject=_names(divisions, table, kept),
            scores=np.minimum(table["ratio"][kept], 1),
            kinds=[divisions[table["division"][place]].kind for place in kept],
            reason=_sentence,
            score=1 - covered.sum() / len(data.labelled),
            evidence={name: table[name][kept] for name in EVIDENCE}
            | {"items": _examples(members, data)},
            item_scores=item_scores,
            notes=(f"{len(table['n']):,} groups were looked at.",),
        )


Table = dict[str, NDArray[Any]]
Divisions = Sequence[Division | Crossing]


def _divisions(data: AuditData, eps: float | None) -> Iterator[Division | Crossing]:
    if data.has("graph"):
        yield from clusters(data.graph, eps)
    if data.groups is not None:
        names = [f"group {name}" for name in data.known(data.group_names).tolist()]
        yield Division("group", data.groups, names)
    if data.table is not None:
        yield from table_slices(data.table)


def _measured(
    divisions: Divisions, data: AuditData, min_size: int
) -> tuple[Table, NDArray[np.float64]]:
    """One row a group of enough items, and the lowest ratio (n,) of the groups of each item."""
    wrong = data.predictions.best != data.predictions.codes
    believed = np.asarray(data.predictions.given, dtype=np.float64)
    scores = np.full(data.n, np.nan)
    scores[data.labelled] = 1.0
    parts: list[Table] = []
    for place, division in enumerate(divisions):
        codes = division.codes[data.labelled]
        part = _one_division(codes, wrong, believed, min_size)
        parts.append(part | {"division": np.full(len(part["n"]), place)})
        ratio = np.ones(int(codes.max(initial=0)) + 1)
        ratio[part["code"]] = part["ratio"]
        inside = np.flatnonzero(codes >= 0)
        rows = data.labelled[inside]
        scores[rows] = np.minimum(scores[rows], ratio[codes[inside]])
    if not parts:
        return {"n": np.empty(0)}, scores
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, scores


def _one_division(
    codes: NDArray[Any], wrong: NDArray[np.bool_], believed: NDArray[np.float64], min_size: int
) -> Table:
    """Its large enough groups against all items in them: how many differ, how unlikely that is."""
    from scipy.stats import hypergeom

    inside = codes >= 0
    codes, wrong, believed = codes[inside], wrong[inside], believed[inside]
    sizes = np.bincount(codes)
    code = np.flatnonzero(sizes >= min_size)
    n = sizes[code]
    n_wrong = np.bincount(codes, wrong)[code]
    belief = np.bincount(codes, believed)[code]
    low, high = wilson_interval(n_wrong, n)
    total, total_wrong = n.sum(), n_wrong.sum()
    return {
        "code": code,
        "n": n,
        "share": n_wrong / n,
        "low": low,
        "high": high,
        "overall": np.full(len(n), total_wrong / max(total, 1)),
        # Where nothing is believed at all, no group is worse than another.
        "ratio": belief / n / (belief.sum() / max(total, 1) or 1.0),
        "p": hypergeom.sf(n_wrong - 1, total, total_wrong, n),
    }


def _distinct(
    divisions: Divisions, table: Table, candidates: NDArray[np.intp], labelled: NDArray[np.intp]
) -> tuple[list[int], list[NDArray[np.intp]]]:
    """The candidates whose items are mostly new, in order, and the items of each."""
    kept, members = [], []
    covered = np.zeros(len(divisions[0].codes), dtype=bool)
    for candidate in candidates.tolist():
        codes = divisions[table["division"][candidate]].codes[labelled]
        rows = labelled[codes == table["code"][candidate]]
        if covered[rows].mean() <= MOSTLY:
            kept.append(candidate)
            members.append(rows)
            covered[rows] = True
    return kept, members


def _names(divisions: Divisions, table: Table, kept: Sequence[int]) -> NDArray[np.str_]:
    places = ((int(table["division"][place]), int(table["code"][place])) for place in kept)
    return np.array([divisions[which].name(code) for which, code in places], dtype=np.str_)


def _examples(members: Sequence[NDArray[np.intp]], data: AuditData) -> NDArray[np.object_]:
    """The first few items (m, SHOWN) of each group; there are always enough."""
    shown = [data.names(rows[:SHOWN]) for rows in members]
    width = min((len(row) for row in shown), default=0)
    return np.array([row[:width] for row in shown], dtype=object).reshape(len(shown), width)


def _sentence(facts: Facts) -> str:
    return (
        f"the model's first guess differs from the label in {facts['share']:.0%} of its "
        f"{facts['n']:,} items ({facts['low']:.0%} to {facts['high']:.0%}), in "
        f"{facts['overall']:.0%} of all"
    )
