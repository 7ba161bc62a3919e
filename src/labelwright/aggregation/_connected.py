"""Which annotators can be compared: those who are linked by items that both voted on.

Annotators of different groups share no item, not even through others. Nothing in the votes says
how the skills of one group stand to those of another, nor whether a whole group is worse than
chance; a method that learns skills from agreement needs to be told that annotators are better than
chance in every group.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labelwright.core.errors import DataWarning
from labelwright.core.votes import Votes

__all__ = ["annotator_groups", "warn_if_apart"]


def annotator_groups(votes: Votes) -> NDArray[np.int32]:
    """Group (n_annotators,) of each annotator, -1 without a vote; group 0 is the largest.

    Two annotators are in one group where a chain of common items leads from one to the other.
    Groups of one size stand in the order of their first annotators. It takes time and memory in
    proportion to the votes.
    """
    n = votes.n_annotators
    # To link each vote on an item with the next one is enough, and leaves the items out.
    after = np.flatnonzero(votes.item[1:] == votes.item[:-1])
    links = (votes.annotator[after], votes.annotator[after + 1])
    graph = coo_array((np.ones(after.size, dtype=np.int8), links), shape=(n, n)).tocsr()
    # Adding up equal links may overflow to zero, which would cut them.
    graph.data[:] = 1
    _, found = connected_components(graph, directed=False)
    voted = np.bincount(votes.annotator, minlength=n) > 0
    groups = np.full(n, -1, dtype=np.int32)
    _, first, code, size = np.unique(
        found[voted], return_index=True, return_inverse=True, return_counts=True
    )
    place = np.empty(size.size, dtype=np.int32)
    place[np.lexsort((first, -size))] = np.arange(size.size, dtype=np.int32)
    groups[voted] = place[code]
    return groups


def warn_if_apart(votes: Votes, name: str) -> NDArray[np.int32]:
    """The groups of annotators, and a warning in the name of a method where there are several."""
    groups = annotator_groups(votes)
    sizes = np.bincount(groups[groups >= 0])
    if sizes.size > 1:
        warnings.warn(
            f"The annotators fall into {sizes.size:,} groups that share no items (the largest of "
            f"{sizes[0]:,}, the smallest of {sizes[-1]:,}). {name} cannot compare skills between "
            "groups, and takes each group to be better than chance on average. Let some annotators "
            "vote on items of both groups, or aggregate each group on its own.",
            DataWarning,
            stacklevel=4,
        )
    return groups
