"""The main job on data that come with the package: comments on videos, spam or ham."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from labelwright.core.seeds import generator
from labelwright.pipeline.run import RunResult, run

__all__ = ["demo"]

GOLD = 300


def demo(out: str | Path = "runs/demo", *, seed: int = 0) -> RunResult:
    """Run the main job on the YouTube Spam Collection, offline.

    Ten rules are the annotators. The gold is a random sample of the true labels, taken from the
    comments that were not read while the rules were written.

    Parameters
    ----------
    out : path
        The run folder; the input table is written beside it, so that the run can be repeated.
    seed : int
        Of the sample of gold and of the run.

    References
    ----------
    Alberto, Lochter and Almeida, TubeSpam, 2015; UCI Machine Learning Repository, CC BY 4.0.
    """
    import polars as pl

    from labelwright.datasets import load_youtube_spam, youtube_spam_votes
    from labelwright.datasets.youtube_spam import youtube_spam_read
    from labelwright.io import write_table

    comments = load_youtube_spam()
    unread = np.flatnonzero(~youtube_spam_read())
    known = generator(seed, "demo", "gold").choice(unread, GOLD, replace=False).tolist()
    truth = comments.gold.to_list()
    gold = [label if row in known else None for row, label in enumerate(truth)]
    votes = youtube_spam_votes()
    rules = [f"rule_{name}" for name in votes.columns if name != "text"]
    votes.columns = ["text", *rules]
    table = votes.with_columns(gold=pl.Series(gold, dtype=pl.String))
    path = Path(out).parent / f"{Path(out).name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(table, path, safe=False)
    return run(path, out=out, votes="rule_*", text="text", gold="gold", of="spam", seed=seed)
