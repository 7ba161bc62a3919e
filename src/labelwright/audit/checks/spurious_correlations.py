"""Properties that should not tell the label, and do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.checks._properties import column_properties, text_properties
from labelwright.audit.findings import Facts, Findings
from labelwright.core.errors import CapabilityError
from labelwright.core.params import Accepts, Int, Real
from labelwright.core.stats import benjamini_hochberg, wilson_interval
from labelwright.estimation.folds import assign_folds

__all__ = ["Prediction", "SpuriousCorrelationCheck", "predict_by_value"]

GIVEN_AWAY = 0.05


class SpuriousCorrelationCheck(Check):
    """Single properties that predict the label: length, capitals, digits ... of the text, columns.

    Each property alone predicts the label of held-out items, by the most frequent label among
    training items of the same value (numbers in 32 bins of equal size). A property is found if it
    is right significantly more often than the most frequent label of all (a sign test on the items
    where the two differ, or on the groups; false discoveries among the properties are held to
    ``level``) and saves at least ``gain`` of its errors.

    Parameters
    ----------
    level : float
        Expected share of false findings.
    gain : float
        The share of the errors that must be saved.
    n_folds : int
        Folds; groups do not cross them.

    Notes
    -----
    Whether a correlation is spurious you must say: a good column is meant to predict the label.
    Leave such columns out of ``table``, and ask of the others whether they will be there, and mean
    the same, when the model is used. The score of a property is min(1, (1 - a) / (1 - m)), with a
    its accuracy on held-out items and m that of the most frequent label: a copy of the label scores
    0, noise 1. The score of the whole is the lowest of these. Datalab (cleanlab 2.9.0) takes the
    *number of the most frequent class* over n in place of m, and looks at images only, so scores
    are not comparable.
    """

    name = "spurious_correlations"
    needs = ("labels", "texts or table")
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "level": Real(0, 1),
        "gain": Real(0, 1),
        "n_folds": Int(2),
    }

    def __init__(self, level: float = 0.05, gain: float = 0.1, n_folds: int = 5) -> None:
        self.level = level
        self.gain = gain
        self.n_folds = n_folds

    def find(self, data: AuditData) -> Findings:
        """The properties that predict the label, the best first."""
        rows = data.labelled
        labels = data.known(data.labels)[rows]
        if len(np.unique(labels)) < 2:
            raise CapabilityError("all labels are the same")
        groups = _groups_of(rows, data)
        folds = assign_folds(
            labels, groups=groups, n_folds=self.n_folds, random_state=data.random_state
        )
        properties = chain(
            () if data.texts is None else text_properties(data.texts),
            () if data.table is None else column_properties(data.table),
        )
        judged = [
            (one.kind, one.name, predict_by_value(one.codes[rows], labels, folds, groups))
            for one in properties
        ]
        if not judged:
            raise CapabilityError("no column holds numbers or values that repeat")
        return self._findings(judged)

    def _findings(self, judged: list[tuple[str, str, Prediction]]) -> Findings:
        scores = np.array([prediction.score for _, _, prediction in judged])
        p = benjamini_hochberg([prediction.p for _, _, prediction in judged])
        found = np.flatnonzero((p <= self.level) & (scores <= 1 - self.gain))
        predictions = [judged[place][2] for place in found]
        right = np.array([one.right for one in predictions], dtype=np.float64)
        n = np.array([one.n for one in predictions], dtype=np.float64)
        low, high = wilson_interval(right, n)
        kinds = [
            "gives the label away" if scores[place] <= GIVEN_AWAY else judged[place][0]
            for place in found
        ]
        return Findings.worst_first(
            check=self.name,
            of="property",
            subject=np.array([judged[place][1] for place in found], dtype=np.str_),
            scores=scores[found],
            kinds=np.array(kinds, dtype=np.str_),
            reason=_sentence,
            score=float(scores.min()),
            evidence={
                "accuracy": right / n,
                "low": np.asarray(low),
                "high": np.asarray(high),
                "majority": np.array([one.majority for one in predictions]) / n,
                "p": p[found],
            },
        )


def _groups_of(rows: NDArray[np.intp], data: AuditData) -> NDArray[np.int64] | None:
    """Codes of the groups of rows; an item in none stands alone."""
    if data.groups is None:
        return None
    return np.where(data.groups < 0, -1 - np.arange(data.n), data.groups)[rows]


@dataclass(frozen=True)
class Prediction:
    """How well the value of a property predicts the label of held-out items.

    Attributes
    ----------
    n, right, majority : int
        Items, those predicted right, and those that have the most frequent label.
    p : float
        Of a sign test that the property is no better than the most frequent label.
    """

    n: int
    right: int
    majority: int
    p: float

    @property
    def score(self) -> float:
        """The share of the errors that remains, at most 1."""
        return min(1.0, (self.n - self.right) / max(self.n - self.majority, 1))


def predict_by_value(
    codes: NDArray[np.int64],
    labels: NDArray[np.int64],
    folds: NDArray[np.int64],
    groups: NDArray[np.int64] | None = None,
) -> Prediction:
    """Predict labels (n,) of each fold by the most frequent one of the same value in the others."""
    _, codes = np.unique(codes, return_inverse=True)
    shape = (int(folds.max()) + 1, int(codes.max()) + 1, int(labels.max()) + 1)
    cells = np.ravel_multi_index((folds, codes, labels), shape)
    held = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
    training = held.sum(axis=0) - held
    frequent = training.sum(axis=1).argmax(axis=1)
    # A value that training items lack says nothing, and ties go to the most frequent label.
    best = training.argmax(axis=2)
    of_frequent = np.take_along_axis(training, frequent[:, None, None], axis=2)[:, :, 0]
    guess = np.where(of_frequent == training.max(axis=2), frequent[:, None], best)
    right, majority = guess[folds, codes] == labels, frequent[folds] == labels
    p = _sign_test(right.astype(np.int8) - majority.astype(np.int8), groups)
    return Prediction(len(labels), int(right.sum()), int(majority.sum()), p)


def _sign_test(gains: NDArray[Any], groups: NDArray[np.int64] | None) -> float:
    """The chance of so many gains or more among gains and losses, if both were as likely."""
    if groups is not None:
        gains = np.bincount(np.unique(groups, return_inverse=True)[1], gains)
    gained, lost = int((gains > 0).sum()), int((gains < 0).sum())
    return float(betainc(gained, lost + 1, 0.5)) if gained else 1.0


def _sentence(facts: Facts) -> str:
    return (
        f"alone it predicts {facts['accuracy']:.1%} of held-out labels "
        f"({facts['low']:.1%} to {facts['high']:.1%}), the most frequent label "
        f"{facts['majority']:.1%}"
    )
