"""LabelClassifier on TextFeatures against scikit-learn's TfidfVectorizer and LogisticRegression.

Both with their defaults, trained on the training part and judged on the test part of each set, or
on a random fifth where the source has no parts (subj) or on a third (youtube_spam). The seed None
trains on the whole training part, each other seed on a random half of it, at most 3,000 rows.

``accuracy`` is that of the most probable class, ``log_loss`` the mean -log of the probability of
the true class, ``ece`` the expected calibration error of the probability of the most probable class
(fifteen bins of equal size), ``ece_by_chance`` what it would be if probabilities were exact,
``error`` the same as a root mean square with chance taken out. ``raw_ece`` and ``raw_log_loss`` are
those without the temperature.

The features, and the penalty that goes with them, were chosen on parts of the training parts of
trec6, banking77, sst2 and subj, hence these sets are seen, though not their test parts. The claims
were written before the first run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from evidence._harness import Claim, Figures, Material, Method, Seed, Study, main
from numpy.typing import NDArray

from labelwright import datasets
from labelwright.core.seeds import generator
from labelwright.estimation import calibration_report
from labelwright.features import TextFeatures
from labelwright.learning import LabelClassifier

OURS, PEER = "LabelClassifier", "scikit-learn"
SEEDS = (None, 0, 1)
MOST_ROWS = 3000


class Split(NamedTuple):
    """Texts and labels to train on, and to be judged by."""

    texts: list[str]
    labels: NDArray[Any]
    test_texts: list[str]
    test_labels: NDArray[Any]


def load(name: str, test: tuple[str, ...] = ("test",), share: float = 0.0) -> Split:
    """A set in its own parts, or with a random share as test part."""
    found = datasets.load(name)
    table = found.records.with_columns(label=found.gold.cast(pl.String)).drop_nulls("label")
    return in_parts(table, test, share)


def load_mirrored(name: str, table: str, share: float = 0.0) -> Split:
    """A set that has no loader yet, from the mirror of data sets."""
    path = Path(os.environ["LABELWRIGHT_DATA"]) / name / f"{table}.parquet"
    return in_parts(pl.read_parquet(path).cast({"label": pl.String}), ("test",), share)


def in_parts(table: pl.DataFrame, test: tuple[str, ...], share: float) -> Split:
    """The rows of a table to train on, and those to be judged by."""
    n = table.height
    held = np.zeros(n, dtype=bool)
    if share:
        held[generator(0, "test").choice(n, round(share * n), replace=False)] = True
    else:
        held = table["split"].is_in(test).to_numpy()
    texts, labels = table["text"].to_list(), table["label"].to_numpy()
    train = [text for text, out in zip(texts, held, strict=True) if not out]
    judged = [text for text, out in zip(texts, held, strict=True) if out]
    return Split(train, labels[~held], judged, labels[held])


def part_of(data: Split, seed: Seed) -> tuple[list[str], NDArray[Any]]:
    """The training part, or a random half of it."""
    if seed is None:
        return data.texts, data.labels
    n = len(data.texts)
    size = min(n // 2, MOST_ROWS)
    kept = np.sort(generator(seed, "part").choice(n, size, replace=False))
    return [data.texts[row] for row in kept], data.labels[kept]


def measure_ours(data: Split, seed: Seed) -> Mapping[str, float]:
    """Figures of ours, with and without the temperature."""
    texts, labels = part_of(data, seed)
    features = TextFeatures()
    model = LabelClassifier().fit(features.fit_transform(texts), labels)
    test = features.transform(data.test_texts)
    figures = judged(model.predict_proba(test), model.classes_, data.test_labels)
    temperature, model.temperature_ = model.temperature_, 1.0
    raw = judged(model.predict_proba(test), model.classes_, data.test_labels)
    return figures | {
        "temperature": temperature,
        "raw_ece": raw["ece"],
        "raw_log_loss": raw["log_loss"],
        "saved_log_loss": raw["log_loss"] - figures["log_loss"],
    }


def measure_peer(data: Split, seed: Seed) -> Mapping[str, float]:
    """Figures of scikit-learn with its defaults (but for the number of steps)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, labels = part_of(data, seed)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)).fit(texts, labels)
    return judged(model.predict_proba(data.test_texts), model.classes_, data.test_labels)


