"""Misbehaviour that shows in what came along with votes: time, seconds, skips and pre-labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from labelwright.aggregation._peer_beliefs import PeerBeliefs, entropy, tail_above
from labelwright.aggregation._suspicions import FEWEST, Suspicion, counted
from labelwright.core.votes import Votes

__all__ = ["of_conduct"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Too fast: less than this part of the others' time on the same item, on most items.
FAST = 1 / 3
# A fall of agreement that matters, from first to last vote.
FALL = 0.1
FEWEST_SKIPS = 5
# How much more often than the others somebody must take over pre-labels.
MARGIN = 0.05
BINS = 10


def of_conduct(peers: PeerBeliefs, prelabels: NDArray[np.int32]) -> Iterator[Suspicion]:
    """What can be tested with the columns that came along; ``prelabels`` are codes (n_items,)."""
    votes = peers.votes
    if votes.column("seconds") is not None:
        yield _too_fast(votes)
    if votes.column("time") is not None:
        yield _drifts(peers)
    if votes.events is not None and (votes.events["event"] == "skip").any():
        yield _skips(peers)
    if (prelabels >= 0).any():
        yield _accepts(peers, prelabels)


def _too_fast(votes: Votes) -> Suspicion:
    """A sign test: on most items faster than a third of the others' (geometric) mean time."""
    seconds = np.asarray(votes.column("seconds"), dtype=np.float64)
    timed = np.isfinite(seconds) & (seconds > 0)
    log = np.log(seconds, where=timed, out=np.zeros(len(votes)))
    theirs, compared = _of_others(votes, log, timed)
    total = _totals(votes, compared)
    n, fast = total(np.ones(len(votes))), total(log < theirs + np.log(FAST))
    some = np.maximum(n, 1)
    own, usual = np.exp(total(log) / some), np.exp(total(theirs) / some)

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        why = (
            f"took less than a third of the others' time on {counted(fast[a], n[a])} items "
            f"(typically {own[a]:.3g} seconds, the others {usual[a]:.3g})"
        )
        return why, {"votes": n[a], "fast": fast[a], "seconds": own[a], "of_others": usual[a]}

    p = np.where(n >= FEWEST, tail_above(fast, n, np.full(n.size, 0.5)), np.nan)
    return Suspicion("too fast", p, explain)


def _drifts(peers: PeerBeliefs) -> Suspicion:
    """A permutation test of falling agreement, against the others on the same items."""
    votes = peers.votes
    when = np.asarray(votes.column("time"), dtype="datetime64[us]")
    dated = ~np.isnat(when) & peers.used
    # More or less than the average annotator, less what the others show on that item.
    lead = peers.right - peers.expected
    theirs, compared = _of_others(votes, lead, dated)
    lead = lead - np.where(compared, theirs, 0.0)
    order = np.lexsort((when, votes.annotator))
    order = order[dated[order]]
    who = votes.annotator[order]
    n = np.bincount(who, minlength=votes.n_annotators).astype(np.float64)
    begin = np.concatenate([[0], np.cumsum(n)[:-1]])
    place = (np.arange(order.size) - begin[who] + 0.5) / np.maximum(n, 1)[who] - 0.5
    slope, t = _trend(who, place, lead[order], n)
    late = place >= 0
    halves = [
        (
            _sum(who[part], peers.right[order][part], n.size),
            _sum(who[part], 1.0 * part[part], n.size),
        )
        for part in (~late, late)
    ]
    p = np.where(slope <= -FALL, stdtr(np.maximum(n - 2, 1), t), 1.0)

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        (before, n_before), (after, n_after) = ((right[a], size[a]) for right, size in halves)
        why = (
            f"agreement with the others falls: {counted(before, n_before)} items in the first half "
            f"of their votes, {counted(after, n_after)} in the second"
        )
        figures = {"first_half": before, "of_first": n_before, "second_half": after}
        return why, figures | {"of_second": n_after, "change": slope[a]}

    return Suspicion("drifts", np.where(n >= FEWEST, p, np.nan), explain)


