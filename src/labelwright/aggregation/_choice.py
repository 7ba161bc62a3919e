"""Which aggregator suits votes, by what they hold, and why."""

from __future__ import annotations

import numpy as np

from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._one_sided import one_sided_share
from labelwright.aggregation.dawid_skene import DawidSkene
from labelwright.aggregation.majority_vote import MajorityVote
from labelwright.aggregation.one_coin_dawid_skene import OneCoinDawidSkene
from labelwright.core.votes import Votes

__all__ = ["choose_aggregator"]

# Below this many votes an annotator, on average, there is too little to learn about each of them.
VOTES_FOR_A_COIN = 5
VOTES_PER_CELL = 1.5


def choose_aggregator(votes: Votes) -> tuple[ClassAggregator, str]:
    """An aggregator that has learnt nothing yet, and the reason for it in half a sentence."""
    k = votes.classes.n_classes
    if np.diff(votes.indptr).max(initial=0) < 2:
        return MajorityVote(), "there is one label an item, which is kept as it is"
    if votes.anonymous:
        return MajorityVote(), "nobody knows who gave which vote"
    one_sided = one_sided_share(votes)
    if one_sided > 0.5:
        return MajorityVote(), (
            f"{one_sided:.0%} of the annotators only ever say one label; from such votes a model "
            "of annotators cannot tell right from wrong"
        )
    each = len(votes) / votes.n_annotators
    if each < VOTES_FOR_A_COIN:
        return MajorityVote(), f"annotators gave {each:.1f} votes each, too few to learn about them"
    if each < VOTES_PER_CELL * k * k:
        return OneCoinDawidSkene(), (
            f"{each:.0f} votes an annotator are too few to learn how each confuses {k} classes"
        )
    return DawidSkene(), "it learns which classes each annotator confuses"
