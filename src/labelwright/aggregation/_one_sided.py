"""Annotators who only ever say one label, as most hand-written rules do.

Of such an annotator a confusion matrix says only how often the label is given once they vote at
all: always. Whether they are right cannot be learnt from that, and a model of confusions is free to
put nearly all items into one class.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelwright.core.votes import Votes

__all__ = ["ENOUGH_VOTES", "answers_given", "one_sided_share"]

ENOUGH_VOTES = 5


def answers_given(votes: Votes) -> NDArray[np.int64]:
    """How often each annotator gave each answer (n_annotators, n_answers), whatever the weights."""
    k = len(votes.answers)
    cells = votes.annotator.astype(np.int64) * k + votes.label
    return np.bincount(cells, minlength=votes.n_annotators * k).reshape(-1, k)


def one_sided_share(votes: Votes) -> float:
    """Share of the annotators with a few votes who only ever gave one label.

    It is 0 where all votes agree on one label, since there is then nothing to tell apart.
    """
    table = answers_given(votes)
    judged = table.sum(axis=1) >= ENOUGH_VOTES
    if not judged.any() or np.count_nonzero(table.sum(axis=0)) < 2:
        return 0.0
    return float((np.count_nonzero(table, axis=1) == 1)[judged].mean())
