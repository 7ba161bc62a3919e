"""The aggregators that the room shows, by the name that commands take."""

from __future__ import annotations

import importlib
import inspect

from labelwright.aggregation._base import ClassAggregator

__all__ = ["needs_only_votes", "public_aggregators"]


def public_aggregators() -> dict[str, type[ClassAggregator]]:
    """Every public aggregator of classes by its file's name, with hyphens."""
    room = importlib.import_module("labelwright.aggregation")
    found = (getattr(room, name) for name in room.__all__)
    kinds = [kind for kind in found if isinstance(kind, type) and issubclass(kind, ClassAggregator)]
    return {kind.__module__.rpartition(".")[2].replace("_", "-"): kind for kind in kinds}


def needs_only_votes(kind: type[ClassAggregator]) -> bool:
    """Whether an aggregator can be made, and fitted, from nothing but votes."""
    return _n_required(kind) == 0 and _n_required(kind.fit) == len(["self", "votes"])


def _n_required(function: object) -> int:
    named = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return sum(
        each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        for each in named
    )
