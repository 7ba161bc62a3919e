"""Wrong labels of images found by averaged cross-validated models, and what their removal brings.

On digits labels are made wrong: by chance (symmetric) or always to the next digit (pair), a tenth
or three tenths. On photographs people gave them: ``aggregate`` (9 % wrong) and ``worst`` (40 %).
All models are linear: on fifty principal directions of the pixels of digits, and on 150 of pooled
responses to random patches for photographs. A seed draws the 2,000 items that are scored, the
flips, and the 1,500 and 1,000 other items that train and choose in the removal study; 4,000 more
with true labels report.

``ap`` is the average precision of the score for wrong labels. ``chosen`` is the share to remove
that is best on the noisy validation labels; ``over_none``, ``over_random`` and ``over_oracle`` are
gains in accuracy on true labels at that share (at 0 the first two are 0); ``on_true_labels`` is the
gain where the training and validation labels are the true ones.

The claims were written before any of these figures was seen; known was the accuracy of one linear
model a set, trained on true labels (.89 and .53), which set the number of items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from evidence._harness import Claim, Figures, Material, Method, Seed, Study, main
from evidence.audit._images import Images, cifar, digits, model
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from labelwright.audit import label_quality
from labelwright.audit.cleaning import removal_curve
from labelwright.audit.detectors import aum_quality, neighbour_quality
from labelwright.audit.semd import SEMD
from labelwright.core.seeds import generator
from labelwright.datasets import flip_labels
from labelwright.retrieval import NeighbourGraph

SEEDS = (0, 1)
SIZE, TRAIN, VALID, TEST = 2000, 1500, 1000, 4000
AMOUNTS = (0.1, 0.2, 0.4)
N_CLASSES = 10


@dataclass(frozen=True, eq=False)
class Noisy:
    """Images and the labels that are given to them."""

    images: Images
    noise: str
    rate: float

    def labels(self, seed: Seed) -> NDArray[np.int64]:
        """Labels of all items, wrong as the noise says."""
        truth = self.images.truth
        if self.noise in self.images.given:
            return self.images.given[self.noise]
        if self.noise == "symmetric":
            return flip_labels(truth, self.rate, random_state=seed).labels
        stay = (1 - self.rate) * np.eye(N_CLASSES)
        pair = stay + self.rate * np.roll(np.eye(N_CLASSES), 1, axis=1)
        return flip_labels(truth, transition=pair, random_state=seed).labels


def load(source: Callable[[], Images], noise: str, rate: float) -> Noisy:
    """A set of images with a kind of noise."""
    return Noisy(source(), noise, rate)


def drawn(data: Noisy, seed: Seed, *sizes: int) -> list[NDArray[np.int64]]:
    """Disjoint draws of items."""
    order = generator(seed, "items").permutation(len(data.images.truth))
    return np.split(order, np.cumsum(sizes))[:-1]


@lru_cache(maxsize=len(SEEDS))
def qualities(data: Noisy, seed: Seed) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.float64]]]:
    """Which labels are wrong, and every score, all from the same items."""
    (rows,) = drawn(data, seed, SIZE)
    X, given = data.images.features[rows], data.labels(seed)[rows]
    scorer, single = (
        SEMD(classifier=model(), n_models=n, adjust=n > 1, random_state=seed) for n in (3, 1)
    )
    found = {"semd": scorer.score(given, X), "self-confidence": single.score(given, X)}
    found["confident learning"] = label_quality(
        given, single.probabilities_, method="normalized_margin", adjust=True
    )
    found["in-sample loss"] = label_quality(given, model().fit(X, given).predict_proba(X))
    found["aum"] = aum_quality(given, X, random_state=seed)
    found["knn vote"] = neighbour_quality(given, NeighbourGraph.build(X, k=10))
    return given != data.images.truth[rows], found


def measure_score(name: str, data: Noisy, seed: Seed) -> Mapping[str, float]:
    """How well one score finds the wrong labels."""
    wrong, found = qualities(data, seed)
    return {"base_rate": wrong.mean(), "ap": average_precision_score(wrong, -found[name])}


def measure_removal(data: Noisy, seed: Seed) -> Mapping[str, float]:
    """What removal brings, on the labels given and on the true ones."""
    truth = data.images.truth
    noisy = removal(data, data.labels(seed), seed)
    clean = removal(data, truth, seed)
    return {**noisy, "on_true_labels": clean["over_none"]}


def removal(data: Noisy, labels: NDArray[np.int64], seed: Seed) -> dict[str, float]:
    """The share chosen on the given labels, and the gains there on the true ones."""
    train, valid, test = drawn(data, seed, TRAIN, VALID, TEST)
    X, truth = data.images.features, data.images.truth
    wrong = labels[train] != truth[train]
    curve = removal_curve(
        labels[train],
        X[train],
        SEMD(classifier=model(), random_state=seed).score(labels[train], X[train]),
        labels[valid],
        X[valid],
        labels_test=truth[test],
        X_test=X[test],
        classifier=model(),
        amounts=AMOUNTS,
        wrong=wrong if wrong.any() else None,
        n_seeds=3,
        classes=range(N_CLASSES),
        random_state=seed,
    )
    rivals = ("none", *curve.arms[1:])
    gains = {f"over_{over}": curve.gain(over)[0] for over in rivals}
    return {"chosen": curve.chosen, **gains}


SCORES = ("semd", "self-confidence", "confident learning", "in-sample loss", "aum", "knn vote")
MADE = {(noise, rate): f"digits {noise} {rate:g}" for noise in ("symmetric", "pair")
        for rate in (0.1, 0.3)}  # fmt: skip
PEOPLE = {"aggregate": "cifar10n aggregate", "worst": "cifar10n worst"}
ALL = (*MADE.values(), *PEOPLE.values())

MATERIALS = [
    *(
        Material(name, partial(load, digits, *kind), seen=False, quick=kind == ("pair", 0.1))
        for kind, name in MADE.items()
    ),
    *(Material(name, partial(load, cifar, kind, 0.0), seen=False) for kind, name in PEOPLE.items()),
]


def ap_of(name: str, figures: Figures) -> float:
    """Average precision of the method on one set."""
    return figures.value("semd", name, "ap")


def least_lead(rivals: tuple[str, ...], figures: Figures) -> float:
    """The smallest lead over the best of some other scores."""
    return min(
        ap_of(name, figures) - max(figures.value(rival, name, "ap") for rival in rivals)
        for name in ALL
    )


def on_true_labels(figures: Figures) -> float:
    """The largest gain where nothing is wrong."""
    return max(figures.value("removal", name, "on_true_labels") for name in ALL)


CLAIMS = [
    *(
        Claim(
            f"{name}: average precision at least {0.9 if rate == 0.1 else 0.8}.",
            partial(ap_of, name),
            at_least=0.9 if rate == 0.1 else 0.8,
        )
        for (_, rate), name in MADE.items()
    ),
    Claim("cifar10n worst: average precision at least .75.", partial(ap_of, PEOPLE["worst"]),
          at_least=0.75),
    Claim("cifar10n aggregate: average precision at least .30.",
          partial(ap_of, PEOPLE["aggregate"]), at_least=0.3),
    Claim("Above the in-sample loss on every set (smallest lead).",
          partial(least_lead, ("in-sample loss",)), at_least=0.0),
    Claim(
        "Within two points of the better of confident learning and margin area on every set.",
        partial(least_lead, ("confident learning", "aum")),
        at_least=-0.02,
    ),
    *(
        Claim(
            f"cifar10n worst: removal gains at least 1.5 points over {over} removal.",
            lambda figures, over=over: figures.value("removal", PEOPLE["worst"], f"over_{over}"),
            at_least=0.015,
        )
        for over in ("none", "random")
    ),
    Claim("Where nothing is wrong removal gains at most half a point, on every set.",
          on_true_labels, at_most=0.005),
]  # fmt: skip

READING = """
Most of it does not hold with linear models. The adjusted ensemble is 4 to 7 points of average
precision below one cross-validated model on four of the six sets, both where people erred among
them, and at most one above it on the other two. The in-sample loss is better on five of six sets,
since a linear model cannot learn single labels by heart, so there is little for cross-validation
to cure; the margin during training is better on all six. Errors that always go to one class (pair
.3) are learnt like a rule: .63, and .79 by the margin. What was published was measured with fine-
tuned image networks, which this does not repeat. Removal by the score is worth it where many
labels are wrong: 5 to 7 points on digits at .3, 1.2 on cifar10n worst (3.9 over as many removed
at random), at an amount that the noisy validation labels chose, and one to two on digits at .1.
On cifar10n aggregate it gains nothing (-.4). Where nothing is wrong the validation labels chose
to remove nothing, on every set.
"""

STUDY = Study(
    slug="semd",
    question="Do averaged cross-validated models find wrong labels of images, and is it worth "
    "training without them?",
    methods=[
        *(Method(name, partial(measure_score, name), SEEDS) for name in SCORES),
        Method("removal", measure_removal, SEEDS),
    ],
    materials=MATERIALS,
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
