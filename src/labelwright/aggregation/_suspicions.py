"""One kind of misbehaviour, tested for every annotator; the tests of votes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._peer_beliefs import PeerBeliefs, tail_above, tail_below

__all__ = ["FEWEST", "Suspicion", "counted", "of_votes"]

Floats = NDArray[np.float64]

# Nobody is judged on fewer votes, nor a pair on fewer items.
FEWEST = 20
# A spammer has less than this part of the average annotator's lead over chance, and may have none.
SKILL = 0.5
NO_BETTER = 0.05
ONE_LABEL = 0.95
# How much more often than the others somebody must confuse two classes, and on how many votes.
MARGIN = 0.1
FEWEST_OF_CLASS = 10


@dataclass(frozen=True)
class Suspicion:
    """Evidence of one kind against every annotator.

    Attributes
    ----------
    kind : str
    p : (n_annotators,) float64
        Probability of such evidence without misbehaviour; NaN where there is nothing to judge by.
    explain : function of an annotator's code
        A sentence, and its figures by name.
    """

    kind: str
    p: Floats
    explain: Callable[[int], tuple[str, dict[str, Any]]]


def counted(part: float, whole: float) -> str:
    """A share in words, as counts.

    Examples
    --------
    >>> counted(12, 40)
    '12 of 40'
    """
    return f"{part:,.0f} of {whole:,.0f}"


def of_votes(peers: PeerBeliefs) -> list[Suspicion]:
    """Below chance, one label, spam and confusions: what the votes alone can show."""
    used = peers.total(np.ones(len(peers.votes)))
    judged = used >= FEWEST
    return [
        _below_chance(peers, used, judged),
        _one_label(peers, used, judged),
        _spam(peers, used, judged),
        _confuses(peers, judged),
    ]


def _below_chance(peers: PeerBeliefs, used: Floats, judged: NDArray[np.bool_]) -> Suspicion:
    right, chance = peers.total(peers.right), peers.total(peers.chance)
    p = tail_below(right, used, chance / np.maximum(used, 1))

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        why = (
            f"agrees with the others on {counted(right[a], used[a])} items, where drawing lots "
            f"would agree on {chance[a]:,.0f}: are classes mixed up?"
        )
        return why, {"votes": used[a], "agreed": right[a], "by_chance": chance[a]}

    return Suspicion("below chance", np.where(judged, p, np.nan), explain)


def _one_label(peers: PeerBeliefs, used: Floats, judged: NDArray[np.bool_]) -> Suspicion:
    is_top = peers.votes.label == peers.top[peers.votes.annotator]
    same, usual = peers.total(is_top), peers.total(peers.usual)
    p = tail_above(same, used, usual / np.maximum(used, 1)) * peers.counts.shape[2]
    p = np.where(same >= ONE_LABEL * used, p, 1.0).clip(max=1.0)

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        label = peers.votes.answers[peers.top[a]]
        why = (
            f"says {label!r} on {counted(same[a], used[a])} items, where the others would on "
            f"{usual[a]:,.0f}"
        )
        return why, {"label": label, "votes": used[a], "said": same[a], "expected": usual[a]}

    return Suspicion("always the same label", np.where(judged, p, np.nan), explain)


def _spam(peers: PeerBeliefs, used: Floats, judged: NDArray[np.bool_]) -> Suspicion:
    right, chance = peers.total(peers.right), peers.total(peers.chance)
    expected = peers.total(peers.expected)
    least = chance + SKILL * np.maximum(expected - chance, 0)
    some = np.maximum(used, 1)
    p = tail_below(right, used, least / some)
    p = np.where(tail_above(right, used, chance / some) > NO_BETTER, p, 1.0)

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        why = (
            f"what they say hardly depends on the item: agrees with the others on "
            f"{counted(right[a], used[a])} items, where drawing lots would agree on "
            f"{chance[a]:,.0f} and the average annotator on {expected[a]:,.0f}"
        )
        figures = {"votes": used[a], "agreed": right[a], "by_chance": chance[a]}
        return why, figures | {"expected": expected[a]}

    return Suspicion("spam", np.where(judged, p, np.nan), explain)


def _confuses(peers: PeerBeliefs, judged: NDArray[np.bool_]) -> Suspicion:
    counts, classes = peers.counts, peers.votes.classes
    n_of_class = counts.sum(axis=2)
    others = (counts.sum(axis=0) - counts).clip(min=0)
    usual = (others + peers.crowd) / (others.sum(axis=2, keepdims=True) + 1)
    wrong = ~classes.candidates[: counts.shape[2]].T
    eligible = wrong & (n_of_class >= FEWEST_OF_CLASS)[:, :, None]
    trials = np.broadcast_to(n_of_class[:, :, None], counts.shape)
    each = np.where(eligible, tail_above(counts, trials, usual + MARGIN), 1.0)
    each = each.reshape(len(counts), -1)
    worst = each.argmin(axis=1)
    p = each[np.arange(len(each)), worst] * eligible.reshape(each.shape).sum(axis=1)
    p = np.where(judged & eligible.any(axis=(1, 2)), p.clip(max=1.0), np.nan)

    def explain(a: int) -> tuple[str, dict[str, Any]]:
        true, given = (int(place) for place in np.unravel_index(worst[a], counts.shape[1:]))
        name, said = classes.names[true], peers.votes.answers[given]
        n, times, share = n_of_class[a, true], counts[a, true, given], usual[a, true, given]
        why = (
            f"says {said!r} for {name!r} on {counted(times, n)} items, where the others would on "
            f"{share * n:,.0f}"
        )
        figures = {"true": name, "given": said, "votes": n, "times": times}
        return why, figures | {"expected": share * n}

    return Suspicion("confuses two classes", p, explain)
