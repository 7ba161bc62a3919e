"""A small run whose labels are in doubt, and people who review them."""

from __future__ import annotations

import numpy as np
import polars as pl


def votes(n=60, seed=0):
    """Texts that say their class, and four annotators of whom none is good."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(["ham", "spam"], n)
    words = np.where(truth == "spam", "win money now", "see you there")
    other = np.where(truth == "spam", "ham", "spam")
    people = {
        f"p{a}": np.where(rng.random(n) < right, truth, other)
        for a, right in enumerate((0.8, 0.7, 0.65, 0.6))
    }
    silent = rng.random((n, 4)) < 0.15
    people = {
        name: [None if gone else vote for vote, gone in zip(given, silent[:, a], strict=True)]
        for a, (name, given) in enumerate(people.items())
    }
    ids = [f"{i:03d}" for i in range(n)]
    text = [f"{word} {i}" for i, word in enumerate(words)]
    return pl.DataFrame({"id": ids, "text": text, **people})


OPTIONS = {"votes": "p*", "text": "text", "id": "id"}


def filled(found, decisions, **columns):
    """The sheet of a review as it comes back: one decision for all records, or one for each."""
    answers = [decisions] * len(found) if isinstance(decisions, str) else decisions
    answers = [*answers, *[None] * (len(found) - len(answers))]
    more = {f"lw_{name}": pl.lit(value) for name, value in columns.items()}
    return found.to_table().with_columns(lw_decision=pl.Series(answers, dtype=pl.String), **more)
