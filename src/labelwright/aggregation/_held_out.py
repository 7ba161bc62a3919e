"""Votes held out of items that keep others, and how well an aggregator predicts them."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.core.errors import DataError
from labelwright.core.seeds import RandomState, generator
from labelwright.core.votes import Votes

__all__ = ["Fold", "Outcome", "hold_out", "measure"]

# More held-out votes would make the intervals hardly narrower and the bootstrap slow.
MOST_HELD_OUT = 20_000
# Pseudo-votes in each row of an estimated confusion matrix, divided as all annotators together err.
SMOOTHING = 5.0
# No held-out vote counts as less likely than this, so that none decides everything.
LEAST_LIKELY = 1e-6

Floats = NDArray[np.float64]


class Fold(NamedTuple):
    """Votes that are held out, as places among all votes, and all other votes."""

    held_out: NDArray[np.int64]
    rest: Votes


def hold_out(votes: Votes, n_folds: int, random_state: RandomState) -> list[Fold]:
    """One vote, at random, of each item with several; every such item is in one fold.

    A vote that leaves several classes open is never held out.
    """
    for_one_class = np.flatnonzero(votes.is_for_one_class)
    per_item = np.bincount(votes.item[for_one_class], minlength=votes.n_items)
    several = np.flatnonzero((per_item > 0) & (np.diff(votes.indptr) >= 2))
    if several.size < n_folds:
        raise DataError(
            f"{several.size} items have two votes or more, too few to hold out votes in "
            f"{n_folds} folds.",
            hint="Aggregators are compared by votes held out of items that keep others: have at "
            f"least {n_folds} items labelled twice.",
        )
    rng = generator(random_state, "held-out votes")
    items = rng.permutation(several)[:MOST_HELD_OUT]
    before = np.cumsum(per_item) - per_item
    places = for_one_class[before[items] + rng.integers(per_item[items])]
    return [
        Fold(part, votes.select(where=~np.isin(np.arange(len(votes)), part)))
        for part in np.array_split(places, n_folds)
    ]


class Outcome(NamedTuple):
    """What one aggregator did: log-likelihoods of held-out votes, and one fit to all votes."""

    scores: Floats
    codes: NDArray[np.int32]
    seconds: float
    confusion: str


def measure(aggregator: ClassAggregator, votes: Votes, folds: list[Fold], seed: int) -> Outcome:
    """Fit once to all votes and once a fold, always from the same seed."""
    model = aggregator.clone()
    if "random_state" in model.get_params():
        model.set_params(random_state=seed)
    began = time.perf_counter()
    whole = model.clone().fit(votes)
    seconds = time.perf_counter() - began
    own = hasattr(whole, "confusion_")
    scores = [_score(model.clone().fit(fold.rest), votes, fold) for fold in folds]
    confusion = "own" if own else "estimated"
    return Outcome(np.concatenate(scores), whole.codes_, seconds, confusion)


def _score(model: ClassAggregator, votes: Votes, fold: Fold) -> Floats:
    """Log probability of each held-out vote."""
    confusion = getattr(model, "confusion_", None)
    if confusion is None:
        confusion = _estimated_confusion(model.posterior_, fold.rest)
    beliefs = model.posterior_[votes.item[fold.held_out]]
    chances = confusion[votes.annotator[fold.held_out], :, votes.label[fold.held_out]]
    found = np.einsum("ik,ik->i", beliefs, chances)
    if not np.isfinite(found).all():
        raise DataError("Some of its beliefs are not finite.")
    return np.log(found.clip(min=LEAST_LIKELY))


def _estimated_confusion(beliefs: Floats, votes: Votes) -> Floats:
    """Confusions (n_annotators, K, K) that follow from beliefs (n_items, K)."""
    if votes.has_open_answers:
        votes = votes.select(where=votes.is_for_one_class)
    counts, _ = OneHotVotes(votes).counts(beliefs)
    together = counts.sum(axis=0) + 1
    counts += SMOOTHING * together / together.sum(axis=1, keepdims=True)
    return counts / counts.sum(axis=2, keepdims=True)
