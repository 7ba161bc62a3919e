"""How often tags come together, from a matrix that may have gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import pdtr

from labelwright.core.errors import DataError
from labelwright.core.spaces import Tags
from labelwright.core.stats import benjamini_hochberg
from labelwright.core.validation import first_row
from labelwright.core.votes import Votes

__all__ = ["TagCounts", "count_tags", "read_tags"]

BLOCK_TAGS = 512

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TagCounts:
    """Counts over pairs of tags.

    Attributes
    ----------
    n : int
        Items.
    rows : (T,) float64
        Items with each tag.
    together : (T, T) CSR array
        Items with both.
    known : (T, T) array or None
        Of the items with the tag of the line, those that have a yes or a no for the tag of the
        column; None where nothing is missing.
    both_known : (T, T) array or None
        Items that have a yes or a no for both.
    """

    n: int
    rows: Floats
    together: sp.csr_array
    known: Floats | None
    both_known: Floats | None

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        """Where the entries of ``together`` stand, in order."""
        width = self.together.shape[1]
        lines = np.repeat(np.arange(width), np.diff(self.together.indptr))
        return lines * width + self.together.indices

    def seen(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Floats:
        """Items with tags a and b (m,)."""
        wanted = a * self.together.shape[1] + b
        place = np.searchsorted(self._keys, wanted)
        hit = np.append(self._keys, -1)[place] == wanted
        return np.where(hit, np.append(self.together.data, 0.0)[place], 0.0)

    def given(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Items with tags a and b (m,), and items with tag a for which b is known."""
        both = self.seen(a, b)
        return both, self.rows[a] if self.known is None else self.known[a, b]

    def expected(self, a: Any, b: Any) -> Floats:
        """Items that would have both tags if these were independent."""
        if self.known is None or self.both_known is None:
            return np.asarray(self.rows[a] * self.rows[b] / max(self.n, 1))
        product = self.known[a, b] * self.known[b, a]
        return np.asarray(product / np.maximum(self.both_known[a, b], 1))

    def exclusions(
        self, groups: list[NDArray[np.int64]], fewest: float, most: float, level: float
    ) -> Iterator[tuple[int, int, float]]:
        """Pairs within a group that come together far less often than by chance, with their q."""
        pairs, tails = [], []
        for members in groups:
            for first in range(0, len(members), BLOCK_TAGS):
                lines = members[first : first + BLOCK_TAGS]
                expected = self.expected(lines[:, None], members[None, :])
                a, b = np.nonzero(np.triu(expected, first + 1) >= fewest)
                seen = self.seen(lines[a], members[b])
                pairs.append(np.column_stack([lines[a], members[b], seen <= most * expected[a, b]]))
                tails.append(pdtr(seen, expected[a, b]))
        if pairs:
            adjusted = benjamini_hochberg(np.concatenate(tails))
            for (a, b, rare), q in zip(np.concatenate(pairs).tolist(), adjusted, strict=True):
                if rare and q <= level:
                    yield int(a), int(b), float(q)


def read_tags(tags: Any) -> tuple[sp.csr_array, NDArray[np.bool_] | None, tuple[Any, ...] | None]:
    """Which item has which tag (n, T), where that is known (None: everywhere), and names."""
    if isinstance(tags, Votes):
        return _from_votes(tags)
    if sp.issparse(tags):
        matrix = sp.csr_array(tags, copy=True)
        matrix.eliminate_zeros()
        if not np.isin(matrix.data, (1,)).all():
            raise DataError(
                "A sparse matrix of tags holds something other than 0 and 1.",
                hint="Give a dense matrix if tags are missing (-1).",
            )
        return matrix.astype(np.float64), None, None
    array = np.asarray(tags)
    if array.ndim != 2 or array.dtype.kind not in "iubf":
        raise DataError(
            f"tags has shape {array.shape} and type {array.dtype}.",
            hint="Give a matrix with a row an item and a column a tag, or Votes on Tags.",
        )
    bad = first_row(~np.isin(array, (-1, 0, 1)))
    if bad is not None:
        raise DataError(
            f"Row {bad} of tags holds something other than 0, 1 and -1 (missing).",
            where={"row": bad},
        )
    known = array >= 0
    return sp.csr_array((array == 1).astype(np.float64)), None if known.all() else known, None


def _from_votes(votes: Votes) -> tuple[sp.csr_array, None, tuple[Any, ...]]:
    """A tag holds for an item if at least half of its votes give it; items without one are left."""
    if not isinstance(votes.space, Tags):
        raise DataError(f"The votes are on {votes.space.kind}.", hint="Give votes on Tags.")
    answers = sp.csr_array(votes.space.encode(votes.answers).astype(np.float64))
    cast = sp.csr_array(
        (np.ones(len(votes)), votes.label.astype(np.int64), votes.indptr),
        shape=(votes.n_items, len(votes.answers)),
    )
    per_item = np.diff(votes.indptr)
    given = sp.csr_array(cast @ answers)
    share = given.data / np.repeat(per_item, np.diff(given.indptr))
    given.data = (share >= 0.5).astype(np.float64)
    given.eliminate_zeros()
    return sp.csr_array(given[per_item > 0]), None, tuple(votes.space.names)


def count_tags(positive: sp.csr_array, known: NDArray[np.bool_] | None) -> TagCounts:
    """Count pairs of tags."""
    together = sp.csr_array(positive.T @ positive)
    together.sort_indices()
    rows = np.asarray(positive.sum(axis=0)).ravel()
    if known is None:
        return TagCounts(positive.shape[0], rows, together, None, None)
    sure = known.astype(np.float64)
    return TagCounts(positive.shape[0], rows, together, positive.T @ sure, sure.T @ sure)
