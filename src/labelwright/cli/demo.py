"""``labelwright demo``."""

from __future__ import annotations

from labelwright.cli._answer import Answer

__all__ = ["demo"]


def demo(*, out: str = "runs/demo", seed: int = 0) -> Answer:
    """Do the main job, offline, on comments that come with the package.

    Ten rules are the annotators, a random sample of the true labels is the gold.

    Parameters
    ----------
    out
        The run folder; the input table is written beside it.
    seed
        Seed of the sample of gold and of the run.
    """
    from labelwright.pipeline.demo import demo as run_demo

    found = run_demo(out, seed=seed)
    return Answer(found.to_dict(), found.summary())
