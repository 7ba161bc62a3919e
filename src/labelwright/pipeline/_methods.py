"""Which aggregator a run uses, and why."""

from __future__ import annotations

from labelwright.aggregation import MajorityVote
from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._choice import choose_aggregator
from labelwright.aggregation._public import needs_only_votes, public_aggregators
from labelwright.core.votes import Votes

__all__ = ["by_name", "choose"]


def by_name() -> dict[str, type[ClassAggregator]]:
    """Every public aggregator that needs votes alone, by the name that ``--method`` takes."""
    return {name: kind for name, kind in public_aggregators().items() if needs_only_votes(kind)}


def choose(votes: Votes, method: str, *, doubtful: bool) -> tuple[ClassAggregator, str]:
    """The aggregator, and the reason in one sentence."""
    if method != "auto":
        return by_name()[method](), "as asked for"
    if doubtful:
        return MajorityVote(), "there is one label an item, which is kept as it is"
    return choose_aggregator(votes)
