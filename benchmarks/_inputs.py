"""Simulated data, written to files that both sides read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.seeds import generator

__all__ = ["CLASSES", "codes", "crowd", "crowd_csv", "predictions"]

CLASSES = ("animal", "building", "food", "person", "vehicle")
"""Names of the classes of a crowd, in the order of their codes."""

# Shape of the beta distribution of annotators' accuracies: mean 0.67, spread 0.18.
ACCURACY = (4.0, 2.0)
# Between what the true class is ahead in the scores of a simulated model: most are clear, some not.
AHEAD = (2.0, 12.0)


def crowd(folder: Path, *, items: int, annotators: int, votes: int, seed: int) -> None:
    """Votes of a crowd as ``votes.parquet``: text columns task, worker, label, sorted by task.

    Each item has ``votes`` votes of different annotators, and each annotator errs by a confusion
    matrix: an accuracy of their own, the errors spread unevenly.
    """
    _crowd_table(items, annotators, votes, seed).write_parquet(folder / "votes.parquet")


def crowd_csv(folder: Path, *, items: int, annotators: int, votes: int, seed: int) -> None:
    """The same as ``votes.csv``, in an order like that in which votes come in: any."""
    table = _crowd_table(items, annotators, votes, seed)
    table.sample(fraction=1, shuffle=True, seed=seed).write_csv(folder / "votes.csv")


def predictions(folder: Path, *, items: int, classes: int, seed: int) -> None:
    """Labels, one in ten wrong, and class probabilities: ``labels.npy``, ``probabilities.npy``."""
    random = generator(seed, "predictions")
    truth = random.integers(classes, size=items)
    wrong = random.random(items) < 0.1
    labels = np.where(wrong, (truth + random.integers(1, classes, items)) % classes, truth)
    scores = random.standard_normal((items, classes))
    scores[np.arange(items), truth] += random.uniform(*AHEAD, items)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    np.save(folder / "labels.npy", labels)
    np.save(folder / "probabilities.npy", scores)


def codes(ids: Any) -> NDArray[np.int64]:
    """Numbers at the end of ids such as ``task-0000012``."""
    return np.array([int(name.rpartition("-")[2]) for name in ids], dtype=np.int64)


def _crowd_table(items: int, annotators: int, votes: int, seed: int) -> Any:
    import polars as pl

    random = generator(seed, "crowd")
    truth = np.repeat(random.integers(len(CLASSES), size=items), votes)
    annotator = _distinct(random, items, annotators, votes).ravel()
    upper = _confusions(random, annotators).cumsum(axis=2)
    draw = random.random(truth.size)
    label = np.zeros(truth.size, dtype=np.int64)
    for code in range(len(CLASSES) - 1):
        label += draw > upper[annotator, truth, code]
    item = np.repeat(np.arange(items), votes)
    return pl.DataFrame(
        {
            "task": _names("task", items).gather(item),
            "worker": _names("worker", annotators).gather(annotator),
            "label": pl.Series(CLASSES).gather(label),
        }
    )


def _distinct(
    random: np.random.Generator, items: int, annotators: int, votes: int
) -> NDArray[np.int64]:
    """Different annotators (items, votes), uniformly."""
    found = random.integers(annotators, size=(items, votes))
    while True:
        found.sort(axis=1)
        again = np.flatnonzero((found[:, 1:] == found[:, :-1]).any(axis=1))
        if not again.size:
            return found
        found[again] = random.integers(annotators, size=(again.size, votes))


def _confusions(random: np.random.Generator, annotators: int) -> NDArray[np.float64]:
    """Probabilities [annotator, true, given]."""
    k = len(CLASSES)
    accuracy = random.beta(*ACCURACY, size=(annotators, 1, 1))
    errors = random.dirichlet(np.ones(k), size=(annotators, k))
    errors[:, np.arange(k), np.arange(k)] = 0
    errors /= errors.sum(axis=2, keepdims=True)
    return (1 - accuracy) * errors + accuracy * np.eye(k)


def _names(prefix: str, n: int) -> Any:
    import polars as pl

    return pl.Series([f"{prefix}-{number:07d}" for number in range(n)])
