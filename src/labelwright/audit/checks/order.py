"""Whether rows that stand close to each other in the file are alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.findings import Facts, Findings
from labelwright.core.errors import CapabilityError
from labelwright.core.params import Accepts, Int, Real
from labelwright.core.progress import track
from labelwright.core.seeds import generator
from labelwright.retrieval import NeighbourGraph

__all__ = ["OrderCheck"]


class OrderCheck(Check):
    """Items that are not independent draws: neighbours in features stand close in the file.

    It shows drift, changes of source, sorted files and copies side by side. Such rows must not be
    divided into folds by place, and intervals that take them as independent are too narrow.

    How far apart neighbours stand is held against how far apart any two rows do (the
    Kolmogorov-Smirnov statistic), and this against random orders of the rows.

    Parameters
    ----------
    level : float
        The p-value up to which there is a finding.
    n_permutations : int
        Random orders.

    Notes
    -----
    The one finding names the item where it shows most; the score of the whole is 1 less the
    statistic. The more rows, the smaller the deviations that are found: look at the statistic.
    Given the same neighbours, the statistic and the scores of the items are those of cleanlab's
    Datalab (2.9.0). The p-value is not: ours is the rank of the statistic among permutations,
    (1 + number at least as large) / (1 + B), hence valid; theirs comes from a density drawn
    through 25 of them. Of equally near records the graph takes those that come first, which would
    look like an order, so they are left out.
    """

    name = "order"
    needs = ("graph",)
    uses_graph = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {"level": Real(0, 1), "n_permutations": Int(19)}

    def __init__(self, level: float = 0.05, n_permutations: int = 199) -> None:
        self.level = level
        self.n_permutations = n_permutations

    def find(self, data: AuditData) -> Findings:
        """At most one finding, about the order as a whole."""
        graph = data.graph
        rows, place = np.nonzero(_told_apart(graph))
        if not len(rows):
            raise CapabilityError("all neighbours are equally far")
        near = graph.indices[rows, place]
        apart = np.abs(rows - near)
        statistic = order_statistic(apart, data.n)
        rng = generator(data.random_state, "order")
        as_large = 0
        for _ in track(range(self.n_permutations), "permuting rows"):
            places = rng.permutation(data.n)
            drawn = order_statistic(np.abs(places[rows] - places[near]), data.n)
            as_large += drawn >= statistic
        p = (1 + as_large) / (1 + self.n_permutations)
        scores = item_order_scores(np.abs(np.arange(data.n)[:, None] - graph.indices))
        found = [int(scores.argmin())] if p <= self.level else []
        return Findings.worst_first(
            check=self.name,
            of="item",
            subject=np.array(found, dtype=np.int64),
            scores=scores[found],
            kinds="not in random order",
            reason=_sentence,
            score=1 - statistic,
            evidence={
                "statistic": np.full(len(found), statistic),
                "p": np.full(len(found), p),
                "apart": np.full(len(found), apart.mean()),
                "apart_by_chance": np.full(len(found), (data.n + 1) / 3),
            },
            notes=(f"p = {p:.3f}.",),
            item_scores=scores,
        )


def _told_apart(graph: NeighbourGraph) -> NDArray[np.bool_]:
    """Which neighbours (n, k) are so by their distance, not by coming first among equal ones."""
    distances = graph.distances
    last = distances == distances[:, -1:]
    chosen_among_equals = last & (last.sum(axis=1, keepdims=True) > 1)
    # Of a record with so many copies, too, only some are among the neighbours of others.
    copied = distances[:, -1] == 0
    return ~(chosen_among_equals | copied[graph.indices])


def order_statistic(apart: NDArray[np.int64], n: int) -> float:
    """Kolmogorov-Smirnov statistic of how far apart neighbours stand against any two rows.

    Parameters
    ----------
    apart : array of int
        Differences of row numbers, from 1 to n - 1.
    n : int
        Number of rows.

    Notes
    -----
    The neighbours' distribution just below each of its steps is compared too, as in cleanlab.
    """
    counts = np.bincount(apart.ravel(), minlength=n)[1:]
    up_to = np.cumsum(counts)
    any_two = np.cumsum(n - np.arange(1, n)) / (n * (n - 1) / 2)
    steps = counts > 0
    below, last = (up_to - counts)[steps], (up_to - 1)[steps]
    gaps = np.maximum(
        np.abs(below / up_to[-1] - any_two[steps]), np.abs(last / up_to[-1] - any_two[steps])
    )
    return float(gaps.max())


def item_order_scores(apart: NDArray[np.int64]) -> NDArray[np.float64]:
    """How well each item's neighbours (n, k) are spread over the file: (n,), 0 to 1.

    It is 1 - tanh(A / m), where A is the area between the distribution of the distances of an
    item's neighbours and that of all other rows from it, and m the largest possible distance.
    """
    n, k = apart.shape
    place = np.arange(n)
    # Up to ``double`` there are two rows at each distance; up to ``single`` there is one.
    double = np.minimum(place, n - 1 - place)[:, None]
    single = n - 1 - double
    ends = np.hstack([np.sort(apart, axis=1), np.full((n, 1), n - 1)])
    area = _area_of_others(ends, double, single, n)
    widths = np.diff(ends, axis=1, prepend=0)
    heights = np.arange(k + 1) / k
    gaps = np.abs(heights * widths - np.diff(area, axis=1, prepend=0.0)).sum(axis=1)
    return np.asarray(1 - np.tanh(gaps / np.maximum(place, n - place)))


def _area_of_others(
    ends: NDArray[np.int64], double: NDArray[np.int64], single: NDArray[np.int64], n: int
) -> NDArray[np.float64]:
    """Area below the distribution of the distances of all other rows, from 0 to ``ends``."""
    near = np.minimum(ends, double)
    middle = np.clip(ends, double, single)
    beyond = np.maximum(ends - single, 0)
    area = near**2 / (n - 1)
    area += (middle + 3 * double) * (middle - double) / (2 * (n - 1))
    return np.asarray(area + beyond)


def _sentence(facts: Facts) -> str:
    return (
        f"records that are alike stand {facts['apart']:,.0f} rows apart on average, in a random "
        f"order {facts['apart_by_chance']:,.0f} (statistic {facts['statistic']:.3f}, "
        f"p = {facts['p']:.3f}); it shows most here"
    )
