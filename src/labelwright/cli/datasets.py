"""``labelwright datasets``."""

from __future__ import annotations

from labelwright.cli._answer import Answer, Grid

__all__ = ["datasets"]

SHOWN = ("name", "kind", "items", "annotators", "votes", "gold", "available", "licence")


def datasets() -> Answer:
    """List the data sets: what they are, how large, and where they can be had."""
    from labelwright.datasets import table

    found = table()
    grid = Grid(SHOWN, tuple(found.select(SHOWN).rows()))
    return Answer(
        {"kind": "datasets", "datasets": found.to_dicts()},
        [grid, "", "In Python: labelwright.datasets.load(NAME)"],
    )
