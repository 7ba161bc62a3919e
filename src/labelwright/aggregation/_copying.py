"""Annotators who agree more than two who work on their own would: copies, and collusion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from labelwright.aggregation._peer_beliefs import Beliefs, PeerBeliefs
from labelwright.aggregation._suspicions import Suspicion, counted
from labelwright.aggregation._vote_pairs import Pairs, SharedItems

__all__ = ["copying"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Pairs this far out are looked at once more, each on its own; so many of them at most.
DOUBTFUL = 2.0
MOST = 200
# Steps towards how an annotator answers, judged by the others alone.
STEPS = 20
CROWD_VOTES = 2.0


def copying(peers: PeerBeliefs) -> Suspicion:
    """Agreement of pairs beyond what the others' votes and their confusions make likely."""
    pairs, excess = _pairs_and_excess(peers)
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


def _pairs_and_excess(peers: PeerBeliefs) -> tuple[Pairs, Floats]:
    """Pairs, and how far each agrees beyond chance, the least of two ways to expect it.

    Beliefs that trust all alike are not taken in by copies, but by annotators who lean. Beliefs
    that trust each by their own confusions are right about those, but trust copies, who confirm
    each other. So what the former show is looked at again by the latter, with the confusions of
    the two as the others alone see them.
    """
    items = SharedItems(peers)
    alike = items.pairs(*peers.believed(all_alike=True))
    excess = alike.excess()
    doubtful = np.flatnonzero(excess > DOUBTFUL)
    if not doubtful.size:
        return alike, excess
    beliefs, habits = peers.believed(all_alike=False)
    own = items.pairs(beliefs, habits)
    for pair in doubtful[np.argsort(-excess[doubtful], kind="stable")][:MOST].tolist():
        own.expected[pair] = _expected_by_others(peers, beliefs, own, pair)
    excess[doubtful] = np.minimum(excess, own.excess())[doubtful]
    return own, excess


def _expected_by_others(peers: PeerBeliefs, beliefs: Beliefs, pairs: Pairs, pair: int) -> float:
    """On how many common items two would agree, judged by those who are not of the pair."""
    votes = peers.votes
    one, other = (np.flatnonzero(votes.annotator == w[pair]) for w in (pairs.first, pairs.second))
    _, in_one, in_other = np.intersect1d(votes.item[one], votes.item[other], return_indices=True)
    rates = []
    for own, partners, shared, there in (
        (one, other, in_one, in_other),
        (other, one, in_other, in_one),
    ):
        belief = beliefs.without(own)
        belief[shared] = beliefs.without(own[shared], partners[there])
        rates.append(_confusion(belief, votes.label[own], peers.crowd))
    left, right = one[in_one], other[in_other]
    judged = pairs.judged[votes.item[left]]
    belief = beliefs.without(left[judged], right[judged])
    return float((belief @ (rates[0] * rates[1]).sum(axis=1)).sum())


def _confusion(belief: Floats, label: NDArray[Any], crowd: Floats) -> Floats:
    """How one annotator answers each class (K, n_answers), given beliefs without their votes."""
    rates = crowd
    for _ in range(STEPS):
        weight = belief * rates[:, label].T
        weight /= weight.sum(axis=1, keepdims=True)
        counts = np.zeros_like(crowd).T
        np.add.at(counts, label, weight)
        rates = counts.T + CROWD_VOTES * crowd
        rates /= rates.sum(axis=1, keepdims=True)
    return rates
