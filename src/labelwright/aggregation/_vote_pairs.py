"""Pairs of annotators who share items: how often they agree, and how often they were to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtri

from labelwright.aggregation._peer_beliefs import Beliefs, PeerBeliefs, tail_above
from labelwright.aggregation._suspicions import FEWEST
from labelwright.core.votes import Votes

__all__ = ["Pairs", "SharedItems"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Among fewer, two good annotators cannot be told from two who copy each other.
FEWEST_PEOPLE = 5
# Pairs of votes on one item that are looked at; beyond, only annotators with most votes are paired.
MAX_PAIRS = 2**25
# From so many pairs on, the typical pair is known well enough to measure others by it.
ENOUGH_PAIRS = 20
# Numbers held at a time while pairs are compared.
BLOCK_CELLS = 1 << 22


@dataclass(frozen=True)
class Pairs:
    """Pairs of annotators who share enough items, and how often they agree.

    Attributes
    ----------
    first, second : (m,) int64
    shared, agreed, expected : (m,) float64
        Common items that count, agreements on them, and how many were expected.
    all_seen, all_expected : float
        How many of all pairs of votes differ, also of annotators who share few items, and how many
        were expected to.
    judged : (n_items,) bool
        Items that count.
    """

    first: Codes
    second: Codes
    shared: Floats
    agreed: Floats
    expected: Floats
    all_seen: float
    all_expected: float
    judged: NDArray[np.bool_]

    def excess(self) -> Floats:
        """How far each pair agrees beyond chance, as a normal deviate.

        Items that mislead all make all pairs agree more than expected. So disagreement is expected
        as far as all other pairs show it, and where there are enough pairs, deviates are measured
        by those of the typical pair: the median, and the spread below it, which copies do not
        reach.
        """
        some = np.maximum(self.shared, 1)
        rest = self.all_expected - (self.shared - self.expected)
        seen = self.all_seen - (self.shared - self.agreed)
        usual = np.divide(seen, rest, out=np.ones_like(rest), where=rest > 1).clip(0, 1)
        share = 1 - usual * (1 - self.expected / some)
        p = np.where(self.shared >= FEWEST, tail_above(self.agreed, self.shared, share), 1.0)
        deviate = np.asarray(-ndtri(p.clip(1e-300, 1 - 1e-12)))
        judged = deviate[self.shared >= FEWEST]
        if judged.size < ENOUGH_PAIRS:
            return deviate
        low, middle = np.quantile(judged, [0.159, 0.5])
        return (deviate - max(middle, 0.0)) / max(middle - low, 1.0)


class SharedItems:
    """The items that annotators with enough votes share, and which pairs share enough of them."""

    def __init__(self, peers: PeerBeliefs) -> None:
        self.votes = votes = peers.votes
        # Of two votes on an item nothing is known but by a third, or gold.
        self.judged = (np.diff(votes.indptr) > 2) | peers.known
        chosen = _often(votes) & self.judged[votes.item]
        if np.unique(votes.annotator[chosen]).size < FEWEST_PEOPLE:
            chosen[:] = False
        self.chosen = np.flatnonzero(chosen)
        self.keys = _who_share(votes, chosen)

    def pairs(self, beliefs: Beliefs, habits: Floats) -> Pairs:
        """What is expected by beliefs in the items and by how each annotator answers."""
        votes, keys, n = self.votes, self.keys, self.votes.n_annotators
        agreed, expected, shared = np.zeros((3, keys.size))
        all_seen = all_expected = 0.0
        for left, right in _vote_pairs(votes, self.chosen, BLOCK_CELLS // habits[0].size):
            one, other = (votes.annotator[side].astype(np.int64) for side in (left, right))
            belief = beliefs.without(left, right)
            alike = np.einsum("pka,pka,pk->p", habits[one], habits[other], belief)
            same = votes.label[left] == votes.label[right]
            all_seen += float((~same).sum())
            all_expected += float((1 - alike).sum())
            place = np.searchsorted(keys, one * n + other)
            known = place < keys.size
            known[known] = keys[place[known]] == (one * n + other)[known]
            for total, values in ((shared, np.ones(same.size)), (agreed, same), (expected, alike)):
                total += np.bincount(place[known], values[known], minlength=keys.size)
        totals = (shared, agreed, expected, all_seen, all_expected)
        return Pairs(keys // n, keys % n, *totals, judged=self.judged)


def _often(votes: Votes) -> NDArray[np.bool_]:
    """Votes of annotators who have enough, so that all pairs of votes on one item can be held."""
    n_votes = np.bincount(votes.annotator, minlength=votes.n_annotators)
    least = FEWEST
    while True:
        chosen = (n_votes >= least)[votes.annotator]
        per_item = np.bincount(votes.item[chosen], minlength=votes.n_items)
        if int((per_item**2).sum()) // 2 <= MAX_PAIRS or not chosen.any():
            return chosen
        least *= 2


def _who_share(votes: Votes, chosen: NDArray[np.bool_]) -> Codes:
    """Pairs of annotators with enough common items, as sorted first * n_annotators + second."""
    n = votes.n_annotators
    ones = np.ones(int(chosen.sum()))
    given = csr_array(
        (ones, (votes.item[chosen], votes.annotator[chosen])), shape=(votes.n_items, n)
    )
    both = (given.T @ given).tocoo()
    enough = (both.row < both.col) & (both.data >= FEWEST)
    return np.sort(both.row[enough].astype(np.int64) * n + both.col[enough])


def _vote_pairs(votes: Votes, chosen: Codes, size: int) -> Iterator[tuple[Codes, Codes]]:
    """Places of two chosen votes on one item, the one of the earlier annotator first, in blocks."""
    if not chosen.size:
        return
    item = votes.item[chosen]
    later = np.searchsorted(item, item, side="right") - np.arange(chosen.size) - 1
    reached = np.cumsum(later)
    size = max(size, 1)
    cuts = np.searchsorted(reached, np.arange(size, reached[-1] + 1, size))
    for first, last in zip([0, *cuts], [*cuts, chosen.size], strict=True):
        own = later[first:last]
        left = np.repeat(np.arange(first, last), own)
        begin = np.cumsum(own) - own
        right = left + 1 + np.arange(left.size) - np.repeat(begin, own)
        yield chosen[left], chosen[right]
