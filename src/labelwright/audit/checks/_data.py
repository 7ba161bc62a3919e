"""What an audit looks at, and what several checks derive from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from labelwright.audit._predictions import Predictions, named, read_predictions
from labelwright.core.errors import DataError
from labelwright.core.seeds import RandomState
from labelwright.core.spaces import Classes
from labelwright.core.validation import first_row
from labelwright.core.votes import Votes
from labelwright.estimation.folds import join_groups
from labelwright.retrieval import NeighbourGraph, duplicate_groups, near_duplicates

if TYPE_CHECKING:
    import polars as pl

__all__ = ["AuditData"]

MOST_FOR_NEIGHBOURS = 50_000
"""Comparing all pairs of more rows takes minutes."""


@dataclass(frozen=True, eq=False)
class AuditData:
    """The data of an audit; whatever was not given is None.

    Attributes
    ----------
    n : int
        Number of items.
    labels : (n,) int64
        Codes, -1 where an item has no label.
    space : Classes
        The classes, where they are named.
    probabilities : (n, K) array
        The user's own array: it is never copied as a whole.
    features : (n, d) array or CSR array
    table : polars frame of n rows
    texts : list of str
        None where an item has no text.
    groups : (n,) int64
        Codes into ``group_names``, -1 where an item has none.
    group_names : array
    split : (n,) int64
        Codes into ``split_names``, -1 where an item has none.
    split_names : array
    votes : Votes
        On the n items, in their order.
    ids : (n,) array
        Names of the items.
    random_state : int, Generator, SeedSequence or None
    """

    n: int
    labels: NDArray[np.int64] | None = None
    space: Classes | None = None
    probabilities: NDArray[Any] | None = None
    features: Any = None
    table: pl.DataFrame | None = None
    texts: list[str | None] | None = None
    groups: NDArray[np.int64] | None = None
    group_names: NDArray[Any] | None = None
    split: NDArray[np.int64] | None = None
    split_names: NDArray[Any] | None = None
    votes: Votes | None = None
    ids: NDArray[Any] | None = None
    given_graph: NeighbourGraph | None = None
    random_state: RandomState = 0

    @property
    def n_classes(self) -> int:
        """K: columns of probabilities, else named classes, else the largest code and one."""
        if self.probabilities is not None:
            return int(self.probabilities.shape[1])
        if self.space is not None:
            return self.space.n_classes
        return 0 if self.labels is None else int(self.labels.max(initial=-1)) + 1

    @cached_property
    def labelled(self) -> NDArray[np.intp]:
        """Rows that have a label."""
        return np.flatnonzero(self.known(self.labels) >= 0)

    @cached_property
    def predictions(self) -> Predictions:
        """Labels and probabilities of the labelled rows, read in one pass."""
        codes, matrix = self.known(self.labels), self.known(self.probabilities)
        if len(self.labelled) < self.n:
            codes, matrix = codes[self.labelled], matrix[self.labelled]
        return replace(read_predictions(codes, matrix), space=self.space)

    @cached_property
    def graph(self) -> NeighbourGraph:
        """Neighbours of all items; ask :meth:`why_not` first whether they can be found."""
        if self.given_graph is not None:
            return self.given_graph
        return NeighbourGraph.build(self.known(self.features))

    @cached_property
    def incomplete(self) -> NDArray[np.bool_]:
        """Rows of the features with a number that is missing or infinite."""
        features = self.known(self.features)
        if not sp.issparse(features):
            return ~np.isfinite(features).all(axis=1)
        bad = np.zeros(self.n, dtype=bool)
        bad[features.tocoo().row[~np.isfinite(features.data)]] = True
        return bad

    @cached_property
    def exact_sets(self) -> NDArray[np.int64]:
        """Codes (n,) of sets of identical records, -1 for a record alone.

        Records are identical if their texts are, or without texts their features.
        """
        codes = np.arange(self.n)
        if self.texts is not None:
            codes = duplicate_groups(self.texts)
        elif self.features is not None:
            # Rows of missing numbers look the same and say nothing.
            codes = np.where(self.incomplete, codes + self.n, duplicate_groups(self.features))
        return _of_several(codes)

    @cached_property
    def duplicate_sets(self) -> NDArray[np.int64]:
        """Codes (n,) of sets of identical and nearly identical records, -1 for a record alone."""
        near = np.full(self.n, -1)
        sets = near_duplicates(self.graph) if self.has("graph") else []
        if sets:
            near[np.concatenate(sets)] = np.repeat(np.arange(len(sets)), [len(s) for s in sets])
        alone = self.n + np.arange(self.n)
        exact = np.where(self.exact_sets >= 0, self.exact_sets, alone)
        return _of_several(join_groups(self.n, exact, near))

    @cached_property
    def vote_counts(self) -> NDArray[np.int64] | None:
        """Votes of each item for each class (n, K), where both have the same classes."""
        if self.votes is None or not isinstance(self.votes.space, Classes):
            return None
        names = list(range(self.n_classes)) if self.space is None else list(self.space.names)
        voted = self.votes.classes.names
        if not set(voted) <= set(names):
            return None
        counts = np.zeros((self.n, len(names)), dtype=np.int64)
        counts[:, [names.index(name) for name in voted]] = self.votes.counts()
        return counts

    def conflicting(self, sets: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The labelled rows of each set that has more than one label.

        ``sets`` holds equal codes (n,) for rows of one set; negative ones are in none.
        """
        labels = self.known(self.labels)
        rows = np.flatnonzero((sets >= 0) & (labels >= 0))
        rows = rows[np.argsort(sets[rows], kind="stable")]
        starts = np.flatnonzero(np.diff(sets[rows], prepend=-1))
        if not len(rows):
            return []
        low = np.minimum.reduceat(labels[rows], starts)
        high = np.maximum.reduceat(labels[rows], starts)
        parts = np.split(rows, starts[1:])
        return [parts[place] for place in np.flatnonzero(low < high).tolist()]

    def has(self, name: str) -> bool:
        """Whether an attribute is there, or for ``graph`` could be found."""
        return not self._why_no_graph if name == "graph" else getattr(self, name) is not None

    def known(self, value: Any) -> Any:
        """The value, which a check may count on since it stands in its needs."""
        if value is None:
            raise DataError(
                "A check used data that were not given.", hint="State them in its needs."
            )
        return value

    def names(self, rows: NDArray[Any]) -> NDArray[Any]:
        """What items are called in sentences: their ids, or else their rows."""
        return rows if self.ids is None else self.ids[rows]

    def decoded(self) -> Any:
        """The labels of all items by name, None where there is none; codes if none are named."""
        codes = self.known(self.labels)
        return codes if self.space is None else self.space.decode(codes)

    def classes_of(self, codes: NDArray[Any]) -> NDArray[Any]:
        """The labels of codes, or the codes themselves where no classes were named."""
        return named(codes, self.space)

    def why_not(self, needs: Sequence[str]) -> str:
        """What is missing of the needs of a check, in words; nothing if it can run.

        A need is the name of an attribute, or several joined by "or".
        """
        reasons = []
        for need in needs:
            options = need.split(" or ")
            if not any(self.has(option) for option in options):
                reasons.append(self._why_lacking(options))
        return "; ".join(reasons)

    def _why_lacking(self, options: Sequence[str]) -> str:
        if "graph" in options and self.features is not None:
            return self._why_no_graph
        named = ("features" if option == "graph" else option for option in options)
        return "needs " + " or ".join(dict.fromkeys(named))

    @cached_property
    def _why_no_graph(self) -> str:
        if self.given_graph is None and self.features is None:
            return "needs features"
        if self.n < 2:
            return "needs two items or more"
        if self.given_graph is not None:
            return ""
        if self.n > MOST_FOR_NEIGHBOURS:
            return (
                f"{self.n:,} items are too many to compare all pairs "
                f"(up to {MOST_FOR_NEIGHBOURS:,}; else give graph=)"
            )
        row = first_row(self.incomplete)
        return "" if row is None else f"row {row} of features holds a missing or infinite number"


def _of_several(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The codes that several rows share; -1 in place of the others."""
    return np.where(np.bincount(codes)[codes] > 1, codes, -1)
