"""The figures of each annotator, and the order in which they are to be looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import belief_in_answers
from labelwright.aggregation._peer_beliefs import PeerBeliefs
from labelwright.aggregation._starts import put_gold
from labelwright.core.stats import jeffreys_interval, wilson_interval

__all__ = ["COLUMNS", "figures_of", "informativeness", "ordered"]

Floats = NDArray[np.float64]

COLUMNS = (
    *("annotator", "votes", "agreement", "low", "high", "crowd", "verdict", "informativeness"),
    *("gold_votes", "gold_right", "accuracy", "accuracy_low", "accuracy_high"),
)


def figures_of(
    peers: PeerBeliefs, posterior: Floats, gold: NDArray[np.int32], level: float
) -> dict[str, NDArray[Any]]:
    """Agreement with its interval and what the crowd reaches; with gold, accuracy."""
    votes = peers.votes
    beliefs = put_gold(posterior.copy(), gold)
    found: dict[str, NDArray[Any]] = {"annotator": votes.annotators}
    found["votes"] = np.bincount(votes.annotator, minlength=votes.n_annotators)
    answers = belief_in_answers(beliefs, votes)
    found |= _agreement(peers, beliefs, answers[votes.item, votes.label], level)
    if (gold >= 0).any():
        judged = gold[votes.item] >= 0
        who, item = votes.annotator[judged], votes.item[judged]
        right = votes.classes.candidates[votes.label[judged], gold[item]].astype(np.float64)
        n, hits = (np.bincount(who, w, minlength=votes.n_annotators) for w in (None, right))
        low, high = jeffreys_interval(hits, n, level)
        share = np.divide(hits, n, out=np.full(n.size, np.nan), where=n > 0)
        found |= {"gold_votes": n, "gold_right": hits, "accuracy": share}
        found |= {"accuracy_low": low, "accuracy_high": high}
    return found


def _agreement(
    peers: PeerBeliefs, beliefs: Floats, right: Floats, level: float
) -> dict[str, NDArray[Any]]:
    """Expected share of right votes of each annotator.

    A vote whose item leaves open whether it is right says little about the annotator. By Louis'
    formula the votes count as so many as their beliefs vary, of what certain ones would vary.
    """
    votes, n = peers.votes, peers.votes.n_annotators
    size = np.bincount(votes.annotator, minlength=n).astype(np.float64)
    some = np.maximum(size, 1)
    share = np.bincount(votes.annotator, right, minlength=n) / some
    varies = np.bincount(votes.annotator, (right - share[votes.annotator]) ** 2, minlength=n)
    certain = share * (1 - share)
    trials = np.divide(varies, certain, out=size.copy(), where=certain > 1e-9).clip(max=size)
    low, high = wilson_interval(share * trials, trials, level)
    fits = peers.crowd * votes.classes.candidates[: peers.crowd.shape[1]].T
    usual = (beliefs @ fits.sum(axis=1))[votes.item]
    crowd = np.bincount(votes.annotator, usual, minlength=n) / some
    nobody = size == 0
    columns = {"agreement": share, "low": low, "high": high, "crowd": crowd}
    return {name: np.where(nobody, np.nan, values) for name, values in columns.items()}


def informativeness(peers: PeerBeliefs) -> Floats:
    """Spammer score: mean squared difference of the rows of the confusion matrix, 0 to 1."""
    counts = peers.counts + peers.crowd
    rows = counts / counts.sum(axis=2, keepdims=True)
    k = rows.shape[1]
    if k < 2:
        return np.zeros(len(rows))
    squares = k * (rows**2).sum(axis=(1, 2)) - (rows.sum(axis=1) ** 2).sum(axis=1)
    return np.asarray(squares / (k * (k - 1)))


def ordered(figures: dict[str, NDArray[Any]]) -> NDArray[np.int64]:
    """By the upper end of agreement less the crowd's; who has too few votes last, most first."""
    few = figures["verdict"] == "too few"
    bound = np.where(few, -figures["votes"].astype(float), figures["high"] - figures["crowd"])
    return np.lexsort((np.arange(few.size), bound, few))
