"""Items that are unlike all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from labelwright.audit._blocks import blocks
from labelwright.audit._counting import class_thresholds
from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.findings import Facts, Findings
from labelwright.core.params import Accepts, Real
from labelwright.retrieval import NeighbourGraph

__all__ = ["OutlierCheck", "spacing_scores"]

ROUNDING = 100 * np.finfo(np.float64).eps


class OutlierCheck(Check):
    """Items that lie far from their nearest neighbours, or, without features, look like no class.

    With neighbours, d is an item's mean distance to its nearest ones, its score
    exp(-d / median d), and it is an outlier if d exceeds the third quartile by ``spread``
    interquartile ranges. Without, the score is 1 less the entropy of its probabilities over ln K,
    each class's confident threshold being evened out where there are labels; an outlier scores
    below ``share`` of the median.

    Parameters
    ----------
    spread : float
        How many interquartile ranges beyond the third quartile are far.
    share : float
        How small a part of the median score is little.

    Notes
    -----
    The score of the whole is the share of items that are no outliers. Given the same neighbours
    (or probabilities), scores and marks are those of cleanlab's Datalab. An outlier is no error:
    rare classes and long texts are outliers too. Where most records are alike, as with TF-IDF of
    short texts, distances say little.

    References
    ----------
    Kuan and Mueller (2022), Back to the basics: revisiting out-of-distribution detection baselines.
    """

    name = "outliers"
    needs = ("graph or probabilities",)
    uses_graph = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {"spread": Real(0), "share": Real(0, 1)}

    def __init__(self, spread: float = 1.7, share: float = 0.13) -> None:
        self.spread = spread
        self.share = share

    def find(self, data: AuditData) -> Findings:
        """The outliers, farthest first."""
        return self._by_distance(data) if data.has("graph") else self._by_entropy(data)

    def _by_distance(self, data: AuditData) -> Findings:
        distances, scores = spacing_scores(data.graph)
        first, middle, third = np.percentile(distances, [25, 50, 75])
        rows = np.flatnonzero(distances > third + self.spread * (third - first))
        evidence = {
            "distance": distances[rows],
            "median": np.full(len(rows), middle),
            "n_neighbours": np.full(len(rows), data.graph.k),
        }
        return self._findings(rows, scores, "far from all others", _far, evidence)

    def _by_entropy(self, data: AuditData) -> Findings:
        scores = certainty(data)
        median = float(np.median(scores))
        rows = np.flatnonzero(scores < self.share * median)
        evidence = {"median": np.full(len(rows), median)}
        return self._findings(rows, scores, "like no class", _unsure, evidence)

    def _findings(
        self,
        rows: NDArray[np.intp],
        scores: NDArray[np.float64],
        kind: str,
        reason: Callable[[Facts], str],
        evidence: Mapping[str, NDArray[np.float64]],
    ) -> Findings:
        return Findings.worst_first(
            check=self.name,
            of="item",
            subject=rows,
            scores=scores[rows],
            kinds=kind,
            reason=reason,
            score=1 - len(rows) / len(scores),
            evidence=evidence,
            item_scores=scores,
        )


def spacing_scores(graph: NeighbourGraph) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean distance (n,) to the neighbours, and exp(-distance / median distance)."""
    distances = graph.distances.mean(axis=1)
    scores = np.exp(-distances / max(float(np.median(distances)), ROUNDING))
    # Distances this small are rounding: the items lie upon their neighbours.
    cosine = graph.metric == "cosine"
    scores[distances < (ROUNDING / 2 if cosine else np.sqrt(ROUNDING))] = 1.0
    return distances, scores


def certainty(data: AuditData) -> NDArray[np.float64]:
    """1 - entropy / ln K of each row of the probabilities, evened out by class where labelled."""
    matrix = data.known(data.probabilities)
    shift = None
    if data.labels is not None:
        thresholds = class_thresholds(data.predictions)
        shift = thresholds.max() - thresholds
    entropy, ones = np.empty(data.n), np.ones(matrix.shape[1])
    for part, block in blocks(matrix):
        if shift is None:
            entropy[part] = entr(block) @ ones
        else:
            # Of weights w that sum to s the entropy is ln s - (sum of w ln w) / s.
            weights = block + shift
            total = weights @ ones
            entropy[part] = np.log(total) + (entr(weights) @ ones) / total
    return 1 - entropy / np.log(max(data.n_classes, 2))


def _far(facts: Facts) -> str:
    times = facts["distance"] / facts["median"] if facts["median"] else np.inf
    return (
        f"its {facts['n_neighbours']} nearest records are {facts['distance']:.3g} away on average, "
        f"{times:.1f} times the median"
    )


def _unsure(facts: Facts) -> str:
    return (
        f"the model is as good as undecided between the classes: certainty {facts['score']:.3f}, "
        f"where the median is {facts['median']:.3f}"
    )