def _trend(who: NDArray[np.int32], place: Floats, lead: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Change from first to last vote of each annotator, and its t."""
    some = np.maximum(n, 1)
    mean = _sum(who, lead, n.size) / some
    away = lead - mean[who]
    across, square = _sum(who, place * away, n.size), _sum(who, place**2, n.size)
    spread = _sum(who, away**2, n.size)
    slope = across / np.maximum(square, 1e-12)
    correlation = across / np.sqrt(np.maximum(square * spread, 1e-12))
    correlation = correlation.clip(-1 + 1e-12, 1 - 1e-12)
    return slope, correlation * np.sqrt(np.maximum(n - 2, 0) / (1 - correlation**2))


def _skips(peers: PeerBeliefs) -> Suspicion:
    """A rank test: skipped items are harder than those voted on, more than for the others."""
    votes = peers.votes
    item, who = _skipped(votes)
    doubt = np.concatenate([peers.doubt[peers.used], entropy(peers.posterior)[item]])
    whose = np.concatenate([votes.annotator[peers.used], who])
    skipped = np.concatenate([np.zeros(peers.used.sum()), np.ones(item.size)])
    rank = _mid_ranks(doubt)
    n = votes.n_annotators
    offered, skips = _sum(whose, 1.0 + 0 * rank, n), _sum(whose, skipped, n)
    mean = _sum(whose, rank, n) / np.maximum(offered, 1)
    square = _sum(whose, (rank - mean[whose]) ** 2, n) / np.maximum(offered - 1, 1)
    of_skips = _sum(whose, rank * skipped, n) / np.maximum(skips, 1)
    of_votes = _sum(whose, rank * (1 - skipped), n) / np.maximum(offered - skips, 1)
    enough = (skips >= FEWEST_SKIPS) & (offered >= FEWEST) & (offered > skips)
    variance = square / np.maximum(skips, 1) + square / np.maximum(offered - skips, 1)
    weight = np.divide(1, variance, out=np.zeros(n), where=enough & (variance > 0))
    harder = of_skips - of_votes
    rest = (weight.sum() - weight).clip(min=0)
    theirs = np.divide(
        (weight * harder).sum() - weight * harder, rest, out=np.zeros(n), where=rest > 0
    )
    error = np.sqrt(variance + np.divide(1, rest, out=np.zeros(n), where=rest > 0))
    z = (harder - theirs.clip(min=0)) / np.maximum(error, 1e-12)

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        why = (
            f"skipped {counted(skips[a], offered[a])} items, and harder ones: more doubtful than "
            f"{of_skips[a]:.0%} of all, against {of_votes[a]:.0%} for those they labelled"
        )
        figures = {"skips": skips[a], "offered": offered[a]}
        return why, figures | {"doubt_skipped": of_skips[a], "doubt_voted": of_votes[a]}

    return Suspicion("skips the hard ones", np.where(enough, ndtr(-z), np.nan), explain)


def _mid_ranks(values: Floats) -> Floats:
    """The share of values below each one; of equal values the middle."""
    # Equal beliefs that were added up in another order must still be equal.
    _, which, times = np.unique(values.round(9), return_inverse=True, return_counts=True)
    return ((np.cumsum(times) - times / 2) / max(values.size, 1))[which]


def _skipped(votes: Votes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Item and annotator of each skip on an item that somebody voted on."""
    events = votes.events
    if events is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    rows = events.filter(events["event"] == "skip")
    item, who = (rows[name].to_numpy().astype(np.int64) for name in ("item", "annotator"))
    voted = np.diff(votes.indptr)[item] > 0
    return item[voted], who[voted]


def _accepts(peers: PeerBeliefs, prelabels: NDArray[np.int32]) -> Suspicion:
    """Pre-labels taken over more often than by the others, where they are as likely to be right."""
    votes, n = peers.votes, peers.votes.n_annotators
    label = prelabels[votes.item]
    shown = votes.column("shown")
    seen = peers.used & (label >= 0)
    if shown is not None:
        seen &= np.array([value is True for value in shown.tolist()])
    who, taken = votes.annotator[seen], (votes.label == label)[seen].astype(np.float64)
    likely = peers.in_prelabel[seen]
    width = np.minimum((likely * BINS).astype(np.int64), BINS - 1)
    cell = who.astype(np.int64) * BINS + width
    size, hits = (
        np.bincount(cell, values, minlength=n * BINS).reshape(n, BINS)
        for values in (np.ones(taken.size), taken)
    )
    others, their_hits = size.sum(axis=0) - size, hits.sum(axis=0) - hits
    middle = (np.arange(BINS) + 0.5) / BINS
    usual = (their_hits + middle) / (others + 1)
    votes_seen, accepted, expected = size.sum(axis=1), hits.sum(axis=1), (usual * size).sum(axis=1)
    share = expected / np.maximum(votes_seen, 1) + MARGIN
    p = np.where(votes_seen >= FEWEST, tail_above(accepted, votes_seen, share), np.nan)

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        why = (
            f"took over {counted(accepted[a], votes_seen[a])} pre-labels, where the others would "
            f"have taken over {expected[a]:,.0f} of such"
        )
        figures = {"shown": votes_seen[a], "accepted": accepted[a], "expected": expected[a]}
        return why, figures

    return Suspicion("accepts pre-labels", p, explain)


def _of_others(votes: Votes, values: Floats, counts: Mask) -> tuple[Floats, Mask]:
    """Mean of the others' values on the same item, and for which votes there are any."""
    kept = np.where(counts, values, 0.0)
    n = np.bincount(votes.item, counts, minlength=votes.n_items)[votes.item] - counts
    total = np.bincount(votes.item, kept, minlength=votes.n_items)[votes.item] - kept
    return total / np.maximum(n, 1), counts & (n > 0)


def _totals(votes: Votes, counts: Mask) -> Any:
    """A function that adds up values (n_votes,) over the counting votes of each annotator."""
    return lambda values: np.bincount(
        votes.annotator, np.where(counts, values, 0.0), minlength=votes.n_annotators
    )


def _sum(who: NDArray[Any], values: Floats, n: int) -> Floats:
    return np.bincount(who, values, minlength=n).astype(np.float64)
