"""How often rules agree, against how often independent ones would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelwright.core.votes import Votes

__all__ = ["dependence"]

Floats = NDArray[np.float64]


def dependence(
    votes: Votes, gold: NDArray[np.int32], belief: Floats | None
) -> tuple[Floats | None, Floats | None]:
    """How often two rules said the same, and how often they would if independent given the class.

    Not voting is an answer too: of two rules that know one class only, each with its own words,
    the records on which they speak are all that could give a dependence away.
    """
    known = gold >= 0
    if known.any():
        true = np.eye(votes.classes.n_classes)[gold] * known[:, None]
    elif belief is not None:
        true = belief
    else:
        return None, None
    n_rules = votes.n_annotators
    counted = true.sum(axis=1) > 0
    of_class = true.sum(axis=0)
    together, expected = np.zeros((n_rules, n_rules)), np.zeros((n_rules, n_rules))
    for label in range(len(votes.classes.answers)):
        chosen = (votes.label == label) & counted[votes.item]
        item, rule = votes.item[chosen], votes.annotator[chosen]
        ones = np.ones(item.size)
        spoke = sparse.csr_array((ones, (item, rule)), shape=(votes.n_items, n_rules))
        together += (spoke.T @ spoke).toarray()
        per_class = spoke.T @ true
        expected += (per_class / np.where(of_class > 0, of_class, 1)) @ per_class.T
    return together, expected
