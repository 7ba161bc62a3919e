"""The detectors that a bench compares, and what they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.audit._training import seeded
from labelwright.audit.confident_learning import find_label_issues
from labelwright.audit.detectors import aum_quality, neighbour_quality
from labelwright.audit.quality import label_quality
from labelwright.audit.semd import SEMD
from labelwright.core.errors import DataError
from labelwright.core.seeds import generator
from labelwright.core.validation import first_row
from labelwright.estimation.probabilities import cross_val_probabilities
from labelwright.retrieval.neighbours import NeighbourGraph

Found = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Quality (n,), high where a label is good, and which rows are marked as wrong (n,)."""


class Trial:
    """What a detector is given: labels with errors, features, and shared parts made once.

    Attributes
    ----------
    labels : (n,) int64
        Codes 0..K-1, some of them wrong.
    X : array, sparse matrix, table or sequence of length n
    n_classes : int
    classifier : estimator or None
        The model of the bench, to be cloned; None is logistic regression.
    n_folds, seed : int
    wrong : (n,) bool
        The answer; for an oracle only.
    probabilities : (n, K) float64
        Out-of-sample probabilities of the classifier.
    neighbours : NeighbourGraph
        The ten nearest of each item.
    seconds : dict
        Time that each shared part took, by name.
    """

    def __init__(
        self,
        labels: NDArray[np.int64],
        X: Any,
        wrong: NDArray[np.bool_],
        *,
        n_classes: int,
        classifier: Any = None,
        n_folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.labels = labels
        self.X = X
        self.wrong = wrong
        self.n_classes = n_classes
        self.classifier = classifier
        self.n_folds = n_folds
        self.seed = seed
        self.seconds: dict[str, float] = {}

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """Out-of-sample probabilities (n, K) of the classifier."""
        started = perf_counter()
        found = cross_val_probabilities(
            seeded(self.classifier, self.seed),
            self.X,
            self.labels,
            n_folds=self.n_folds,
            classes=range(self.n_classes),
            random_state=self.seed,
        )
        self.seconds["probabilities"] = perf_counter() - started
        return found

    @cached_property
    def neighbours(self) -> NeighbourGraph:
        """The ten nearest of each item."""
        started = perf_counter()
        graph = NeighbourGraph.build(self.X, k=10)
        self.seconds["neighbours"] = perf_counter() - started
        return graph


@dataclass(frozen=True)
class Detector:
    """A named way to find wrong labels.

    Attributes
    ----------
    name : str
        Finished cells are found again by it, so give a changed detector a new name.
    find : callable
        From a ``Trial``, quality (n,) and which rows are marked (n,) bool.
    needs : tuple of str
        Shared parts of the trial that it uses; their time is charged to it.
    """

    name: str
    find: Callable[[Trial], Found]
    needs: tuple[str, ...] = ()

    def run(self, trial: Trial) -> tuple[Found, float]:
        """What it finds, checked, and the seconds it took with the shared parts that it uses."""
        for part in self.needs:
            getattr(trial, part)
        started = perf_counter()
        quality, marked = self.find(trial)
        own = perf_counter() - started
        found = _checked(np.asarray(quality), np.asarray(marked), len(trial.labels))
        return found, own + sum(trial.seconds[part] for part in self.needs)


def _checked(quality: NDArray[Any], marked: NDArray[Any], n: int) -> Found:
    if quality.shape != (n,) or quality.dtype.kind not in "fiu":
        raise DataError(f"quality has shape {quality.shape} and type {quality.dtype}, not ({n},).")
    row = first_row(~np.isfinite(quality))
    if row is not None:
        raise DataError(f"quality[{row}] is {quality[row]}.", where={"row": row})
    if marked.shape != (n,) or marked.dtype != np.bool_:
        raise DataError(
            f"marks have shape {marked.shape} and type {marked.dtype}, not bool ({n},)."
        )
    return quality.astype(np.float64), marked


def _none(trial: Trial) -> Found:
    return np.ones(len(trial.labels)), np.zeros(len(trial.labels), dtype=bool)


def _oracle(trial: Trial) -> Found:
    return (~trial.wrong).astype(np.float64), trial.wrong


def _random(trial: Trial) -> Found:
    quality = generator(trial.seed, "random scorer").random(len(trial.labels))
    return quality, quality < 0.1


def _self_confidence(trial: Trial) -> Found:
    quality = label_quality(trial.labels, trial.probabilities)
    return quality, trial.probabilities.argmax(axis=1) != trial.labels


def _confident_learning(trial: Trial) -> Found:
    quality = label_quality(
        trial.labels, trial.probabilities, method="normalized_margin", adjust=True
    )
    return quality, _joint_marks(trial.labels, trial.probabilities)


def _joint_marks(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """What the confident joint marks."""
    marked = np.zeros(len(labels), dtype=bool)
    marked[find_label_issues(labels, probabilities).index] = True
    return marked


def _semd(trial: Trial) -> Found:
    scorer = SEMD(classifier=trial.classifier, n_folds=trial.n_folds, random_state=trial.seed)
    quality = scorer.score(trial.labels, trial.X, classes=range(trial.n_classes))
    return quality, _joint_marks(trial.labels, scorer.probabilities_)


def _aum(trial: Trial) -> Found:
    classes = range(trial.n_classes)
    quality = aum_quality(trial.labels, trial.X, classes=classes, random_state=trial.seed)
    return quality, quality < 0.5


def _knn_vote(trial: Trial) -> Found:
    classes = range(trial.n_classes)
    quality = neighbour_quality(trial.labels, trial.neighbours, classes=classes)
    return quality, quality < 0.5


NONE = Detector("none", _none)
ORACLE = Detector("oracle", _oracle)
RANDOM = Detector("random", _random)
DETECTORS = (
    Detector("self-confidence", _self_confidence, ("probabilities",)),
    Detector("confident learning", _confident_learning, ("probabilities",)),
    Detector("semd", _semd),
    Detector("aum", _aum),
    Detector("knn vote", _knn_vote, ("neighbours",)),
)
