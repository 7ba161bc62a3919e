"""How labels come to be wrong in each group of items, such as those of one labeller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.params import Real, check_argument
from labelwright.core.results import Result
from labelwright.core.validation import check_same_length
from labelwright.estimation._labels import encode_labels
from labelwright.learning.noisy.hoc import HOC

__all__ = ["GroupTransitions", "per_group_transition"]

Matrix = NDArray[np.float64]

# Of a smaller group, nothing is learnt.
FEWEST = 50


@dataclass(frozen=True, eq=False)
class GroupTransitions(Result):
    """The noise of labels, group by group.

    Attributes
    ----------
    groups : (G,) array
    transitions : (G, K, K) float64
        Chances [group, true, given], drawn towards those of all.
    overall : (K, K) float64
        Of all items together.
    n_items : (G,) int64
    own_weight : (G,) float64
        How much of a group's transition is from its own items; the rest is ``overall``.
    classes : tuple
    """

    kind: ClassVar[str] = "group_transitions"

    groups: NDArray[Any]
    transitions: NDArray[np.float64]
    overall: Matrix
    n_items: NDArray[np.int64]
    own_weight: NDArray[np.float64]
    classes: tuple[Any, ...]

    def to_table(self) -> Any:
        """One row a group, true and given class."""
        import polars as pl

        group, true, given = np.indices(self.transitions.shape).reshape(3, -1)
        names = np.array(self.classes, dtype=object)
        return pl.DataFrame(
            {
                "group": self.groups[group].tolist(),
                "true": names[true].tolist(),
                "given": names[given].tolist(),
                "chance": self.transitions.ravel(),
            },
            strict=False,
        )


def per_group_transition(
    features: Any,
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    strength: float = 1000.0,
    hoc: HOC | None = None,
) -> GroupTransitions:
    """The noise of labels in each group of items, such as those of one labeller or one source.

    Where some groups are labelled better than others, one transition for all is wrong for each.

    Parameters
    ----------
    features, labels : array-like with a row an item
        As in :meth:`HOC.fit`.
    groups : (n,) array-like
        Which group each item is of. Neighbours are looked for within it. Groups of fewer than fifty
        items, or of a single label, have the transition of all.
    classes : sequence, optional
        The classes in order.
    strength : float
        So many items does the transition of all count for in each group.
    hoc : HOC, optional
        How the noise is learnt.

    Returns
    -------
    GroupTransitions

    References
    ----------
    Liu, Cheng and Zhang, 2023, Identifiability of label noise transition matrix, for groups that
    share a transition as what makes it identifiable.
    """
    check_argument("strength", strength, Real(0))
    check_same_length(features=features, labels=labels, groups=groups)
    codes, names = encode_labels(labels, classes)
    model = hoc or HOC()
    everything = model.clone().fit(features, codes, classes=range(len(names)))
    found, place = np.unique(np.asarray(groups), return_inverse=True)
    matrix = features if hasattr(features, "tocsr") else np.asarray(features)
    overall = everything.transition_
    transitions, own_weight = np.tile(overall, (found.size, 1, 1)), np.zeros(found.size)
    n_items = np.bincount(place[codes >= 0], minlength=found.size)
    for group in range(found.size):
        rows = np.flatnonzero((place == group) & (codes >= 0))
        if rows.size < FEWEST or np.unique(codes[rows]).size < 2:
            continue
        own = model.clone().fit(matrix[rows], codes[rows], classes=range(len(names)))
        own_weight[group] = rows.size / (rows.size + strength)
        transitions[group] += own_weight[group] * (own.transition_ - overall)
    return GroupTransitions(found, transitions, overall, n_items, own_weight, names)
