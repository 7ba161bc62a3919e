"""Which aggregator a run uses, and why."""

from __future__ import annotations

from labelwright import aggregation
from labelwright.aggregation import DawidSkene, MajorityVote, OneCoinDawidSkene
from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._one_sided import one_sided_share
from labelwright.core.votes import Votes

__all__ = ["by_name", "choose"]

# Below this many votes an annotator, on average, there is too little to learn about each of them.
VOTES_FOR_A_COIN = 5
VOTES_PER_CELL = 1.5


def by_name() -> dict[str, type[ClassAggregator]]:
    """Every public aggregator by the name that ``--method`` takes: its file's, with hyphens."""
    found = (getattr(aggregation, name) for name in dir(aggregation))
    kinds = [kind for kind in found if isinstance(kind, type) and issubclass(kind, ClassAggregator)]
    return {kind.__module__.rpartition(".")[2].replace("_", "-"): kind for kind in kinds}


def choose(votes: Votes, method: str, *, doubtful: bool) -> tuple[ClassAggregator, str]:
    """The aggregator, and the reason in one sentence."""
    if method != "auto":
        return by_name()[method](), "as asked for"
    if doubtful:
        return MajorityVote(), "there is one label an item, which is kept as it is"
    if votes.anonymous:
        return MajorityVote(), "nobody knows who gave which vote"
    one_sided = one_sided_share(votes)
    if one_sided > 0.5:
        return MajorityVote(), (
            f"{one_sided:.0%} of the annotators only ever say one label; from such votes a model "
            "of annotators cannot tell right from wrong"
        )
    k = votes.classes.n_classes
    each = len(votes) / votes.n_annotators
    if each < VOTES_FOR_A_COIN:
        return MajorityVote(), f"annotators gave {each:.1f} votes each, too few to learn about them"
    if each < VOTES_PER_CELL * k * k:
        return OneCoinDawidSkene(), (
            f"{each:.0f} votes an annotator are too few to learn how each confuses {k} classes"
        )
    return DawidSkene(), "it learns which classes each annotator confuses"
