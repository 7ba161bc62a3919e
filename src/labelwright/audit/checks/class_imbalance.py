"""Classes that hardly any item has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.findings import Facts, Findings
from labelwright.core.params import Accepts, Real

__all__ = ["ClassImbalanceCheck"]


class ClassImbalanceCheck(Check):
    """Classes with far fewer items than an equal share, down to none.

    Parameters
    ----------
    fraction : float
        A class is rare if its share is below this part of 1 / K.

    Notes
    -----
    Items of a rare class, and of the rarest one, score that class's share, all others 1. The score
    of a class is its share of the labels, that of the whole the share of classes that are not
    rare. Marks and scores are those of cleanlab's Datalab where one class is rare; of several it
    marks the rarest only, and it does not know classes without items.
    """

    name = "class_imbalance"
    needs = ("labels",)
    _accepts: ClassVar[Mapping[str, Accepts]] = {"fraction": Real(0, 1)}

    def __init__(self, fraction: float = 0.1) -> None:
        self.fraction = fraction

    def find(self, data: AuditData) -> Findings:
        """The rare classes, the rarest first."""
        labels = data.known(data.labels)
        k = data.n_classes
        # Items without a label are counted last and cut off.
        counts = np.bincount(np.where(labels < 0, k, labels), minlength=k + 1)[:k]
        shares = counts / counts.sum()
        rare = np.flatnonzero(shares < self.fraction / k)
        present = np.flatnonzero(counts)
        low = np.union1d(rare, present[[shares[present].argmin()]])
        by_class = np.ones(k + 1)
        by_class[low] = shares[low]
        # -1 reads the last entry.
        by_class[k] = np.nan
        return Findings.worst_first(
            check=self.name,
            of="class",
            subject=data.classes_of(rare),
            scores=shares[rare],
            kinds=np.where(counts[rare] == 0, "class without items", "rare class"),
            reason=_sentence,
            score=1 - len(rare) / k,
            evidence={
                "n": counts[rare],
                "share": shares[rare],
                "equal_share": np.full(len(rare), 1 / k),
            },
            item_scores=by_class[labels],
        )


def _sentence(facts: Facts) -> str:
    if facts["n"] == 0:
        return "no item has this label"
    items = "item has" if facts["n"] == 1 else "items have"
    return (
        f"{facts['n']:,} {items} this label, {facts['share']:.2%} of all; "
        f"an equal share would be {facts['equal_share']:.2%}"
    )
