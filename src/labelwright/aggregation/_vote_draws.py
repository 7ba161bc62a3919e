"""Votes as a model of confusions would draw them, for the same people on the same items."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._confusion_em import ConfusionEM
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.aggregation._vote_outcomes import Errors
from labelwright.core.errors import CapabilityError, DataError
from labelwright.core.votes import Votes

__all__ = ["errors_on_redrawn", "items_with_votes"]

# Votes are drawn anew until they are on so many items, but not more often than that.
N_ITEMS = 10_000
MOST_WORLDS = 100


def items_with_votes(votes: Votes) -> NDArray[np.intp]:
    """Places of the items that have votes, of votes that can be drawn anew."""
    if votes.classes.n_classes < 2:
        raise DataError("All votes are for one class, so there is nothing to get wrong.")
    if votes.has_open_answers:
        raise CapabilityError(
            "Some votes leave several classes open, and such votes cannot be drawn from a model.",
            hint="Leave them out: votes.select(where=votes.label < votes.classes.n_classes).",
        )
    voted = np.flatnonzero(np.diff(votes.indptr))
    if voted.size < 4:
        raise DataError(
            f"Only {voted.size} items have votes.", hint="An interval takes four at the very least."
        )
    return voted


def errors_on_redrawn(votes: Votes, model: ConfusionEM, rng: np.random.Generator) -> Errors:
    """Errors of majority and best aggregation on votes drawn for the same people and items."""
    voted = np.flatnonzero(np.diff(votes.indptr))
    right = np.zeros(2)
    n_worlds = min(math.ceil(N_ITEMS / voted.size), MOST_WORLDS)
    for _ in range(n_worlds):
        drawn = _redrawn(votes, model, rng)
        beliefs = OneHotVotes(drawn).posterior(model.confusion_, model.class_prior_)[voted]
        counts = drawn.counts()[voted]
        winners = counts == counts.max(axis=1, keepdims=True)
        by_majority = np.where(winners, beliefs, 0).sum(axis=1) / winners.sum(axis=1)
        right += by_majority.mean(), beliefs.max(axis=1).mean()
    majority, best = 1 - right / n_worlds
    return Errors(float(majority), float(best), 0.0)


def _redrawn(votes: Votes, model: ConfusionEM, rng: np.random.Generator) -> Votes:
    """Other votes of the same people on the same items, as the model has it."""
    truth = rng.choice(model.class_prior_.size, votes.n_items, p=model.class_prior_)
    up_to = np.cumsum(model.confusion_, axis=2)[:, :, :-1]
    given = np.empty_like(votes.label)
    for _, part in votes.blocks():
        rows = up_to[votes.annotator[part], truth[votes.item[part]]]
        given[part] = (rng.random(len(rows))[:, None] > rows).sum(axis=1)
    return replace(votes, label=given)
