"""Annotators who agree more than two who work on their own would: copies, and collusion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr, ndtri

from labelwright.aggregation._peer_beliefs import PeerBeliefs, tail_above
from labelwright.aggregation._suspicions import FEWEST, Suspicion, counted
from labelwright.core.votes import Votes

__all__ = ["copying"]

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
class _Pairs:
    """Pairs of annotators who share enough items, and how often they agree.

    The last two are sums over all pairs of votes, also of annotators who share few items: how
    many differ, and how many were expected to.
    """

    first: Codes
    second: Codes
    shared: Floats
    agreed: Floats
    expected: Floats
    all_seen: float
    all_expected: float


def copying(peers: PeerBeliefs) -> Suspicion:
    """Agreement of pairs beyond what the others' votes and their confusions make likely."""
    pairs = _pairs(peers)
    excess = _excess(pairs)
    n = peers.votes.n_annotators
    # Each pair stands here for either of the two; the last entry of each is the strongest pair.
    mine = np.concatenate([pairs.first, pairs.second])
    other = np.concatenate([pairs.second, pairs.first])
    order = np.argsort(np.tile(excess, 2), kind="stable")
    strongest = np.full(n, -1)
    strongest[mine[order]] = order
    n_partners = np.bincount(mine, minlength=n)
    p = np.full(n, np.nan)
    paired = strongest >= 0
    p[paired] = ndtr(-np.tile(excess, 2)[strongest[paired]]) * n_partners[paired]

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        pair, (name,) = strongest[a], peers.votes.annotators[other[strongest[[a]]]].tolist()
        shared, agreed, expected = (
            float(np.tile(values, 2)[pair])
            for values in (pairs.shared, pairs.agreed, pairs.expected)
        )
        why = (
            f"agrees with {name} on {counted(agreed, shared)} items that both labelled, where two "
            f"such annotators on their own would on {expected:,.0f}"
        )
        figures = {"partner": name, "shared": shared, "agreed": agreed, "expected": expected}
        return why, figures

    return Suspicion("copies or is copied", np.minimum(p, 1.0), explain)


def _excess(pairs: _Pairs) -> Floats:
    """How far each pair agrees beyond chance, as a normal deviate.

    Items that mislead all make all pairs agree more than expected. So disagreement is expected as
    far as all other pairs show it, and where there are enough pairs, deviates are measured by
    those of the typical pair: the median, and the spread below it, which copies do not reach.
    """
    if not pairs.shared.size:
        return np.zeros(0)
    rest = pairs.all_expected - (pairs.shared - pairs.expected)
    seen = pairs.all_seen - (pairs.shared - pairs.agreed)
    usual = np.divide(seen, rest, out=np.ones_like(rest), where=rest > 1).clip(0, 1)
    expected = 1 - usual * (1 - pairs.expected / pairs.shared)
    p = tail_above(pairs.agreed, pairs.shared, expected)
    deviate = -ndtri(p.clip(1e-300, 1 - 1e-12))
    if deviate.size < ENOUGH_PAIRS:
        return np.asarray(deviate)
    low, middle = np.quantile(deviate, [0.159, 0.5])
    return np.asarray((deviate - max(middle, 0.0)) / max(middle - low, 1.0))


def _pairs(peers: PeerBeliefs) -> _Pairs:
    votes, n = peers.votes, peers.votes.n_annotators
    chosen = _often(votes)
    if np.unique(votes.annotator[chosen]).size < FEWEST_PEOPLE:
        chosen[:] = False
    # Of two votes on an item nothing is known but by a third, or gold.
    chosen &= ((np.diff(votes.indptr) > 2) | peers.known)[votes.item]
    keys = _who_share(votes, chosen)
    beliefs, habits = peers.with_all_alike()
    agreed, expected, shared = np.zeros((3, keys.size))
    all_seen = all_expected = 0.0
    for left, right in _vote_pairs(votes, np.flatnonzero(chosen), BLOCK_CELLS // habits[0].size):
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
    return _Pairs(keys // n, keys % n, shared, agreed, expected, all_seen, all_expected)


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