def judged(
    probabilities: NDArray[np.float64], classes: NDArray[Any], labels: NDArray[Any]
) -> dict[str, float]:
    """Figures of probabilities against the true labels."""
    report = calibration_report(labels.tolist(), probabilities, classes=classes.tolist())
    return {
        "accuracy": (classes[probabilities.argmax(axis=1)] == labels).mean(),
        "log_loss": report.log_loss,
        "ece": report.ece,
        "ece_by_chance": report.ece_by_chance,
        "error": report.error,
    }


SEEN = ("trec6", "sst2", "subj", "banking77")
UNSEEN = ("agnews_weak", "imdb_weak", "youtube_spam")
MATERIALS = [
    Material("trec6", partial(load, "trec6"), seen=True),
    Material("sst2", partial(load_mirrored, "sst", "sst2"), seen=True),
    Material("subj", partial(load_mirrored, "subj", "data", 0.2), seen=True),
    Material("banking77", partial(load, "banking77"), seen=True),
    Material("agnews_weak", partial(load, "agnews_weak"), seen=False, note="true labels"),
    Material("imdb_weak", partial(load, "imdb_weak"), seen=False, note="true labels"),
    Material("youtube_spam", partial(load, "youtube_spam", share=1 / 3), seen=False, quick=True),
]


def leads(names: tuple[str, ...], figures: Figures) -> list[float]:
    """By how much our accuracy is above scikit-learn's."""
    value = partial(figures.value, figure="accuracy")
    return [value(OURS, name) - value(PEER, name) for name in names]


def over(
    figure: Callable[[Callable[[str, str], float]], float], pick: Callable[[list[float]], float]
) -> Callable[[Figures], float]:
    """The least, greatest or mean over all sets of what is made of the figures of a set."""
    return lambda figures: pick(
        [
            figure(lambda method, name, of=of: figures.value(method, of, name))
            for of in (*SEEN, *UNSEEN)
        ]
    )


def mean(values: list[float]) -> float:
    """The mean of some figures."""
    return float(np.mean(values))


CLAIMS = [
    Claim(
        "Test accuracy at least that of scikit-learn on each seen set.",
        lambda figures: min(leads(SEEN, figures)),
        at_least=0.0,
        seen=True,
    ),
    Claim(
        "Nowhere more than half a point below scikit-learn on the unseen sets.",
        lambda figures: min(leads(UNSEEN, figures)),
        at_least=-0.005,
    ),
    Claim(
        "On average at least half a point above scikit-learn on the unseen sets.",
        lambda figures: mean(leads(UNSEEN, figures)),
        at_least=0.005,
    ),
    Claim(
        "Log loss below that of scikit-learn on every set (ours less theirs, the largest).",
        over(lambda of: of(OURS, "log_loss") - of(PEER, "log_loss"), max),
        at_most=0.0,
        seen=True,
    ),
    Claim(
        "Expected calibration error at most .03 on every set.",
        over(lambda of: of(OURS, "ece"), max),
        at_most=0.03,
        seen=True,
    ),
    Claim(
        "Expected calibration error nowhere above that of scikit-learn (ours less theirs).",
        over(lambda of: of(OURS, "ece") - of(PEER, "ece"), max),
        at_most=0.0,
        seen=True,
    ),
    Claim(
        "The temperature lowers the mean calibration error.",
        over(lambda of: of(OURS, "raw_ece") - of(OURS, "ece"), mean),
        at_least=0.0,
        seen=True,
    ),
    Claim(
        "The temperature raises log loss on no set by more than .001.",
        over(lambda of: of(OURS, "saved_log_loss"), min),
        at_least=-0.001,
        seen=True,
    ),
]

READING = """
Words and parts of words together are 2.6 to 5 points more accurate than words alone on the sets on
which that was chosen, 1.6 and 1.7 points on imdb_weak and youtube_spam, and no better on
agnews_weak, where topics show in single words. Calibration errors stay below .025, those of
scikit-learn's timid defaults lie between .10 and .37. The temperature matters most with many
classes (banking77: from .088 to .010); on agnews_weak and imdb_weak it does nothing for the
calibration and costs .002 and .004 of log loss.
"""

STUDY = Study(
    slug="label-classifier",
    question="Is the classifier as right as scikit-learn's, and are its probabilities right?",
    methods=[Method(OURS, measure_ours, SEEDS), Method(PEER, measure_peer, SEEDS)],
    materials=MATERIALS,
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
