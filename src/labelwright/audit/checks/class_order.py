"""Columns of probabilities that stand in another order than the classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.findings import Facts, Findings
from labelwright.core.params import Accepts, Real
from labelwright.core.seeds import generator

__all__ = ["ClassOrderCheck"]


class ClassOrderCheck(Check):
    """Probabilities whose columns seem to belong to other classes.

    The model's first guesses are held against the labels: if some other assignment of columns to
    classes agrees with ``gain`` more of the labels, beyond twice what it could by chance, and for
    the classes that move more than twice as often, the columns are probably in another order. All
    other figures from probabilities are then void.

    Parameters
    ----------
    gain : float
        How much more agreement is suspicious, as a share of the labels.

    Notes
    -----
    The score of a class is the share of its labels that the model guesses, that of the whole the
    share of labels that it guesses over the share under the best assignment. Errors that swap two
    classes throughout look the same. Datalab has no such check.
    """

    name = "class_order"
    needs = ("labels", "probabilities")
    _accepts: ClassVar[Mapping[str, Accepts]] = {"gain": Real(0, 1)}

    def __init__(self, gain: float = 0.05) -> None:
        self.gain = gain

    def find(self, data: AuditData) -> Findings:
        """The classes whose columns seem to be elsewhere."""
        k = data.n_classes
        table = _crossed(data.predictions.codes, data.predictions.best, k)
        column = np.arange(k)
        # No order can agree with more labels than the largest entries do.
        if table.max(axis=1).sum() - np.trace(table) >= self.gain * table.sum():
            shuffled = generator(data.random_state, self.name).permutation(data.predictions.best)
            by_chance = _crossed(data.predictions.codes, shuffled, k)
            column = self._assignment(table, _gained(by_chance, _best(by_chance)))
        place = np.arange(k)
        moved = np.flatnonzero(column != place)
        agreeing, better = table[place, place], table[place, column]
        totals = np.maximum(table.sum(axis=1), 1)[moved]
        return Findings.worst_first(
            check=self.name,
            of="class",
            subject=data.classes_of(moved),
            scores=agreeing[moved] / totals,
            kinds="column of another class",
            reason=_sentence,
            score=agreeing.sum() / max(better.sum(), 1),
            evidence={
                "column": data.classes_of(column[moved]),
                "agreeing": agreeing[moved] / totals,
                "agreeing_there": better[moved] / totals,
            },
        )

    def _assignment(self, table: NDArray[np.int64], by_chance: int) -> NDArray[np.int64]:
        """The column (K,) of each class: its own, unless another order is far better."""
        own, best = np.arange(len(table)), _best(table)
        moved = best != own
        here, there = table[own, own][moved].sum(), table[own, best][moved].sum()
        wanted = self.gain * table.sum() + 2 * by_chance
        return best if there - here >= wanted and there > 2 * here else own


def _crossed(
    codes: NDArray[np.int64], guesses: NDArray[np.signedinteger], k: int
) -> NDArray[np.int64]:
    """How often (K, K) each label meets each first guess."""
    return np.bincount(codes * k + guesses, minlength=k * k).reshape(k, k)


def _best(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order (K,) of the columns that agrees with most labels."""
    from scipy.optimize import linear_sum_assignment

    return np.asarray(linear_sum_assignment(table, maximize=True)[1])


def _gained(table: NDArray[np.int64], column: NDArray[np.int64]) -> int:
    return int(table[np.arange(len(table)), column].sum() - np.trace(table))


def _sentence(facts: Facts) -> str:
    return (
        f"the model's first guess is this class for {facts['agreeing']:.0%} of the items so "
        f"labelled, and {facts['column']!r} for {facts['agreeing_there']:.0%}: are the columns "
        f"of the probabilities in the order of the classes?"
    )
