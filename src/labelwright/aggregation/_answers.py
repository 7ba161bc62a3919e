"""How the classes of a space make the answers of an annotator: open answers, order, distances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelwright.core.spaces import Classes
from labelwright.core.votes import Votes

__all__ = ["AnswerModel", "error_shape", "leaning"]


class AnswerModel:
    """An annotator has one class in mind; an open answer says no more than that it is among some.

    Without open answers in the votes, answers are classes and nothing is computed.
    """

    def __init__(self, votes: Votes) -> None:
        open_answers = votes.has_open_answers
        self.candidates = votes.classes.candidates.astype(float) if open_answers else None

    def emission(self, confusion: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of each answer (n_annotators, K, n_answers) [annotator, true, given]."""
        return confusion if self.candidates is None else confusion @ self.candidates.T

    def share_out(
        self, counts: NDArray[np.float64], confusion: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Expected votes for classes (n_annotators, K, K) from those for answers.

        A vote that leaves classes open counts for each by how likely the annotator had it in mind.
        """
        if self.candidates is None:
            return counts
        return confusion * ((counts / self.emission(confusion)) @ self.candidates)


def leaning(n_classes: int) -> NDArray[np.float64]:
    """A confusion (K, K) to begin with: annotators tend to the true class."""
    return (np.eye(n_classes) + 1 / n_classes) / 2


def error_shape(space: Classes) -> NDArray[np.float64]:
    """How errors are shared out before votes are seen, (K, K): rows sum to one, diagonal zero.

    Classes that are near, on a scale or by stated distances, are taken for each other more often:
    in proportion to exp(-distance / mean distance). Without distances all errors are alike.
    """
    if space.n_classes == 1:
        return np.zeros((1, 1))
    distances = space.distance_table()
    off_diagonal = ~np.eye(space.n_classes, dtype=bool)
    mean = distances[off_diagonal].mean()
    nearness = np.exp(-distances / (mean or 1.0)) * off_diagonal
    return nearness / nearness.sum(axis=1, keepdims=True)
