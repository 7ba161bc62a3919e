"""Votes of rules as a matrix, for networks that read them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import CapabilityError, DataError
from labelwright.core.validation import check_same_length
from labelwright.core.votes import Votes
from labelwright.nn._torch import nn, torch


def vote_codes(votes: Votes, X: Any) -> NDArray[np.int64]:
    """Class code (n_items, n_rules) of each vote, -1 where there is none.

    Raises
    ------
    DataError
        If X has another number of rows than there are items, or nothing was voted on.
    CapabilityError
        If a vote leaves several classes open.
    """
    if votes.has_open_answers:
        raise CapabilityError(
            "Some votes leave several classes open; each must be for one class here.",
            hint="LabelClassifier on the posterior of an aggregator takes such votes.",
        )
    check_same_length(X=X, items=votes.items)
    if not len(votes):
        raise DataError("There are no votes to learn from.", hint="Every label is missing.")
    codes = np.full((votes.n_items, votes.n_annotators), -1)
    codes[votes.item, votes.annotator] = votes.label
    return codes


def one_hot(codes: torch.Tensor, n_classes: int) -> torch.Tensor:
    """Votes (n, m) as (n, m, K): a one at the class, zeros where there is no vote."""
    cells: torch.Tensor = nn.functional.one_hot(codes + 1, n_classes + 1)[..., 1:]
    return cells.float()
